/** core/v1 Endpoints: for clients that do not read EndpointSlices yet. */
import type { Endpoints } from "../../api/core/v1/endpoints.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Service } from "../../api/core/v1/service.ts";
import type { Client } from "../../client/client.ts";
import { errorText, isAlreadyExists, isNamespaceTerminating, isNotFound } from "../../client/errors.ts";
import { endpoints, pods, services } from "../../client/resources.ts";
import { sameJson } from "../../machinery/json.ts";
import { type Draft, objectKey } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { podsOfService, watchServicePods } from "../shared/service-pods.ts";
import { endpointFacts, headlessLabel, isHeadless } from "./pod-endpoint.ts";
import { overCapacityAnnotation, subsetsOf, truncate } from "./subsets.ts";

export const managedByLabel = "endpoints.kubernetes.io/managed-by";
const manager = "endpoint-controller";

export type EndpointsEffect =
  | { readonly action: "create"; readonly object: Draft<Endpoints> }
  | { readonly action: "update"; readonly object: Endpoints }
  | { readonly action: "delete"; readonly object: Endpoints };

/** undefined: as it should be, or not ours: a Service without selector has Endpoints that others write. */
export function decideEndpoints(service: Service | undefined, current: Endpoints | undefined, members: Iterable<Pod>): EndpointsEffect | undefined {
  if (service === undefined) return current?.metadata.labels?.[managedByLabel] === manager ? { action: "delete", object: current } : undefined;
  if (service.spec.type === "ExternalName" || service.spec.selector === undefined || Object.keys(service.spec.selector).length === 0) return undefined;
  const { subsets, truncated } = truncate(subsetsOf(service, members));
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {};
  const wanted = { ...labels, ...(isHeadless(service) ? { [headlessLabel]: "" } : {}), [managedByLabel]: manager };
  const { [overCapacityAnnotation]: __, ...annotations } = current?.metadata.annotations ?? {};
  const noted = truncated ? { ...annotations, [overCapacityAnnotation]: "truncated" } : annotations;
  const { name, namespace = "" } = service.metadata;
  if (current === undefined) {
    return { action: "create", object: { metadata: { name, namespace, labels: wanted, ...(truncated ? { annotations: noted } : {}) }, subsets } };
  }
  const same =
    sameJson(current.subsets ?? [], subsets) && sameJson(current.metadata.labels ?? {}, wanted) && sameJson(current.metadata.annotations ?? {}, noted);
  return same ? undefined : { action: "update", object: { ...current, metadata: { ...current.metadata, labels: wanted, annotations: noted }, subsets } };
}

export const endpointsController: Controller = {
  name: "endpoint-controller",
  account: "endpoint-controller",
  run: (context) => {
    const known = context.informers.informer(services);
    const members = context.informers.informer(pods);
    const written = context.informers.informer(endpoints);
    const queue = createQueue(context);
    watchServicePods(known, members, queue, endpointFacts);
    // Endpoints that were deleted by others come back; those left over from before a restart go.
    const recheck = (object: Endpoints) => queue.add(objectKey(object));
    written.addHandler({ add: (object) => !known.get(objectKey(object)) && recheck(object), delete: recheck });
    const reconcile = async (key: string) => {
      const service = known.get(key);
      const effect = decideEndpoints(service, written.get(key), service === undefined ? [] : podsOfService(service, members));
      try {
        if (effect !== undefined) await perform(context.client, effect);
      } catch (error) {
        if (isNamespaceTerminating(error) || isAlreadyExists(error)) return undefined;
        if (service !== undefined) {
          context.events.event(service, "Warning", "FailedToUpdateEndpoint", `Failed to update endpoint ${key}: ${errorText(error)}`);
        }
        throw error;
      }
      return undefined;
    };
    return runLoop(context, { queue, reconcile });
  },
};

async function perform(client: Client, effect: EndpointsEffect): Promise<void> {
  const resource = client.of(endpoints);
  if (effect.action === "create") await resource.create(effect.object);
  else if (effect.action === "update") await resource.update(effect.object);
  else
    await resource
      .in(effect.object.metadata.namespace ?? "")
      .delete(effect.object.metadata.name)
      .catch(ignoreNotFound);
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
