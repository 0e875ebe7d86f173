/** discovery.k8s.io/v1 EndpointSlices of Services with a selector. */

import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Service } from "../../api/core/v1/service.ts";
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts";
import { errorText, isConflict, isNamespaceTerminating } from "../../client/errors.ts";
import { endpointSlices, nodes, pods, services } from "../../client/resources.ts";
import { objectKey } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { endpointFacts, headlessLabel, isHeadless } from "../endpoints/pod-endpoint.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { controllerReference } from "../shared/owners.ts";
import { podsOfService, watchServicePods } from "../shared/service-pods.ts";
import { planSlices, type SlicePlan, type SliceTemplate } from "./plan.ts";
import { addressTypesOf, endpointGroups, zoneLabel } from "./service-endpoints.ts";
import { managedByLabel, SliceWriter, serviceController, serviceNameLabel, sliceIndex, sliceIndexValues, sliceKey } from "./slice-writer.ts";

const maxEndpointsPerSlice = 100;

/** What the Service's slices should become; nothing for Services whose slices others write. */
export function planServiceSlices(
  service: Service,
  members: readonly Pod[],
  nodeOf: (name: string) => Node | undefined,
  slices: readonly EndpointSlice[],
): SlicePlan {
  if (service.spec.type === "ExternalName" || service.spec.selector === undefined || Object.keys(service.spec.selector).length === 0) {
    return { create: [], update: [], delete: [] };
  }
  const types = addressTypesOf(service);
  const live = slices.filter((slice) => slice.metadata.deletionTimestamp === undefined);
  const plans = types.map((addressType) =>
    planSlices({
      template: templateOf(service),
      addressType,
      groups: endpointGroups(service, addressType, members, nodeOf),
      slices: live.filter((slice) => slice.addressType === addressType),
      maxPerSlice: maxEndpointsPerSlice,
      placeholder: true,
    }),
  );
  return {
    create: plans.flatMap((plan) => plan.create),
    update: plans.flatMap((plan) => plan.update),
    delete: [...plans.flatMap((plan) => plan.delete), ...live.filter((slice) => !types.some((type) => type === slice.addressType))],
  };
}

function templateOf(service: Service): SliceTemplate {
  const { name, namespace = "", labels = {} } = service.metadata;
  const { [headlessLabel]: _, ...own } = labels;
  return {
    generateName: `${name}-`,
    namespace,
    labels: { ...own, ...(isHeadless(service) ? { [headlessLabel]: "" } : {}), [serviceNameLabel]: name, [managedByLabel]: serviceController },
    ownerReferences: [controllerReference(service, services)],
  };
}

export const endpointSliceController: Controller = {
  name: "endpointslice-controller",
  account: "endpointslice-controller",
  eventSource: "endpoint-slice-controller",
  run: (context) => {
    const known = context.informers.informer(services);
    const members = context.informers.informer(pods);
    const knownNodes = context.informers.informer(nodes);
    const slices = context.informers.informer(endpointSlices);
    slices.addIndex(sliceIndex, sliceIndexValues);
    const queue = createQueue(context);
    const writer = new SliceWriter(context.client, context.clock);
    watchServicePods(known, members, queue, endpointFacts);

    const sliceChanged = (slice: EndpointSlice) => {
      const { labels = {}, namespace = "" } = slice.metadata;
      if (labels[managedByLabel] === serviceController && labels[serviceNameLabel] !== undefined) queue.add(`${namespace}/${labels[serviceNameLabel]}`);
    };
    slices.addHandler({
      add: sliceChanged,
      update: (slice, old) => {
        if (old.metadata.labels?.[serviceNameLabel] !== slice.metadata.labels?.[serviceNameLabel]) sliceChanged(old);
        sliceChanged(slice);
      },
      delete: (slice) => {
        writer.deleted(`${slice.metadata.namespace ?? ""}/${slice.metadata.labels?.[serviceNameLabel] ?? ""}`, slice);
        sliceChanged(slice);
      },
    });
    const zoneOf = (node: Node | undefined) => node?.metadata.labels?.[zoneLabel];
    const nodeChanged = (node: Node | undefined, old: Node | undefined) => {
      if (node !== undefined && old !== undefined && zoneOf(node) === zoneOf(old)) return;
      for (const service of known.list()) queue.add(objectKey(service));
    };
    knownNodes.addHandler({ add: (node) => nodeChanged(node, undefined), update: nodeChanged, delete: (node) => nodeChanged(undefined, node) });

    const reconcile = async (key: string) => {
      const service = known.get(key);
      if (service === undefined) {
        // Its slices go with it: the garbage collector sees to that.
        writer.forget(key);
        return undefined;
      }
      if (service.metadata.deletionTimestamp !== undefined) return undefined;
      const { name, namespace = "" } = service.metadata;
      const mine = [...slices.byIndex(sliceIndex, sliceKey(namespace, name, serviceController))];
      if (writer.isStale(key, mine)) return { afterMs: 1000 };
      const plan = planServiceSlices(service, [...podsOfService(service, members)], (node) => knownNodes.get(node), mine);
      try {
        await writer.perform(key, plan);
      } catch (error) {
        if (isNamespaceTerminating(error)) return undefined;
        writer.forget(key);
        if (!isConflict(error)) {
          context.events.event(service, "Warning", "FailedToUpdateEndpointSlices", `Error updating Endpoint Slices for Service ${key}: ${errorText(error)}`);
        }
        throw error;
      }
      return undefined;
    };
    return runLoop(context, { queue, reconcile });
  },
};
