import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../../api/core/v1/service.ts";
import { endpointSlices, endpoints, nodes, pods, services } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { endpointsController } from "../endpoints/endpoints-controller.ts";
import { testNode, testPod, testStart } from "../shared/test-objects.ts";
import { endpointSliceController } from "./endpoint-slice-controller.ts";
import { endpointSliceMirroringController } from "./mirroring-controller.ts";

function service(spec: Partial<Service["spec"]> = {}, metadata: object = {}) {
  const ports = [{ name: "http", port: 80, targetPort: "web", protocol: "TCP" }];
  return {
    metadata: { name: "s", namespace: "default", ...metadata },
    spec: { selector: { app: "x" }, clusterIP: "10.96.0.1", ipFamilies: ["IPv4"], ports, ...spec },
  };
}

function backend(name: string, options: { port?: number; ready?: boolean; deleting?: boolean; ip?: string } = {}) {
  const { port = 8080, ready = true, ...rest } = options;
  const pod = testPod(name, { labels: { app: "x" }, node: "n1", ip: "10.0.0.1", ...(ready ? { readySinceMs: testStart } : {}), ...rest });
  return { ...pod, spec: { ...pod.spec, containers: [{ name: "c", image: "i", ports: [{ name: "web", containerPort: port, protocol: "TCP" }] }] } };
}

async function scene() {
  const all = controllerScene();
  all.api.put(nodes, testNode("n1", { labels: { "topology.kubernetes.io/zone": "z1" } }));
  await all.start(endpointSliceController, endpointsController, endpointSliceMirroringController);
  const put = async (resource: Parameters<typeof all.api.put>[0], object: object) => {
    all.api.put(resource, object);
    await all.settle();
  };
  return { ...all, put, slices: () => all.api.all(endpointSlices), subsets: () => all.api.all(endpoints)[0]?.subsets };
}

test("a service's ready pods are its endpoints, in a slice and in Endpoints", async () => {
  const { put, slices, subsets, api, end } = await scene();
  await put(services, service({}, { labels: { team: "a" } }));
  assert.deepEqual([slices().length, slices()[0]?.endpoints, subsets()], [1, [], []]);
  await put(pods, backend("a"));
  const targetRef = { kind: "Pod", namespace: "default", name: "a", uid: "uid-a" };
  const [slice] = slices();
  assert.deepEqual(slice?.endpoints, [
    { addresses: ["10.0.0.1"], conditions: { ready: true, serving: true, terminating: false }, targetRef, nodeName: "n1", zone: "z1" },
  ]);
  assert.deepEqual(slice?.ports, [{ name: "http", port: 8080, protocol: "TCP" }]);
  assert.deepEqual(slice?.metadata.labels, {
    team: "a",
    "kubernetes.io/service-name": "s",
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
  });
  assert.deepEqual([slice?.metadata.ownerReferences?.[0]?.kind, slice?.addressType, slice?.metadata.generateName], ["Service", "IPv4", "s-"]);
  assert.deepEqual(subsets(), [{ addresses: [{ ip: "10.0.0.1", nodeName: "n1", targetRef }], ports: [{ name: "http", port: 8080, protocol: "TCP" }] }]);
  assert.deepEqual(api.all(endpoints)[0]?.metadata.labels, { team: "a", "endpoints.kubernetes.io/managed-by": "endpoint-controller" });
  await end();
});

test("pods that differ in a named port are two slices and two subsets", async () => {
  const { put, slices, subsets, end } = await scene();
  await put(services, service());
  await put(pods, backend("a"));
  await put(pods, backend("b", { port: 9090, ip: "10.0.0.2" }));
  assert.deepEqual(
    slices()
      .map((slice) => slice.ports?.[0]?.port)
      .sort(),
    [8080, 9090],
  );
  assert.equal(subsets()?.length, 2);
  await end();
});

test("unready pods are not ready, terminating ones go on serving, and publishNotReadyAddresses overrules both", async () => {
  const { put, slices, subsets, end } = await scene();
  await put(services, service());
  await put(pods, backend("a", { ready: false }));
  await put(pods, backend("b", { deleting: true, ip: "10.0.0.2" }));
  const conditions = () => slices()[0]?.endpoints?.map((item) => item.conditions);
  assert.deepEqual(conditions(), [
    { ready: false, serving: false, terminating: false },
    { ready: false, serving: true, terminating: true },
  ]);
  assert.deepEqual(
    subsets()?.map((subset) => [subset.addresses, subset.notReadyAddresses?.map((address) => address.ip)]),
    [[undefined, ["10.0.0.1"]]],
  );
  await put(services, service({ publishNotReadyAddresses: true }));
  assert.deepEqual(
    conditions()?.map((item) => item?.ready),
    [true, true],
  );
  assert.deepEqual(
    subsets()?.[0]?.addresses?.map((address) => address.ip),
    ["10.0.0.1", "10.0.0.2"],
  );
  await end();
});

test("what others delete comes back, and Endpoints go with their service", async () => {
  const { api, put, settle, slices, end } = await scene();
  await put(services, service());
  api.remove(endpointSlices, "default", slices()[0]!.metadata.name);
  api.remove(endpoints, "default", "s");
  await settle();
  assert.deepEqual([slices().length, api.all(endpoints).length], [1, 1]);
  api.remove(services, "default", "s");
  await settle();
  assert.equal(api.all(endpoints).length, 0);
  await end();
});

test("a headless service says so, hostnames under its subdomain are told", async () => {
  const { put, slices, end } = await scene();
  await put(services, service({ clusterIP: "None" }));
  const pod = backend("a");
  await put(pods, { ...pod, spec: { ...pod.spec, hostname: "web-0", subdomain: "s" } });
  assert.equal(slices()[0]?.metadata.labels?.["service.kubernetes.io/headless"], "");
  assert.equal(slices()[0]?.endpoints?.[0]?.hostname, "web-0");
  await end();
});

test("Endpoints written by hand are mirrored, changed and deleted with their slice; the API server's own are not", async () => {
  const { api, put, settle, slices, end } = await scene();
  const { selector: _, ...spec } = service().spec;
  await put(services, { ...service(), spec });
  const write = (ip: string, labels: object = {}) => ({
    metadata: { name: "s", namespace: "default", labels },
    subsets: [{ addresses: [{ ip }], ports: [{ name: "p", port: 80 }] }],
  });
  await put(endpoints, write("192.0.2.1"));
  assert.deepEqual(
    slices().map((slice) => [slice.endpoints, slice.ports, slice.metadata.labels?.["endpointslice.kubernetes.io/managed-by"]]),
    [[[{ addresses: ["192.0.2.1"], conditions: { ready: true } }], [{ name: "p", port: 80, protocol: "TCP" }], "endpointslicemirroring-controller.k8s.io"]],
  );
  await put(endpoints, write("192.0.2.2"));
  assert.deepEqual([slices().length, slices()[0]?.endpoints?.[0]?.addresses], [1, ["192.0.2.2"]]);
  await put(endpoints, write("192.0.2.2", { "endpointslice.kubernetes.io/skip-mirror": "true" }));
  assert.equal(slices().length, 0);
  await put(endpoints, write("192.0.2.2"));
  api.remove(endpoints, "default", "s");
  await settle();
  assert.equal(slices().length, 0);
  await end();
});
