/** exec, attach and portForward requests: from the pod's containers to a URL of the runtime, from there to the client. */
import type { Pod } from "../../../api/core/v1/pod.ts";
import type { ComponentContext } from "../../../client/component.ts";
import type { ContainerView, KubeletPods } from "../../contract.ts";
import { CriError, rpcText } from "../../cri/errors.ts";
import { HttpError } from "../http-error.ts";
import { isTrue } from "../logs/log-query.ts";
import type { ContainerRoute, StreamRoute } from "../routes.ts";
import { acceptWebSocket } from "./accept-websocket.ts";
import { chooseChannelProtocol, offeredProtocols } from "./channels.ts";
import { servePortForward } from "./port-forward.ts";
import { openStreams, runRemoteCommand, type StreamOptions } from "./remote-command.ts";
import type { Silence } from "./result.ts";
import { dialSpdy } from "./runtime-stream.ts";
import { tunnelToRuntime, type UpgradingClient } from "./tunnel.ts";

export interface StreamRequest {
  readonly pods: KubeletPods;
  readonly route: StreamRoute;
  readonly query: URLSearchParams;
  readonly client: UpgradingClient;
  readonly context: Pick<ComponentContext, "clock" | "signal">;
}

/** Resolves when the session is over. Rejects, with an HttpError for what went wrong, only while nothing has been answered. */
export async function serveStream(request: StreamRequest): Promise<void> {
  const { pods, route, client, context } = request;
  const pod = pods.get(route.namespace, route.pod);
  if (pod === undefined) throw new HttpError(404, "pod does not exist");
  const isWebSocket = client.request.headers.upgrade?.toLowerCase() === "websocket";
  if (route.type === "portForward") {
    const url = await portForwardUrl(pods, pod, request.query);
    return isWebSocket ? servePortForward(client, url, context.clock, context.signal) : tunnelToRuntime(client, url, context.clock, context.signal);
  }
  const container = pods.container(pod, route.container);
  if (container === undefined) throw new HttpError(500, `container not found ("${route.container}")`);
  const asked = streamOptions(request.query);
  const options = route.type === "attach" ? attachOptions(asked, pod, route.container) : asked;
  const open = () => commandUrl(request, route, container, options);
  if (!isWebSocket) return tunnelToRuntime(client, await open(), context.clock, context.signal);
  return serveWebSocket(client, { options, open, silence: route.type === "exec" ? "failure" : "success" }, context);
}

interface RemoteCommand {
  readonly options: StreamOptions;
  /** Gives the runtime's URL. */
  open(): Promise<string>;
  readonly silence: Silence;
}

async function serveWebSocket(client: UpgradingClient, { options, open, silence }: RemoteCommand, { clock, signal }: StreamRequest["context"]): Promise<void> {
  const offered = offeredProtocols(client.request.headers["sec-websocket-protocol"]);
  const protocol = chooseChannelProtocol(offered);
  if (protocol === undefined) throw new HttpError(400, `unable to negotiate a WebSocket protocol: ${offered.join(", ")} not supported`);
  const connection = await dialSpdy(await open(), "v4.channel.k8s.io", signal);
  try {
    const streams = await openStreams(connection, options);
    await runRemoteCommand({ client: await acceptWebSocket(client, protocol.name), protocol, connection, streams, silence, clock });
  } finally {
    connection.destroy();
  }
}

/** The kubelet's own names for the streams (k8s.io/api/core ExecStdinParam and its like). */
export function streamOptions(query: URLSearchParams): StreamOptions {
  const tty = isTrue(query, "tty");
  // A terminal has one output.
  const options = { stdin: isTrue(query, "input"), stdout: isTrue(query, "output"), stderr: isTrue(query, "error") && !tty, tty };
  if (!options.stdin && !options.stdout && !options.stderr) throw new HttpError(400, "you must specify at least 1 of stdin, stdout, stderr");
  return options;
}

/** Whether a running process has a terminal was settled when it began; what the client says of it does not count. */
export function attachOptions(asked: StreamOptions, pod: Pod, name: string): StreamOptions {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const tty = [...initContainers, ...containers, ...ephemeralContainers].find((container) => container.name === name)?.tty === true;
  return { ...asked, tty, stderr: asked.stderr && !tty };
}

async function commandUrl(
  { pods, query }: StreamRequest,
  route: ContainerRoute<"exec" | "attach">,
  { id }: ContainerView,
  options: StreamOptions,
): Promise<string> {
  const request = { containerId: id, ...options };
  return fromRuntime(() => (route.type === "exec" ? pods.runtime.exec({ ...request, cmd: query.getAll("command") }) : pods.runtime.attach(request)));
}

async function portForwardUrl(pods: KubeletPods, pod: Pod, query: URLSearchParams): Promise<string> {
  const sandbox = pods.sandboxId(pod);
  if (sandbox === undefined) throw new HttpError(500, `failed to find sandboxID for pod ${pod.metadata.namespace}/${pod.metadata.name}`);
  const ports = query.getAll("port").map(Number);
  if (ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65535)) throw new HttpError(400, "ports must be numbers from 1 to 65535");
  return fromRuntime(() => pods.runtime.portForward(sandbox, ports));
}

async function fromRuntime(call: () => Promise<string>): Promise<string> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof CriError)) throw error;
    const code = error.code === "NOT_FOUND" ? 404 : error.code === "RESOURCE_EXHAUSTED" ? 429 : 500;
    throw new HttpError(code, rpcText(error), { cause: error });
  }
}
