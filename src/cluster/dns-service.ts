/** Service kube-system/kube-dns, as every cluster has it: without a selector, its endpoint is the DNS server beside the API server. */
import type { Client } from "../client/client.ts";
import { endpointSlices, services } from "../client/resources.ts";
import { type ClusterConfig, dnsServerPort, dnsServiceAddress, hostAddress } from "./config.ts";

const namespace = "kube-system";
const name = "kube-dns";
const fieldManager = "coracle";

/** Idempotent: server-side apply. */
export async function ensureDnsService(client: Client, config: ClusterConfig): Promise<void> {
  const protocols = [
    { name: "dns", protocol: "UDP" },
    { name: "dns-tcp", protocol: "TCP" },
  ];
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace, labels: { "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" } },
    spec: { clusterIP: dnsServiceAddress(config), ports: protocols.map((each) => ({ ...each, port: 53, targetPort: dnsServerPort })) },
  };
  const slice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace, labels: { "kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "coracle" } },
    addressType: "IPv4",
    ports: protocols.map((each) => ({ ...each, port: dnsServerPort })),
    endpoints: [{ addresses: [hostAddress(config)], conditions: { ready: true } }],
  };
  await client.of(services).in(namespace).patch(name, service, { type: "apply", fieldManager, force: true });
  await client.of(endpointSlices).in(namespace).patch(name, slice, { type: "apply", fieldManager, force: true });
}
