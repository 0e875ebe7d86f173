/** One attempt of a probe: exec, HTTP, TCP or gRPC. */
import type { Container, Probe } from "../../api/core/v1/container.ts";
import { CriError, rpcText } from "../cri/errors.ts";
import type { RuntimeService } from "../cri/service.ts";
import type { ProbeNetwork } from "./network.ts";
import { PortNameError, portNumber } from "./port.ts";

export interface ProbeOutcome {
  /** warning: a success that the user should hear of. unknown: the probe could not be made; it counts neither way. */
  readonly result: "success" | "warning" | "failure" | "unknown";
  /** What went wrong, or what to warn of. */
  readonly output: string;
}

export interface ProbeTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

export async function attemptProbe(probe: Probe, target: ProbeTarget, runtime: RuntimeService, network: ProbeNetwork): Promise<ProbeOutcome> {
  const timeoutSeconds = probe.timeoutSeconds ?? 1;
  try {
    if (probe.exec !== undefined) return await execProbe(runtime, target.containerId, probe.exec.command ?? [], timeoutSeconds);
    if (probe.httpGet !== undefined) return await httpProbe(probe.httpGet, target, network, timeoutSeconds * 1000);
    if (probe.tcpSocket !== undefined) return await tcpProbe(probe.tcpSocket, target, network, timeoutSeconds * 1000);
    if (probe.grpc !== undefined) return await grpcProbe(probe.grpc, target, network, timeoutSeconds * 1000);
  } catch (error) {
    if (error instanceof PortNameError) return { result: "unknown", output: error.message };
    return { result: "failure", output: error instanceof Error ? error.message : String(error) };
  }
  return { result: "failure", output: "the probe names no exec, httpGet, tcpSocket or grpc" };
}

async function execProbe(runtime: RuntimeService, id: string, command: readonly string[], timeoutSeconds: number): Promise<ProbeOutcome> {
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(id, command, timeoutSeconds);
    const output = Buffer.concat([stdout, stderr])
      .subarray(0, 10 << 10)
      .toString();
    return { result: exitCode === 0 ? "success" : "failure", output };
  } catch (error) {
    if (!(error instanceof CriError)) throw error;
    if (error.code === "DEADLINE_EXCEEDED")
      return { result: "failure", output: `command timed out: "${command.join(" ")}" timed out after ${timeoutSeconds}s` };
    return { result: "unknown", output: rpcText(error) };
  }
}

async function httpProbe(action: NonNullable<Probe["httpGet"]>, target: ProbeTarget, network: ProbeNetwork, timeoutMs: number): Promise<ProbeOutcome> {
  const { status, body } = await network.http({
    scheme: action.scheme === "HTTPS" ? "HTTPS" : "HTTP",
    host: action.host === undefined || action.host === "" ? target.podIp : action.host,
    port: portNumber(action.port, target.container),
    path: action.path ?? "/",
    headers: action.httpHeaders ?? [],
    timeoutMs,
  });
  if (status >= 200 && status < 300) return { result: "success", output: "" };
  // A redirect to another host is not followed: the container has answered, and that is all that was asked.
  if (status >= 300 && status < 400) return { result: "warning", output: `Probe terminated redirects, Response body: ${body}` };
  return { result: "failure", output: `HTTP probe failed with statuscode: ${status}` };
}

async function tcpProbe(action: NonNullable<Probe["tcpSocket"]>, target: ProbeTarget, network: ProbeNetwork, timeoutMs: number): Promise<ProbeOutcome> {
  const host = action.host === undefined || action.host === "" ? target.podIp : action.host;
  await network.tcp(host, portNumber(action.port, target.container), timeoutMs);
  return { result: "success", output: "" };
}

async function grpcProbe(action: NonNullable<Probe["grpc"]>, target: ProbeTarget, network: ProbeNetwork, timeoutMs: number): Promise<ProbeOutcome> {
  const status = await network.grpc(target.podIp, action.port, action.service ?? "", timeoutMs);
  return status === "SERVING"
    ? { result: "success", output: "" }
    : { result: "failure", output: `service unhealthy (responded with ${JSON.stringify(status)})` };
}
