import type { Plugin } from "../framework.ts";
import { portsConflict } from "../node-info.ts";

/** No two pods of a node may take the same host port. */
export const nodePorts: Plugin = {
  name: "NodePorts",
  prepare: ({ hostPorts }) => (hostPorts.length === 0 ? "skip" : undefined),
  filter: ({ hostPorts }, { pods }) => {
    for (const other of pods.values()) {
      if (other.hostPorts.some((taken) => hostPorts.some((wanted) => portsConflict(taken, wanted)))) {
        return { reasons: ["node(s) didn't have free ports for the requested pod ports"], unresolvable: false };
      }
    }
    return undefined;
  },
  wakeOn: ["NodeAdded", "PodDeleted"],
};
