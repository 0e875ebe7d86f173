/** What a node tells of itself: health, pods, configuration, figures. */
import type { ServerResponse } from "node:http";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { KubeletPods } from "../contract.ts";
import { runningPods, statsSummary } from "./runtime-report.ts";

export interface NodeReportOptions {
  readonly nodeName: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

export type NodeReport = "healthz" | "pods" | "runningPods" | "configz" | "metrics" | "statsSummary";

export async function serveNodeReport(report: NodeReport, pods: KubeletPods, options: NodeReportOptions, response: ServerResponse): Promise<void> {
  switch (report) {
    case "healthz":
      return send(response, "text/plain; charset=utf-8", "ok");
    case "pods":
      return sendJson(response, podList(pods.list().map((pod) => withStatus(pod, pods.status(pod)))));
    case "runningPods":
      return sendJson(response, podList(runningPods(await pods.runtime.listContainers())));
    case "configz":
      return sendJson(response, { kubeletconfig: options.config ?? {} });
    case "metrics":
      return send(response, "text/plain; version=0.0.4; charset=utf-8", await metrics(pods, options.nodeName));
    case "statsSummary":
      return sendJson(response, statsSummary(options.nodeName, await pods.runtime.listContainerStats()));
  }
}

function podList(items: readonly object[]): object {
  return { kind: "PodList", apiVersion: "v1", metadata: {}, items };
}

function withStatus(pod: Pod, status: Pod["status"]): Pod {
  return status === undefined ? pod : { ...pod, status };
}

async function metrics(pods: KubeletPods, nodeName: string): Promise<string> {
  const containers = await pods.runtime.listContainers();
  const states = new Map<string, number>();
  for (const { state } of containers) {
    const name = state.replace("CONTAINER_", "").toLowerCase();
    states.set(name, (states.get(name) ?? 0) + 1);
  }
  const sandboxes = new Set(containers.filter(({ state }) => state === "CONTAINER_RUNNING").map(({ podSandboxId }) => podSandboxId));
  return [
    "# HELP kubelet_node_name The node's name. The count is always 1.",
    "# TYPE kubelet_node_name gauge",
    `kubelet_node_name{node=${JSON.stringify(nodeName)}} 1`,
    "# HELP kubelet_running_pods Number of pods that have a running container.",
    "# TYPE kubelet_running_pods gauge",
    `kubelet_running_pods ${sandboxes.size}`,
    "# HELP kubelet_running_containers Number of containers by state.",
    "# TYPE kubelet_running_containers gauge",
    ...[...states].map(([state, count]) => `kubelet_running_containers{container_state="${state}"} ${count}`),
    "",
  ].join("\n");
}

function sendJson(response: ServerResponse, value: object): void {
  send(response, "application/json", JSON.stringify(value));
}

function send(response: ServerResponse, contentType: string, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(200, { "content-type": contentType, "content-length": body.length });
  response.end(body);
}
