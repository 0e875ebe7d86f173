/** Carries out a preemption: tells the victims why, and deletes them. */
import type { Pod } from "../api/core/v1/pod.ts";
import type { ComponentContext } from "../client/component.ts";
import { pods } from "../client/resources.ts";
import { objectKey } from "../machinery/object.ts";
import { StatusError } from "../machinery/status.ts";
import { timeText } from "../machinery/time.ts";

/** Resolves when all victims are being deleted. Throws what the API server answered if one could not be. */
export async function evictVictims(context: ComponentContext, preemptor: Pod, victims: readonly Pod[], nodeName: string): Promise<void> {
  const results = await Promise.allSettled(victims.map((victim) => evict(context, preemptor, victim, nodeName)));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw new Error(`cannot preempt pods on node ${nodeName} for ${objectKey(preemptor)}`, { cause: failed.reason });
}

async function evict({ client, events, clock }: ComponentContext, preemptor: Pod, victim: Pod, nodeName: string): Promise<void> {
  const { name, namespace = "", uid, deletionTimestamp } = victim.metadata;
  if (deletionTimestamp !== undefined) return;
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "PreemptionByScheduler",
    message: `${preemptor.spec.schedulerName}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: timeText(clock.now()),
  };
  try {
    const target = client.of(pods).in(namespace);
    await target.patch(name, { metadata: { uid }, status: { conditions: [condition] } }, { type: "strategic" }, "status");
    await target.delete(name, { preconditions: { uid } });
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  events.event(victim, "Normal", "Preempted", `Preempted by pod ${preemptor.metadata.uid} on node ${nodeName}`);
}

/** Not there any more, or another pod of the same name. */
export function isGone(error: unknown): boolean {
  return error instanceof StatusError && (error.code === 404 || error.code === 409);
}
