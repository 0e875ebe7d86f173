import type { Plugin } from "../framework.ts";

/** A pod that names its node fits nowhere else. */
export const nodeName: Plugin = {
  name: "NodeName",
  prepare: ({ pod }) => (pod.spec.nodeName ? undefined : "skip"),
  filter: ({ pod }, { node }) =>
    pod.spec.nodeName === node.metadata.name ? undefined : { reasons: ["node(s) didn't match the requested node name"], unresolvable: true },
  wakeOn: ["NodeAdded"],
};
