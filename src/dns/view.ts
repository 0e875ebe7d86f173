/** The live view of services and their endpoints: informers with the indexes that questions need. */
import type { Service } from "../api/core/v1/service.ts";
import type { EndpointSlice } from "../api/discovery/v1/endpoint-slice.ts";
import type { InformerFactory } from "../client/informer.ts";
import { endpointSlices, namespaces, services } from "../client/resources.ts";
import type { ClusterView } from "./records.ts";

const serviceNameLabel = "kubernetes.io/service-name";
/** Set on slices of services without a cluster IP, for exactly this use. */
const headlessLabel = "service.kubernetes.io/headless";

/** Asks for informers; they must be started before the view is used. */
export function informerView(informers: InformerFactory): ClusterView {
  const serviceInformer = informers.informer(services);
  const sliceInformer = informers.informer(endpointSlices);
  const namespaceInformer = informers.informer(namespaces);
  serviceInformer.addIndex("clusterIP", clusterIPs);
  sliceInformer.addIndex("service", (slice) => [`${slice.metadata.namespace}/${slice.metadata.labels?.[serviceNameLabel] ?? ""}`]);
  sliceInformer.addIndex("address", (slice) => (slice.metadata.labels?.[headlessLabel] === undefined ? [] : addresses(slice)));
  return {
    service: (namespace, name) => serviceInformer.get(`${namespace}/${name}`),
    hasNamespace: (namespace) => namespaceInformer.get(namespace) !== undefined,
    slices: (namespace, service) => sliceInformer.byIndex("service", `${namespace}/${service}`),
    serviceByClusterIP: (address) => {
      const [first] = serviceInformer.byIndex("clusterIP", address);
      return first;
    },
    slicesByAddress: (address) => sliceInformer.byIndex("address", address),
  };
}

function clusterIPs(service: Service): string[] {
  return (service.spec.clusterIPs ?? []).filter((address) => address !== "None");
}

function addresses(slice: EndpointSlice): string[] {
  return [...new Set((slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses))];
}
