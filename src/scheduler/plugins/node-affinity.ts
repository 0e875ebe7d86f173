import { matchesNode, matchesTerm } from "../../machinery/node-selector.ts";
import { normalizeToMax, type Plugin } from "../framework.ts";

/** nodeSelector and required node affinity must hold; preferred node affinity attracts. */
export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  prepare: ({ pod }) => (pod.spec.nodeSelector === undefined && pod.spec.affinity?.nodeAffinity === undefined ? "skip" : undefined),
  filter: ({ pod }, { node }) => (matchesNode(pod, node) ? undefined : { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true }),
  score: ({ pod }, { node }) => {
    const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0);
  },
  normalize: (scores) => normalizeToMax(scores, false),
  weight: 2,
  wakeOn: ["NodeAdded", "NodeUpdated"],
};
