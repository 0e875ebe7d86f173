import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../api/core/v1/service.ts";
import type { EndpointSlice } from "../api/discovery/v1/endpoint-slice.ts";
import { type Answer, answer, type ClusterView } from "./records.ts";

const service = (name: string, spec: Service["spec"]): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "shop", uid: name },
  spec,
});
const services = [
  service("web", { clusterIP: "10.96.0.20", clusterIPs: ["10.96.0.20", "fd00::20"], ports: [{ name: "http", port: 80, protocol: "TCP" }] }),
  service("db", { clusterIP: "None", clusterIPs: ["None"], ports: [{ name: "sql", port: 5432 }] }),
  service("lonely", { clusterIP: "None" }),
  service("out", { type: "ExternalName", externalName: "example.com" }),
];
const slice: EndpointSlice = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "db-1", namespace: "shop", uid: "s", labels: { "kubernetes.io/service-name": "db" } },
  addressType: "IPv4",
  ports: [{ name: "sql", port: 5432, protocol: "TCP" }],
  endpoints: [
    { addresses: ["10.128.0.5"], hostname: "db-0", conditions: { ready: true } },
    { addresses: ["10.128.0.6"], conditions: { ready: true } },
    { addresses: ["10.128.0.7"], conditions: { ready: false } },
  ],
};
const view: ClusterView = {
  service: (namespace, name) => services.find((each) => namespace === "shop" && each.metadata.name === name),
  hasNamespace: (namespace) => namespace === "shop",
  slices: (_namespace, name) => (name === "db" ? [slice] : []),
  serviceByClusterIP: (address) => services.find((each) => each.spec.clusterIPs?.includes(address)),
  slicesByAddress: (address) => (slice.endpoints?.some((endpoint) => endpoint.addresses.includes(address)) ? [slice] : []),
};

/** Records as `TYPE data`, or what the answer is instead. */
function text(result: Answer): string {
  if (result.type !== "found") return result.type;
  return result.records
    .map((record) => `${record.type} ${typeof record.data === "string" ? record.data : `${record.data.port} ${record.data.target}`}`)
    .join(", ");
}

test("names of services, endpoints, pods and addresses resolve as the specification says", () => {
  const cases: [question: string, type: string, expected: string][] = [
    ["web.shop.svc.cluster.local", "A", "A 10.96.0.20"],
    ["WEB.Shop.svc.Cluster.local", "A", "A 10.96.0.20"],
    ["web.shop.svc.cluster.local", "AAAA", "AAAA fd00::20"],
    ["web.shop.svc.cluster.local", "MX", ""],
    ["_http._tcp.web.shop.svc.cluster.local", "SRV", "SRV 80 web.shop.svc.cluster.local"],
    ["_http._udp.web.shop.svc.cluster.local", "SRV", "noSuchName"],
    ["pod.web.shop.svc.cluster.local", "A", "noSuchName"],
    ["db.shop.svc.cluster.local", "A", "A 10.128.0.5, A 10.128.0.6"],
    ["db-0.db.shop.svc.cluster.local", "A", "A 10.128.0.5"],
    ["10-128-0-6.db.shop.svc.cluster.local", "A", "A 10.128.0.6"],
    ["_sql._tcp.db.shop.svc.cluster.local", "SRV", "SRV 5432 db-0.db.shop.svc.cluster.local, SRV 5432 10-128-0-6.db.shop.svc.cluster.local"],
    ["lonely.shop.svc.cluster.local", "A", ""],
    ["out.shop.svc.cluster.local", "A", "CNAME example.com"],
    ["gone.shop.svc.cluster.local", "A", "noSuchName"],
    ["shop.svc.cluster.local", "A", ""],
    ["nowhere.svc.cluster.local", "A", "noSuchName"],
    ["10-1-2-3.shop.pod.cluster.local", "A", "A 10.1.2.3"],
    ["10-1-2-3.nowhere.pod.cluster.local", "A", "noSuchName"],
    ["20.0.96.10.in-addr.arpa", "PTR", "PTR web.shop.svc.cluster.local"],
    ["5.0.128.10.in-addr.arpa", "PTR", "PTR db-0.db.shop.svc.cluster.local"],
    ["0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", "PTR", "PTR web.shop.svc.cluster.local"],
    ["1.1.1.1.in-addr.arpa", "PTR", "notOurs"],
    ["dns-version.cluster.local", "TXT", "TXT 1.1.0"],
    ["example.com", "A", "notOurs"],
    ["mycluster.local", "A", "notOurs"],
  ];
  for (const [name, type, expected] of cases) assert.equal(text(answer(name, type, "cluster.local", view)), expected, `${type} ${name}`);
});
