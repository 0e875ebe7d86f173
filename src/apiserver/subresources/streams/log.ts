/** GET pods/{name}/log: the kubelet's log stream, as plain text or over a WebSocket. */
import type { IncomingMessage } from "node:http";
import { pods } from "../../../api/core/v1/pod.ts";
import { badRequest, internalError, StatusError } from "../../../machinery/status.ts";
import type { ConnectRequest, SubresourceHandler } from "../../contract.ts";
import { type Kubelets, unknownError } from "./kubelets.ts";
import { type PodLogOptions, parseLogOptions } from "./log-options.ts";
import { serveLogWebSocket } from "./log-websocket.ts";
import { chooseContainer } from "./pod-container.ts";
import { DialError } from "./upstream.ts";

export function logHandler(kubelets: Kubelets): SubresourceHandler {
  return {
    definition: pods,
    subresource: "log",
    kind: { group: "", version: "v1", kind: "Pod" },
    verbs: ["get"],
    longRunning: true,
    connect: (request) => serveLog(kubelets, request),
  };
}

async function serveLog(kubelets: Kubelets, request: ConnectRequest): Promise<void> {
  const options = parseLogOptions(request.query, request.info.name);
  const log = await openLog(kubelets, request, options);
  if (request.upgrade !== undefined) return serveLogWebSocket(request.upgrade, log, request.signal);
  const { response } = request;
  response.start(200, { "content-type": "text/plain" });
  for await (const chunk of log) await response.write(chunk);
  await response.end();
}

/** A pod that has no node yet has an empty log. */
async function openLog(kubelets: Kubelets, request: ConnectRequest, options: PodLogOptions): Promise<AsyncIterable<Uint8Array>> {
  const { namespace, name } = request.info;
  const pod = await kubelets.pod(namespace, name);
  const container = chooseContainer(pod, options.container);
  const nodeName = pod.spec?.nodeName ?? "";
  if (nodeName === "") return empty();
  const path = `/containerLogs/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/${encodeURIComponent(container)}?${options.query}`;
  const call = { method: "GET", path, insecure: options.insecureSkipTLSVerifyBackend, signal: request.signal };
  const answer = await kubelets.send(nodeName, call).catch((error: unknown) => {
    throw error instanceof DialError ? unknownError(`Get "https://${nodeName}${path}": ${error.message}`, error) : error;
  });
  if (answer.type === "upgrade") {
    answer.socket.destroy();
    throw internalError("the kubelet upgraded a request for logs");
  }
  await checkAnswer(answer.message, name);
  return answer.message;
}

async function* empty(): AsyncGenerator<Uint8Array> {}

const longestErrorText = 50_000;

/** A kubelet's plain-text failure as the Status that stands for it. */
async function checkAnswer(message: IncomingMessage, podName: string): Promise<void> {
  const code = message.statusCode ?? 0;
  if (code >= 200 && code <= 206) return;
  let text = "";
  for await (const chunk of message.setEncoding("utf8")) {
    text += chunk;
    if (text.length > longestErrorText) break;
  }
  throw kubeletFailure(code, text, podName);
}

export function kubeletFailure(code: number, text: string, podName: string): StatusError {
  if (code === 500) return internalError(text);
  if (code === 400) return badRequest(text);
  const generic = genericFailures[code] ?? {
    reason: "" as const,
    message: `the server responded with the status code ${code} but did not return more information`,
  };
  return new StatusError({
    code,
    reason: generic.reason,
    message: `${generic.message} ( pods ${podName})`,
    details: { name: podName, kind: "pods", causes: [{ reason: "UnexpectedServerResponse", message: text }] },
  });
}

const genericFailures: Readonly<Record<number, { reason: StatusError["reason"]; message: string }>> = {
  401: { reason: "Unauthorized", message: "the server has asked for the client to provide credentials" },
  403: { reason: "Forbidden", message: "the server does not allow access to the requested resource" },
  404: { reason: "NotFound", message: "the server could not find the requested resource" },
  405: { reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource" },
  422: { reason: "Invalid", message: "the server rejected our request due to an error in our request" },
  503: { reason: "ServiceUnavailable", message: "the server is currently unable to handle the request" },
};
