/** The example of `npm start`: deploys examples/hello and fetches its page through the Service. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Client } from "../client/client.ts";
import { deployments, services } from "../client/resources.ts";
import { apply, parseManifests } from "../kubectl/apply.ts";
import type { Clock } from "../machinery/clock.ts";
import { adminTransport } from "./access.ts";
import { type ClusterConfig, nodeAddress } from "./config.ts";
import type { Layout } from "./layout.ts";
import type { Progress } from "./progress.ts";
import { waitUntil } from "./up.ts";
import { packageRoot } from "./version.ts";

const namespace = "hello";

export interface Page {
  readonly url: string;
  readonly body: string;
}

export async function deployHello(config: ClusterConfig, layout: Layout, progress: Progress, clock: Clock, signal: AbortSignal): Promise<Page> {
  await using access = adminTransport(config, layout, clock);
  const client = new Client(access.transport, signal);
  const file = fileURLToPath(new URL("examples/hello/hello.yaml", packageRoot));
  await progress.step("Applying examples/hello", async () => {
    await apply(parseManifests(readFileSync(file, "utf8"), file), access.transport, signal, () => {});
  });
  const advice = `see \`kubectl --kubeconfig ${layout.kubeconfig} -n ${namespace} describe pods\``;
  await progress.step("Waiting for its 2 pods to be Ready", () =>
    waitUntil("Deployment web to be available", { limitMs: 120_000, pollMs: 25, advice }, clock, signal, async () => {
      const web = await client.of(deployments).in(namespace).get("web");
      return (
        web.status?.observedGeneration === web.metadata.generation &&
        web.status?.availableReplicas === web.spec.replicas &&
        web.status?.updatedReplicas === web.spec.replicas
      );
    }),
  );
  const service = await client.of(services).in(namespace).get("web");
  const url = `http://${nodeAddress(config, config.nodes[0] ?? "node-1")}:${service.spec.ports?.[0]?.nodePort}/`;
  const body = await progress.step("Fetching the page through the Service", () => fetchPage(url, advice, clock, signal));
  return { url, body };
}

/** The proxy's rules follow the endpoints within moments, so the first tries may be refused. */
async function fetchPage(url: string, advice: string, clock: Clock, signal: AbortSignal): Promise<string> {
  let body = "";
  let last: unknown;
  const attempt = async () => {
    try {
      const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]) });
      body = await answer.text();
      return answer.ok;
    } catch (error) {
      signal.throwIfAborted();
      last = error;
      return false;
    }
  };
  try {
    await waitUntil(`${url} to answer`, { limitMs: 30_000, pollMs: 50, advice }, clock, signal, attempt);
  } catch (error) {
    throw last === undefined ? error : new Error(`${(error as Error).message}; the last try failed with: ${String(last)}`, { cause: last });
  }
  return body;
}
