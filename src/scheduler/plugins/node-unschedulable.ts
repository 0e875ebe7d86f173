import { tolerates } from "../../machinery/tolerations.ts";
import type { Plugin } from "../framework.ts";

const cordonTaint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

/** A cordoned node takes only pods that tolerate its taint (daemons do). */
export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  filter: ({ pod }, { node }) => {
    if (node.spec.unschedulable !== true) return undefined;
    if (pod.spec.tolerations?.some((toleration) => tolerates(toleration, cordonTaint))) return undefined;
    return { reasons: ["node(s) were unschedulable"], unresolvable: true };
  },
  wakeOn: ["NodeAdded", "NodeUpdated"],
};
