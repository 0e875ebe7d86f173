/** Copies hand-written Endpoints of Services without selector into EndpointSlices, which is all that proxies and DNS read. */
import type { EndpointAddress, EndpointSubset, Endpoints } from "../../api/core/v1/endpoints.ts";
import type { Service } from "../../api/core/v1/service.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts";
import { isNamespaceTerminating } from "../../client/errors.ts";
import { endpointSlices, endpoints, services } from "../../client/resources.ts";
import { objectKey } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { type AddressType, addressTypeOf } from "../endpoints/pod-endpoint.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { controllerReference } from "../shared/owners.ts";
import { type EndpointGroup, planSlices, portsKey, type SlicePlan } from "./plan.ts";
import { managedByLabel, mirroringController, SliceWriter, serviceNameLabel, sliceIndex, sliceIndexValues, sliceKey } from "./slice-writer.ts";

const maxEndpointsPerSubset = 1000;
const skipMirrorLabel = "endpointslice.kubernetes.io/skip-mirror";
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";

/** Endpoints with a selector Service have slices already; some are locks or say themselves that they want none. */
export function shouldMirror(object: Endpoints | undefined, service: Service | undefined): object is Endpoints {
  if (object === undefined || service === undefined) return false;
  if (object.metadata.labels?.[skipMirrorLabel] === "true" || object.metadata.annotations?.[leaderAnnotation] !== undefined) return false;
  return service.spec.selector === undefined && service.spec.type !== "ExternalName";
}

export function planMirror(object: Endpoints | undefined, service: Service | undefined, slices: readonly EndpointSlice[]): SlicePlan {
  if (!shouldMirror(object, service)) return { create: [], update: [], delete: slices };
  const { name, namespace = "", labels = {} } = object.metadata;
  const template = {
    generateName: `${name}-`,
    namespace,
    labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: mirroringController },
    ownerReferences: [controllerReference(object, endpoints)],
  };
  const plans = (["IPv4", "IPv6"] as const).map((addressType) =>
    planSlices({
      template,
      addressType,
      groups: mirrorGroups(object, addressType),
      slices: slices.filter((slice) => slice.addressType === addressType),
      maxPerSlice: maxEndpointsPerSubset,
      placeholder: false,
    }),
  );
  return { create: plans.flatMap((plan) => plan.create), update: plans.flatMap((plan) => plan.update), delete: plans.flatMap((plan) => plan.delete) };
}

function mirrorGroups(object: Endpoints, type: AddressType): EndpointGroup[] {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  for (const subset of object.subsets ?? []) {
    const ports = (subset.ports ?? []).map(mirrorPort);
    const group = groups.get(portsKey(ports)) ?? { ports, endpoints: [] };
    group.endpoints.push(...mirrorEndpoints(subset, type));
    groups.set(portsKey(ports), group);
  }
  return [...groups.values()];
}

function mirrorPort({ name = "", port, protocol = "TCP", appProtocol }: NonNullable<EndpointSubset["ports"]>[number]): EndpointPort {
  return { name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) };
}

function mirrorEndpoints(subset: EndpointSubset, type: AddressType): Endpoint[] {
  const of = (addresses: readonly EndpointAddress[] | undefined, ready: boolean) =>
    (addresses ?? []).filter((address) => addressTypeOf(address.ip) === type).map((address) => mirrorEndpoint(address, ready));
  return [...of(subset.addresses, true), ...of(subset.notReadyAddresses, false)].slice(0, maxEndpointsPerSubset);
}

function mirrorEndpoint({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined || hostname === "" ? {} : { hostname }),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}

export const endpointSliceMirroringController: Controller = {
  name: "endpointslicemirroring-controller",
  account: "endpointslicemirroring-controller",
  eventSource: "endpoint-slice-mirroring-controller",
  run: (context) => {
    const known = context.informers.informer(services);
    const written = context.informers.informer(endpoints);
    const slices = context.informers.informer(endpointSlices);
    slices.addIndex(sliceIndex, sliceIndexValues);
    const queue = createQueue(context);
    const writer = new SliceWriter(context.client, context.clock);
    const enqueue = (object: Service | Endpoints) => queue.add(objectKey(object));
    written.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
    known.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
    const sliceChanged = ({ metadata }: EndpointSlice) => {
      if (metadata.labels?.[managedByLabel] === mirroringController) queue.add(`${metadata.namespace ?? ""}/${metadata.labels[serviceNameLabel] ?? ""}`);
    };
    slices.addHandler({
      add: sliceChanged,
      update: sliceChanged,
      delete: (slice) => {
        writer.deleted(`${slice.metadata.namespace ?? ""}/${slice.metadata.labels?.[serviceNameLabel] ?? ""}`, slice);
        sliceChanged(slice);
      },
    });
    const reconcile = async (key: string) => {
      const [namespace = "", name = ""] = key.split("/");
      const mine = [...slices.byIndex(sliceIndex, sliceKey(namespace, name, mirroringController))];
      if (writer.isStale(key, mine)) return { afterMs: 1000 };
      try {
        await writer.perform(key, planMirror(written.get(key), known.get(key), mine));
      } catch (error) {
        if (isNamespaceTerminating(error)) return undefined;
        writer.forget(key);
        throw error;
      }
      return undefined;
    };
    return runLoop(context, { queue, reconcile });
  },
};
