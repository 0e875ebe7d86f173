import type { Toleration } from "../../machinery/tolerations.ts";
import { firstUntolerated, tolerates } from "../../machinery/tolerations.ts";
import { normalizeToMax, type Plugin } from "../framework.ts";

/** Keeps pods off nodes whose NoSchedule and NoExecute taints they do not tolerate, and away from PreferNoSchedule ones. */
export const taintToleration: Plugin<readonly Toleration[] | undefined> = {
  name: "TaintToleration",
  prepare: ({ pod }) => pod.spec.tolerations?.filter((toleration) => !toleration.effect || toleration.effect === "PreferNoSchedule"),
  filter: ({ pod }, { node }) => {
    const taint = firstUntolerated(node.spec.taints, pod.spec.tolerations, ["NoSchedule", "NoExecute"]);
    if (taint === undefined) return undefined;
    return { reasons: [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`], unresolvable: true };
  },
  score: (_pod, { node }, preferred) =>
    (node.spec.taints ?? []).filter((taint) => taint.effect === "PreferNoSchedule" && !preferred?.some((toleration) => tolerates(toleration, taint))).length,
  normalize: (scores) => normalizeToMax(scores, true),
  weight: 3,
  wakeOn: ["NodeAdded", "NodeUpdated", "PodUpdated"],
};
