/** Pods outlive trouble of their node by five minutes, unless they say otherwise. */
import type { Toleration } from "../../api/core/v1/common.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";
import type { AdmissionPlugin } from "../contract.ts";
import { handlesObjects } from "./plugin.ts";

const taintKeys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;
const tolerationSeconds = 300;

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  handles: handlesObjects(["CREATE", "UPDATE"], pods),
  admit(attributes) {
    const spec = (attributes.object as Pod).spec as PodSpec;
    const tolerations = spec.tolerations ?? [];
    const missing = taintKeys.filter((key) => !tolerations.some((toleration) => tolerates(toleration, key)));
    if (missing.length === 0) return;
    spec.tolerations = [...tolerations, ...missing.map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds }))];
  },
};

/** An empty key is every taint, an empty effect every effect. */
function tolerates({ key, effect }: Toleration, taint: string): boolean {
  return (key === taint || key === undefined || key === "") && (effect === "NoExecute" || effect === undefined || effect === "");
}
