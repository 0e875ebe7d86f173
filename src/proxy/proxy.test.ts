/** The proxy as a whole, on loopback: what it tells of itself and of Services. Rules are only noted down. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import type { Node } from "../api/core/v1/node.ts";
import type { Service } from "../api/core/v1/service.ts";
import type { EndpointSlice } from "../api/discovery/v1/endpoint-slice.ts";
import { endpointSlices, nodes, services } from "../client/resources.ts";
import { type ControllerScene, controllerScene } from "../testing/controller-scene.ts";
import type { ProxyBackend } from "./backend.ts";
import { runProxy } from "./proxy.ts";

const host = "127.0.0.1";

/** Ports that are free just now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map((server) => new Promise<number>((resolve) => server.listen(0, host, () => resolve((server.address() as { port: number }).port)))),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

interface Scene extends ControllerScene {
  readonly ports: readonly number[];
  fails: boolean;
  get(port: number, path: string): Promise<{ code: number; headers: Headers; text: string }>;
}

const meta = (name: string) => ({ name, namespace: "shop", uid: name });

function balanced(healthCheckNodePort: number, spec: Partial<Service["spec"]> = {}): Service {
  const ports = [{ name: "http", port: 80, protocol: "TCP", nodePort: 30_080 }];
  const all = { type: "LoadBalancer", clusterIP: "10.96.0.20", externalTrafficPolicy: "Local", healthCheckNodePort, ports, ...spec };
  return { apiVersion: "v1", kind: "Service", metadata: meta("web"), spec: all };
}

function slice(...endpoints: NonNullable<EndpointSlice["endpoints"]>[number][]): EndpointSlice {
  const metadata = { ...meta("web-1"), labels: { "kubernetes.io/service-name": "web" } };
  const ports = [{ name: "http", port: 8080, protocol: "TCP" }];
  return { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata, addressType: "IPv4", ports, endpoints };
}

const endpoint = (address: string, nodeName: string, ready = true) => ({ addresses: [address], nodeName, conditions: { ready } });
const node = (spec: object): Node => ({ apiVersion: "v1", kind: "Node", metadata: { name: "node-1", uid: "n" }, spec }) as Node;

async function proxyScene(): Promise<Scene> {
  const base = controllerScene();
  const ports = await freePorts(4);
  let fails = false;
  const backend: ProxyBackend = {
    name: "nftables",
    apply: () => (fails ? Promise.reject(new Error("nft is not itself")) : Promise.resolve("full" as const)),
    clear: () => Promise.resolve(),
  };
  const [healthz, metrics] = ports as [number, number];
  const servers = { healthz: { host, port: healthz }, metrics: { host, port: metrics } };
  const config = { nodeName: "node-1", family: 4, backend, run: () => Promise.resolve(""), servers, healthCheckHost: host } as const;
  base.api.put(nodes, node({}));
  await base.start({ run: (context) => runProxy(context, config) });
  return {
    ...base,
    ports,
    get fails() {
      return fails;
    },
    set fails(value) {
      fails = value;
    },
    get: async (port, path) => {
      const answer = await eventually(() => fetch(`http://${host}:${port}${path}`, { headers: { connection: "close" } }));
      return { code: answer.status, headers: answer.headers, text: await answer.text() };
    },
  };
}

/** Sockets open and close in real time. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 200; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

const refused = (port: number) => eventually(() => assert.rejects(fetch(`http://${host}:${port}/`), /fetch failed/));

describe("kube-proxy's servers", () => {
  test("/healthz says whether the node is to get traffic, /livez only whether the proxy is well (KEP-3836)", async () => {
    const scene = await proxyScene();
    const [port] = scene.ports as [number];
    const { code, headers, text } = await scene.get(port, "/healthz");
    const now = new Date(scene.clock.now()).toISOString();
    assert.deepEqual([code, headers.get("content-type"), headers.get("x-content-type-options")], [200, "application/json", "nosniff"]);
    const { status, ...rest } = JSON.parse(text);
    assert.deepEqual(rest, { lastUpdated: now, currentTime: now, healthy: true, nodeEligible: true });
    assert.equal(status.IPv4.healthy, true);
    assert.equal("nodeEligible" in JSON.parse((await scene.get(port, "/livez")).text), false);
    assert.equal((await scene.get(port, "/absent")).code, 404);
    scene.api.put(nodes, node({ taints: [{ key: "ToBeDeletedByClusterAutoscaler", effect: "NoSchedule" }] }));
    await scene.settle();
    const going = await scene.get(port, "/healthz");
    assert.deepEqual([going.code, JSON.parse(going.text).nodeEligible, (await scene.get(port, "/livez")).code], [503, false, 200]);
    await scene.end();
    await refused(port);
  });

  test("a proxy that cannot apply what has changed is not well after a minute, and tells Services' balancers", async () => {
    const scene = await proxyScene();
    const [port, , check] = scene.ports as [number, number, number];
    scene.api.put(services, balanced(check));
    scene.api.put(endpointSlices, slice(endpoint("10.128.0.5", "node-1")));
    await scene.settle(200);
    assert.equal((await scene.get(check, "/")).code, 200);
    scene.fails = true;
    scene.api.put(endpointSlices, slice(endpoint("10.128.0.6", "node-1")));
    await scene.settle(30_000);
    assert.equal((await scene.get(port, "/livez")).code, 200);
    await scene.settle(31_000);
    assert.deepEqual([(await scene.get(port, "/livez")).code, (await scene.get(port, "/healthz")).code], [503, 503]);
    const stuck = await scene.get(check, "/");
    assert.deepEqual([stuck.code, JSON.parse(stuck.text).serviceProxyHealthy], [503, false]);
    scene.fails = false;
    await scene.settle(3_000);
    assert.equal((await scene.get(port, "/livez")).code, 200);
    await scene.end();
  });

  test("metrics are under Kubernetes' names, the mode under /proxyMode", async () => {
    const scene = await proxyScene();
    const [health, port, check] = scene.ports as [number, number, number];
    scene.api.put(services, balanced(check, { internalTrafficPolicy: "Local" }));
    scene.api.put(endpointSlices, slice(endpoint("10.128.1.5", "node-2")));
    await scene.settle(200);
    await scene.get(health, "/healthz");
    assert.deepEqual([(await scene.get(port, "/proxyMode")).text, (await scene.get(port, "/healthz")).text], ["nftables", "ok"]);
    const { text } = await scene.get(port, "/metrics");
    for (const line of [
      'kubeproxy_proxy_healthz_total{code="200"} 1',
      "kubeproxy_sync_proxy_rules_service_changes_total 1",
      "kubeproxy_sync_proxy_rules_endpoint_changes_total 1",
      "kubeproxy_sync_proxy_rules_endpoint_changes_pending 0",
      'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy="internal"} 1',
      'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy="external"} 1',
      'kubeproxy_sync_proxy_rules_nftables_sync_failures_total{ip_family="IPv4"} 0',
      'kubeproxy_sync_proxy_rules_duration_seconds_bucket{le="0.001",ip_family="IPv4"}',
      'kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family="IPv4"}',
      'kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"} 1767225600.',
    ])
      assert.ok(text.includes(line), `${line} is not in ${text}`);
    await scene.end();
    await refused(port);
  });
});

describe("health check node ports", () => {
  test("tell how many endpoints the node has, and open and close with their Service", async () => {
    const scene = await proxyScene();
    const [, , first, second] = scene.ports as [number, number, number, number];
    scene.api.put(services, balanced(first));
    scene.api.put(endpointSlices, slice(endpoint("10.128.0.5", "node-1"), endpoint("10.128.0.6", "node-1"), endpoint("10.128.1.5", "node-2")));
    await scene.settle(200);
    const some = await scene.get(first, "/any/path");
    assert.deepEqual([some.code, some.headers.get("x-load-balancing-endpoint-weight"), some.headers.get("content-type")], [200, "2", "application/json"]);
    assert.equal(some.text, '{\n\t"service": {\n\t\t"namespace": "shop",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": 2,\n\t"serviceProxyHealthy": true\n}');
    scene.api.put(endpointSlices, slice(endpoint("10.128.0.5", "node-1", false), endpoint("10.128.1.5", "node-2")));
    await scene.settle(200);
    const none = await scene.get(first, "/");
    assert.deepEqual([none.code, none.headers.get("x-load-balancing-endpoint-weight"), JSON.parse(none.text).localEndpoints], [503, "0", 0]);
    scene.api.put(services, balanced(second));
    await scene.settle(200);
    assert.equal((await scene.get(second, "/")).code, 503);
    await refused(first);
    for (const other of [
      balanced(second, { externalTrafficPolicy: "Cluster" }),
      balanced(second, { type: "NodePort" }),
      balanced(second, { clusterIP: "None" }),
    ]) {
      scene.api.put(services, balanced(second));
      await scene.settle(200);
      await scene.get(second, "/");
      scene.api.put(services, other);
      await scene.settle(200);
      await refused(second);
    }
    scene.api.put(services, balanced(second));
    await scene.settle(200);
    await scene.get(second, "/");
    await scene.end();
    await refused(second);
  });

  test("a port that somebody else has is told by an Event, and taken once it is free", async () => {
    const scene = await proxyScene();
    const [, , port] = scene.ports as [number, number, number];
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(port, host, () => resolve()));
    scene.api.put(services, balanced(port));
    await eventually(async () => {
      await scene.settle(100);
      assert.match(
        scene.events.join("\n"),
        /^FailedToStartServiceHealthcheck: node node-1 failed to start healthcheck "shop\/web" on port \d+: listen EADDRINUSE/,
      );
    });
    await new Promise((resolve) => squatter.close(resolve));
    scene.api.put(endpointSlices, slice(endpoint("10.128.0.5", "node-1")));
    await scene.settle(200);
    assert.equal((await scene.get(port, "/")).code, 200);
    await scene.end();
  });
});
