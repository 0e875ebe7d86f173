/** Lifecycle hooks: postStart and preStop. */
import type { Container, LifecycleHandler } from "../api/core/v1/container.ts";
import type { Clock } from "../machinery/clock.ts";
import type { RuntimeService } from "./cri/service.ts";
import type { ProbeNetwork } from "./probes/network.ts";
import { portNumber } from "./probes/port.ts";

export interface HookRunner {
  /** Rejects when the hook fails. */
  run(handler: LifecycleHandler, container: Container, containerId: string, podIp: string, signal: AbortSignal): Promise<void>;
}

export function hookRunner(runtime: RuntimeService, network: ProbeNetwork, clock: Clock): HookRunner {
  return {
    run: async (handler, container, containerId, podIp, signal) => {
      if (handler.exec !== undefined) return execHook(runtime, containerId, handler.exec.command ?? []);
      if (handler.httpGet !== undefined) return httpHook(network, handler.httpGet, container, podIp);
      if (handler.sleep !== undefined) return clock.sleep(handler.sleep.seconds * 1000, signal);
      throw new Error(`cannot run hook of container ${container.name}: it names no exec, httpGet or sleep`);
    },
  };
}

async function execHook(runtime: RuntimeService, containerId: string, command: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, 0);
  if (exitCode === 0) return;
  const output = Buffer.concat([stdout, stderr]).toString();
  throw new Error(`command '${command.join(" ")}' exited with ${exitCode}: ${output}`);
}

async function httpHook(network: ProbeNetwork, action: NonNullable<LifecycleHandler["httpGet"]>, container: Container, podIp: string): Promise<void> {
  const { host, path = "/", scheme, httpHeaders = [] } = action;
  // Any answer counts as done, whatever its status: so upstream has it, and programs rely on it.
  await network.http({
    scheme: scheme === "HTTPS" ? "HTTPS" : "HTTP",
    host: host === undefined || host === "" ? podIp : host,
    port: portNumber(action.port, container),
    path,
    headers: httpHeaders,
    timeoutMs: 30_000,
  });
}
