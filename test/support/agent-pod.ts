/** Pods that run `agent.ts` from the host's own Node and libraries, so that no image has to be built and imported. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { busyboxImageName } from "../../src/cluster/images.ts";
import type { TestCluster } from "./cluster.ts";

const agent = fileURLToPath(new URL("./agent.js", import.meta.url));
const libraries = ["/lib", "/lib64", "/usr/lib"];

export const agentPort = 8080;

/** A pod's spec; `more` goes over it, `container` over its one container, `env` into the agent's environment. */
export function agentSpec(more: object = {}, container: object = {}, env: Record<string, string> = {}): object {
  const folders = [...libraries, dirname(process.execPath), dirname(agent)];
  const nameOf = (index: number) => `host-${index}`;
  return {
    terminationGracePeriodSeconds: 1,
    volumes: folders.map((path, index) => ({ name: nameOf(index), hostPath: { path } })),
    containers: [
      {
        name: "agent",
        image: busyboxImageName,
        command: [process.execPath, join(dirname(agent), "agent.js")],
        env: Object.entries({ PORT: String(agentPort), ...env }).map(([name, value]) => ({ name, value })),
        readinessProbe: { httpGet: { path: "/hostname", port: Number(env["PORT"] ?? agentPort) }, periodSeconds: 1 },
        volumeMounts: folders.map((mountPath, index) => ({ name: nameOf(index), mountPath, readOnly: true })),
        ...container,
      },
    ],
    ...more,
  };
}

export function agentPod(name: string, labels: Record<string, string>, more: object = {}, container: object = {}, env: Record<string, string> = {}): object {
  return { apiVersion: "v1", kind: "Pod", metadata: { name, labels }, spec: agentSpec(more, container, env) };
}

/** Asks an agent through the API server's proxy; `path` as in `agent.ts`. */
export function ask(cluster: TestCluster, pod: string, path: string, query: Record<string, string | number> = {}): Promise<string> {
  const parameters = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
  return cluster.kubectl(["get", "--raw", `/api/v1/namespaces/default/pods/${pod}:${agentPort}/proxy/${path}?${parameters}`]);
}

export interface Dialled {
  readonly host: string;
  readonly port: number;
  readonly protocol?: "http" | "udp";
  readonly request?: "hostname" | "clientip";
  readonly count?: number;
  readonly localPort?: number;
}

/** What `pod` hears from another agent, one answer for each try. */
export async function dial(cluster: TestCluster, pod: string, target: Dialled): Promise<string[]> {
  return JSON.parse(await ask(cluster, pod, "dial", { ...target }));
}
