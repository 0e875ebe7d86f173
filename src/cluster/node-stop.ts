/** Ends every process of a node: containers are asked first, containerd and its shims are not. */
import type { Clock } from "../machinery/clock.ts";
import { processesInCgroups } from "./cgroups.ts";
import type { NodeLayout } from "./layout.ts";
import { processesInNetworkNamespace } from "./network.ts";
import { processStartTime, readRecord, stopProcess } from "./processes.ts";

const containerGraceMs = 1_000;

/** Works after any crash, from inside the node (its own process is spared) and from outside. */
export async function endNodeProcesses(node: NodeLayout, clock: Clock, signal: AbortSignal): Promise<void> {
  const containerd = readRecord(node.run, "containerd");
  // Killed, not asked, and first: it must not take the end of its containers for their failure.
  if (containerd !== undefined) await stopProcess(containerd, 0, clock, signal);
  const pids = new Set([...processesInCgroups(node.cgroupRoot), ...(await processesInNetworkNamespace(node.networkNamespace, signal))]);
  const records = [...pids].flatMap((pid) => {
    const startTime = processStartTime(pid);
    return startTime === undefined || pid === process.pid ? [] : [{ pid, startTime }];
  });
  await Promise.all(records.map((record) => stopProcess(record, containerGraceMs, clock, signal)));
}
