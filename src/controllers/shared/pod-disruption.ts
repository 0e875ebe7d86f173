/** Deletes a pod that is no longer wanted where it is, having said why in its DisruptionTarget condition (KEP-3329). */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ComponentContext } from "../../client/component.ts";
import { isNotFound } from "../../client/errors.ts";
import { pods } from "../../client/resources.ts";
import type { DeleteOptions } from "../../machinery/transport.ts";
import { isTerminal, podCondition } from "./pod-state.ts";
import { timeText } from "./time.ts";

export interface Disruption {
  readonly reason: string;
  readonly message: string;
  /** Also end the pod's phase: no kubelet will. */
  readonly fail?: boolean;
  /** Delete at once instead of with the pod's grace. */
  readonly force?: boolean;
}

export async function disruptPod(context: ComponentContext, pod: Pod, disruption: Disruption): Promise<void> {
  const { name, uid, namespace = "" } = pod.metadata;
  const client = context.client.of(pods).in(namespace);
  const options: DeleteOptions = { preconditions: { uid }, ...(disruption.force === true ? { gracePeriodSeconds: 0 } : {}) };
  try {
    const patch = disruptionPatch(pod, disruption, context.clock.now());
    if (patch !== undefined) await client.patch(name, patch, { type: "strategic" }, "status");
    await client.delete(name, options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** undefined: the pod says so already. */
export function disruptionPatch(pod: Pod, { reason, message, fail }: Disruption, nowMs: number): object | undefined {
  const known = podCondition(pod, "DisruptionTarget");
  const phase = fail === true && !isTerminal(pod) ? { phase: "Failed" } : {};
  if (known?.status === "True" && !("phase" in phase)) return undefined;
  const condition = { type: "DisruptionTarget", status: "True", reason, message, lastTransitionTime: timeText(nowMs) };
  return { metadata: { uid: pod.metadata.uid }, status: { ...phase, ...(known?.status === "True" ? {} : { conditions: [condition] }) } };
}
