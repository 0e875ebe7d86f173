/** A new node gets no pods before the node controller has seen it ready. */
import { type Node, nodes } from "../../api/core/v1/node.ts";
import type { AdmissionPlugin } from "../contract.ts";
import { handlesObjects } from "./plugin.ts";

const notReadyTaint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" } as const;

export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  handles: handlesObjects(["CREATE"], nodes),
  admit(attributes) {
    const node = attributes.object as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some((taint) => taint.key === notReadyTaint.key && taint.effect === notReadyTaint.effect)) return;
    node.spec = { ...node.spec, taints: [...taints, { ...notReadyTaint }] };
  },
};
