/** Evicts pods that do not tolerate a NoExecute taint of their node, when their toleration has run out. */

import type { Taint } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ComponentContext } from "../../client/component.ts";
import { nodes, pods } from "../../client/resources.ts";
import { sameJson } from "../../machinery/json.ts";
import { objectKey } from "../../machinery/object.ts";
import { tolerates } from "../../machinery/tolerations.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { nodeIndex, podsByNode } from "../shared/node-pods.ts";
import { disruptPod } from "../shared/pod-disruption.ts";
import { isTerminating } from "../shared/pod-state.ts";

/** How long a pod may stay under these taints, in milliseconds from when they came; Infinity: for ever. */
export function toleratedMs(pod: Pod, taints: readonly Taint[]): number {
  let leastMs = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const tolerations = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (tolerations.length === 0) return 0;
    for (const { tolerationSeconds } of tolerations) if (tolerationSeconds !== undefined) leastMs = Math.min(leastMs, Math.max(0, tolerationSeconds * 1000));
  }
  return leastMs;
}

function noExecuteTaints(taints: readonly Taint[] | undefined): Taint[] {
  return (taints ?? []).filter((taint) => taint.effect === "NoExecute");
}

export const taintEvictionController: Controller = {
  name: "taint-eviction-controller",
  account: "node-controller",
  run: (context) => {
    const known = context.informers.informer(nodes);
    const bound = context.informers.informer(pods);
    bound.addIndex(nodeIndex, podsByNode);
    const queue = createQueue(context);
    /** Since when each pod has been under taints, by its uid: more taints do not start the time anew. */
    const since = new Map<string, number>();
    known.addHandler({
      add: (node) => {
        if (noExecuteTaints(node.spec.taints).length > 0) for (const pod of bound.byIndex(nodeIndex, node.metadata.name)) queue.add(objectKey(pod));
      },
      update: (node, old) => {
        if (sameJson(noExecuteTaints(node.spec.taints), noExecuteTaints(old.spec.taints))) return;
        for (const pod of bound.byIndex(nodeIndex, node.metadata.name)) queue.add(objectKey(pod));
      },
    });
    const changed = (pod: Pod) => queue.add(objectKey(pod));
    bound.addHandler({
      add: changed,
      update: (pod, old) => {
        if (pod.spec.nodeName !== old.spec.nodeName || !sameJson(pod.spec.tolerations, old.spec.tolerations)) changed(pod);
      },
      delete: (pod) => void since.delete(pod.metadata.uid),
    });
    const reconcile = async (key: string) => {
      const pod = bound.get(key);
      if (pod === undefined || isTerminating(pod)) return undefined;
      const taints = noExecuteTaints(known.get(pod.spec.nodeName ?? "")?.spec.taints);
      return judge(context, pod, taints, since);
    };
    return runLoop(context, { queue, concurrency: 8, reconcile });
  },
};

async function judge(context: ComponentContext, pod: Pod, taints: readonly Taint[], since: Map<string, number>) {
  const { uid } = pod.metadata;
  if (taints.length === 0) {
    if (since.delete(uid)) context.events.event(pod, "Normal", "TaintManagerEviction", `Cancelling deletion of Pod ${objectKey(pod)}`);
    return undefined;
  }
  const nowMs = context.clock.now();
  const tolerated = toleratedMs(pod, taints);
  if (tolerated === Number.POSITIVE_INFINITY) {
    since.delete(uid);
    return undefined;
  }
  const startMs = since.get(uid) ?? nowMs;
  since.set(uid, startMs);
  const leftMs = startMs + tolerated - nowMs;
  if (leftMs > 0) return { afterMs: leftMs };
  context.events.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${objectKey(pod)}`);
  await disruptPod(context, pod, { reason: "DeletionByTaintManager", message: "Taint manager: deleting due to NoExecute taint" });
  since.delete(uid);
  return undefined;
}
