import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../api/core/v1/service.ts";
import type { EndpointSlice, Endpoint as SliceEndpoint } from "../api/discovery/v1/endpoint-slice.ts";
import { staleFlows } from "./conntrack.ts";
import { planServices, type ServicePortPlan } from "./plan.ts";

function service(spec: Partial<Service["spec"]>, labels: Record<string, string> = {}): Service {
  const ports = [{ name: "http", port: 80, protocol: "TCP", nodePort: spec.type === "NodePort" ? 30080 : 0 }];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "shop", uid: "1", labels },
    spec: { type: "ClusterIP", clusterIP: "10.96.0.20", ports, ...spec },
  };
}

function slice(endpoints: SliceEndpoint[], addressType = "IPv4"): EndpointSlice {
  return { apiVersion: "", kind: "", metadata: { name: "s", uid: "s" }, addressType, ports: [{ name: "http", port: 8080, protocol: "TCP" }], endpoints };
}

const here: SliceEndpoint = { addresses: ["10.128.0.5"], nodeName: "node-1", conditions: { ready: true } };
const there: SliceEndpoint = { addresses: ["10.128.1.5"], nodeName: "node-2", conditions: { ready: true } };
const unready: SliceEndpoint = { addresses: ["10.128.1.6"], conditions: { ready: false } };
const leaving: SliceEndpoint = { addresses: ["10.128.1.7"], conditions: { ready: false, serving: true, terminating: true } };
const options = { nodeName: "node-1", family: 4 as const };

function plan(what: Service, ...endpoints: SliceEndpoint[]): ServicePortPlan | undefined {
  return planServices([what], () => [slice(endpoints)], options)[0];
}

const addresses = (endpoints: readonly { address: string }[] | undefined) => endpoints?.map((endpoint) => endpoint.address).join(" ");

test("traffic goes to the endpoints that policies and conditions allow", () => {
  const cases: { name: string; service: Service; endpoints: SliceEndpoint[]; internal: string; external: string }[] = [
    { name: "ready ones only", service: service({}), endpoints: [there, here, unready], internal: "10.128.0.5 10.128.1.5", external: "10.128.0.5 10.128.1.5" },
    { name: "terminating ones while none is ready", service: service({}), endpoints: [unready, leaving], internal: "10.128.1.7", external: "10.128.1.7" },
    { name: "no terminating one beside a ready one", service: service({}), endpoints: [here, leaving], internal: "10.128.0.5", external: "10.128.0.5" },
    {
      name: "internalTrafficPolicy Local",
      service: service({ internalTrafficPolicy: "Local" }),
      endpoints: [here, there],
      internal: "10.128.0.5",
      external: "10.128.0.5 10.128.1.5",
    },
    {
      name: "externalTrafficPolicy Local",
      service: service({ type: "NodePort", externalTrafficPolicy: "Local" }),
      endpoints: [here, there],
      internal: "10.128.0.5 10.128.1.5",
      external: "10.128.0.5",
    },
    { name: "one address in two slices counts once", service: service({}), endpoints: [here, here], internal: "10.128.0.5", external: "10.128.0.5" },
  ];
  for (const each of cases) {
    const result = plan(each.service, ...each.endpoints);
    assert.equal(addresses(result?.internal), each.internal, each.name);
    assert.equal(addresses(result?.external), each.external, each.name);
  }
});

test("services that need no rules get none", () => {
  for (const spec of [{ clusterIP: "None" }, { type: "ExternalName", clusterIP: "" }, { clusterIP: "" }, { clusterIP: "fd00::1" }]) {
    assert.equal(plan(service(spec), here), undefined, JSON.stringify(spec));
  }
  assert.equal(plan(service({}, { "service.kubernetes.io/service-proxy-name": "other" }), here), undefined);
});

test("session affinity has the timeout of the spec, or three hours", () => {
  assert.equal(plan(service({ sessionAffinity: "ClientIP" }))?.affinitySeconds, 10_800);
  assert.equal(plan(service({ sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }))?.affinitySeconds, 60);
  assert.equal(plan(service({ sessionAffinity: "None" }))?.affinitySeconds, 0);
});

test("UDP flows are forgotten when their endpoint or service goes", () => {
  const udp = (endpoints: SliceEndpoint[]) =>
    planServices([service({ ports: [{ name: "http", port: 53, protocol: "UDP" }] })], () => [slice(endpoints)], options);
  assert.deepEqual(staleFlows(udp([here]), udp([here])), []);
  assert.deepEqual(staleFlows(udp([here, there]), udp([here])), [["-p", "udp", "--orig-dst", "10.96.0.20", "--dst-nat", "10.128.1.5"]]);
  assert.deepEqual(staleFlows(udp([here]), []), [["-p", "udp", "--orig-dst", "10.96.0.20", "--orig-port-dst", "53"]]);
  assert.deepEqual(staleFlows(udp([]), udp([here])), [["-p", "udp", "--orig-dst", "10.96.0.20", "--orig-port-dst", "53"]]);
  assert.deepEqual(
    staleFlows(
      planServices([service({})], () => [slice([here])], options),
      [],
    ),
    [],
    "TCP connections end by themselves",
  );
});

test("a plan knows of endpoints elsewhere, so that nothing is refused that another node serves", () => {
  const local = service({ internalTrafficPolicy: "Local" });
  assert.deepEqual([plan(local, there)?.internal, plan(local, there)?.elsewhere], [[], true]);
  assert.deepEqual([plan(local, unready)?.internal, plan(local, unready)?.elsewhere], [[], false]);
});
