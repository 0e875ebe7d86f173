/** Pods outlive trouble of their node by five minutes, unless they say otherwise. */
import type { Toleration } from "../../api/core/v1/common.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";
import type { AdmissionPlugin } from "../contract.ts";
import { handlesObjects } from "./plugin.ts";

/** Seconds; default 300 each. */
export interface TolerationSeconds {
  readonly notReady?: number;
  readonly unreachable?: number;
}

export function defaultTolerationSeconds({ notReady = 300, unreachable = 300 }: TolerationSeconds = {}): AdmissionPlugin {
  const defaults = [
    { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: notReady },
    { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: unreachable },
  ];
  return {
    name: "DefaultTolerationSeconds",
    handles: handlesObjects(["CREATE", "UPDATE"], pods),
    admit(attributes) {
      const spec = (attributes.object as Pod).spec as PodSpec;
      const tolerations = spec.tolerations ?? [];
      const missing = defaults.filter(({ key }) => !tolerations.some((toleration) => tolerates(toleration, key)));
      if (missing.length > 0) spec.tolerations = [...tolerations, ...missing.map((toleration) => ({ ...toleration }))];
    },
  };
}

/** An empty key is every taint, an empty effect every effect. */
function tolerates({ key, effect }: Toleration, taint: string): boolean {
  return (key === taint || key === undefined || key === "") && (effect === "NoExecute" || effect === undefined || effect === "");
}
