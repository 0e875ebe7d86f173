/** exec, attach and portforward: authorized here, upgraded by the kubelet, tunnelled unparsed in between. */
import { type Pod, pods } from "../../../api/core/v1/pod.ts";
import { badRequest, methodNotSupported } from "../../../machinery/status.ts";
import { attributesOfRequest, authorize } from "../../authorization/authorize.ts";
import type { ConnectRequest, ServerServices, SubresourceHandler } from "../../contract.ts";
import { type Kubelets, unknownError } from "./kubelets.ts";
import { flagIn } from "./log-options.ts";
import { chooseContainer } from "./pod-container.ts";
import { completeUpgrade, upgradeHeaders } from "./tunnel.ts";
import { DialError } from "./upstream.ts";

/** The kubelet's path and query for a request on this pod. */
type KubeletPath = (pod: Pod, query: URLSearchParams) => string;

const kubeletPaths: Readonly<Record<string, { readonly kind: string; readonly pathOf: KubeletPath }>> = {
  exec: { kind: "PodExecOptions", pathOf: execPath },
  attach: { kind: "PodAttachOptions", pathOf: attachPath },
  portforward: { kind: "PodPortForwardOptions", pathOf: portForwardPath },
};

export function remoteCommandHandlers(kubelets: Kubelets, services: ServerServices): SubresourceHandler[] {
  return Object.entries(kubeletPaths).map(([subresource, { kind, pathOf }]) => ({
    definition: pods,
    subresource,
    kind: { group: "", version: "v1", kind },
    verbs: ["create", "get"],
    longRunning: true,
    connect: (request) => connect(kubelets, services, pathOf, request),
  }));
}

async function connect(kubelets: Kubelets, services: ServerServices, pathOf: KubeletPath, request: ConnectRequest): Promise<void> {
  const { info, method, upgrade, signal } = request;
  if (method !== "GET" && method !== "POST") throw methodNotSupported({ group: "", resource: "pods" }, method);
  // A WebSocket begins with GET, yet what it does is what POST does (AuthorizePodWebsocketUpgradeCreatePermission).
  if (method === "GET") await authorize(services.authorizer, { ...attributesOfRequest(request.user, info, request.query), verb: "create" });
  const pod = await kubelets.pod(info.namespace, info.name);
  const path = pathOf(pod, request.query);
  const nodeName = pod.spec?.nodeName ?? "";
  if (nodeName === "") throw badRequest(`pod ${info.name} does not have a host assigned`);
  if (upgrade === undefined) throw badRequest("Upgrade request required");
  const call = { method, path, headers: upgradeHeaders(upgrade.request), signal };
  const answer = await kubelets.send(nodeName, call).catch((error: unknown) => {
    throw error instanceof DialError ? unknownError(`error dialing backend: ${error.message}`, error) : error;
  });
  await completeUpgrade(upgrade, request.response, answer, services.clock, signal);
}

function execPath(pod: Pod, query: URLSearchParams): string {
  const passed = streamsOf(query);
  for (const argument of query.getAll("command")) passed.append("command", argument);
  return `/exec/${podPath(pod)}/${encodeURIComponent(chooseContainer(pod, query.get("container") ?? ""))}?${passed}`;
}

function attachPath(pod: Pod, query: URLSearchParams): string {
  return `/attach/${podPath(pod)}/${encodeURIComponent(chooseContainer(pod, query.get("container") ?? ""))}?${streamsOf(query)}`;
}

function portForwardPath(pod: Pod, query: URLSearchParams): string {
  const passed = new URLSearchParams();
  for (const port of query.getAll("ports")) passed.append("port", port);
  return `/portForward/${podPath(pod)}${passed.size === 0 ? "" : `?${passed}`}`;
}

function podPath({ metadata }: Pod): string {
  return `${encodeURIComponent(metadata.namespace ?? "")}/${encodeURIComponent(metadata.name)}`;
}

/** The kubelet has its own names for the streams. */
const streamNames = [
  ["stdin", "input"],
  ["stdout", "output"],
  ["stderr", "error"],
  ["tty", "tty"],
] as const;

function streamsOf(query: URLSearchParams): URLSearchParams {
  const passed = new URLSearchParams();
  for (const [ours, theirs] of streamNames) if (flagIn(query, ours)) passed.set(theirs, "1");
  return passed;
}
