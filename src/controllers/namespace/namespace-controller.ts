/** Namespaces on their way out: delete their content, say what holds them, let them go. */
import type { Namespace } from "../../api/core/v1/namespace.ts";
import type { ComponentContext } from "../../client/component.ts";
import { isConflict, isNotFound } from "../../client/errors.ts";
import { namespaces } from "../../client/resources.ts";
import type { Requeue } from "../../client/run-workers.ts";
import { sameJson } from "../../machinery/json.ts";
import type { Controller } from "../controller.ts";
import type { DiscoverResources } from "../shared/discovery.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { deletionConditions } from "./conditions.ts";
import { deleteContent } from "./content.ts";

/** The finalizer in `spec.finalizers` that stands for this controller. */
const kubernetes = "kubernetes";

export function namespaceController(discover: DiscoverResources): Controller {
  return {
    name: "namespace-controller",
    account: "namespace-controller",
    run: (context) => {
      const informer = context.informers.informer(namespaces);
      const queue = createQueue(context);
      const enqueue = (namespace: Namespace) => {
        if (namespace.metadata.deletionTimestamp !== undefined) queue.add(namespace.metadata.name);
      };
      informer.addHandler({ add: enqueue, update: enqueue });
      const reconcile = async (name: string) => {
        const namespace = informer.get(name);
        return namespace === undefined ? undefined : terminate(context, namespace, discover);
      };
      return runLoop(context, { queue, concurrency: 10, reconcile });
    },
  };
}

async function terminate(context: ComponentContext, namespace: Namespace, discover: DiscoverResources): Promise<Requeue | undefined> {
  if (namespace.metadata.deletionTimestamp === undefined || !(namespace.spec.finalizers ?? []).includes(kubernetes)) return undefined;
  try {
    const { report, againMs } = await deleteContent(context.client, namespace.metadata.name, discover);
    const conditions = deletionConditions(namespace, report, context.clock.now());
    if (againMs === undefined) return await finalize(context, namespace);
    await writeConditions(context, namespace, conditions);
    return { afterMs: againMs };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (isConflict(error)) return { afterMs: 50 };
    throw error;
  }
}

async function writeConditions(
  context: ComponentContext,
  namespace: Namespace,
  conditions: NonNullable<Namespace["status"]>["conditions"] & object,
): Promise<void> {
  if (sameJson(conditions, namespace.status?.conditions)) return;
  await context.client.of(namespaces).updateStatus({ ...namespace, status: { ...namespace.status, phase: "Terminating", conditions } });
}

async function finalize(context: ComponentContext, namespace: Namespace): Promise<undefined> {
  const finalizers = (namespace.spec.finalizers ?? []).filter((name) => name !== kubernetes);
  const finalized = { ...namespace, spec: { ...namespace.spec, finalizers } };
  await context.client.transport.update({ resource: namespaces, name: namespace.metadata.name, subresource: "finalize" }, finalized, {}, context.signal);
  return undefined;
}
