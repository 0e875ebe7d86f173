/** Index of informers: pods by the node they are bound to. */
import type { Pod } from "../../api/core/v1/pod.ts";

export const nodeIndex = "node";

export function podsByNode(pod: Pod): string[] {
  return pod.spec.nodeName === undefined || pod.spec.nodeName === "" ? [] : [pod.spec.nodeName];
}
