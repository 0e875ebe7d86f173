/** The endpoints of a Service, out of its pods and their nodes. */
import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Service } from "../../api/core/v1/service.ts";
import type { Endpoint, EndpointPort } from "../../api/discovery/v1/endpoint-slice.ts";
import { type AddressType, addressesOf, hostnameOf, mayBeEndpoint, podReference, type ResolvedPort, resolvePorts } from "../endpoints/pod-endpoint.ts";
import { isReady, isTerminating } from "../shared/pod-state.ts";
import { type EndpointGroup, portsKey } from "./plan.ts";

export const zoneLabel = "topology.kubernetes.io/zone";

/** Services made before dual stack name no families: then the cluster IP tells. */
export function addressTypesOf(service: Service): AddressType[] {
  const families = service.spec.ipFamilies ?? [];
  if (families.length > 0) return families.filter((family): family is AddressType => family === "IPv4" || family === "IPv6");
  return [(service.spec.clusterIP ?? "").includes(":") ? "IPv6" : "IPv4"];
}

export function endpointGroups(service: Service, type: AddressType, pods: Iterable<Pod>, nodeOf: (name: string) => Node | undefined): EndpointGroup[] {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    if (!mayBeEndpoint(pod, true) || addressesOf(pod, type).length === 0) continue;
    const node = nodeOf(pod.spec.nodeName ?? "");
    // Traffic cannot reach a pod whose node has gone.
    if (node === undefined && (pod.spec.nodeName ?? "") !== "" && service.spec.publishNotReadyAddresses !== true) continue;
    const resolved = resolvePorts(service, pod);
    if (resolved.length === 0 && (service.spec.ports ?? []).length > 0) continue;
    const ports = resolved.map(slicePort);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpointOf(service, type, pod, node));
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** A port's name is there even when it is empty. */
function slicePort({ name, protocol, port, appProtocol }: ResolvedPort): EndpointPort {
  return { name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) };
}

function endpointOf(service: Service, type: AddressType, pod: Pod, node: Node | undefined): Endpoint {
  const serving = isReady(pod);
  const terminating = isTerminating(pod);
  const hostname = hostnameOf(service, pod);
  const zone = node?.metadata.labels?.[zoneLabel];
  const nodeName = pod.spec.nodeName ?? "";
  const hints = hintsOf(service, nodeName, zone);
  return {
    addresses: addressesOf(pod, type).slice(0, 1),
    conditions: { ready: service.spec.publishNotReadyAddresses === true || (serving && !terminating), serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: podReference(pod),
    ...(nodeName === "" ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(hints === undefined ? {} : { hints }),
  };
}

/** trafficDistribution (KEP-4444, KEP-3015): who should prefer this endpoint. */
function hintsOf(service: Service, nodeName: string, zone: string | undefined): Endpoint["hints"] {
  const forZones = zone === undefined ? {} : { forZones: [{ name: zone }] };
  switch (service.spec.trafficDistribution) {
    case "PreferClose":
    case "PreferSameZone":
      return zone === undefined ? undefined : forZones;
    case "PreferSameNode":
      return nodeName === "" ? undefined : { ...forZones, forNodes: [{ name: nodeName }] };
    default:
      return undefined;
  }
}
