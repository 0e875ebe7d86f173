import assert from "node:assert/strict";
import { test } from "node:test";
import { deployments } from "../../api/apps/v1/deployment.ts";
import { configMaps } from "../../api/core/v1/config-map.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";
import { type ResourceQuota, type ResourceQuotaSpec, resourceQuotas } from "../../api/core/v1/resource-quota.ts";
import { type Service, services } from "../../api/core/v1/service.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { conflict } from "../../machinery/status.ts";
import type { Transport } from "../../machinery/transport.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { object, testPod } from "../authentication/fixtures.ts";
import { FakeReader } from "./fake-reader.ts";
import { refusalOf } from "./fixtures.ts";
import { resourceQuota } from "./resource-quota.ts";

function setup(spec: ResourceQuotaSpec) {
  const reader = new FakeReader().put(resourceQuotas, object<ResourceQuota>("ResourceQuota", "q", "shop", { spec }));
  const clock = new VirtualClock();
  const plugin = resourceQuota({ reader, clock, signal: new AbortController().signal });
  /** Admits and, as the registry does, stores. */
  const create = async (definition: AnyResourceDefinition, created: KubeObject, dryRun = false): Promise<string> => {
    const refusal = await refusalOf(plugin, { definition, object: created, dryRun });
    if (refusal === "" && !dryRun) reader.put(definition, created);
    return refusal;
  };
  return { reader, clock, plugin, create };
}

function podWith(name: string, requests: Record<string, string>, rest: Partial<PodSpec> = {}): Pod {
  return testPod(name, "shop", { containers: [{ name: "a", resources: { requests } }], ...rest });
}

test("creates beyond a quota are refused with what was asked, used and allowed", async () => {
  const { create, reader } = setup({ hard: { pods: "2", cpu: "1", "requests.memory": "1Gi", "count/deployments.apps": "0" } });
  assert.equal(await create(pods, podWith("a", { cpu: "600m", memory: "500Mi" })), "");
  assert.equal(
    await create(pods, podWith("b", { cpu: "500m", memory: "600Mi" })),
    'pods "b" is forbidden: exceeded quota: q, requested: cpu=500m,requests.memory=600Mi, used: cpu=600m,requests.memory=500Mi, limited: cpu=1,requests.memory=1Gi',
  );
  assert.equal(await create(pods, podWith("b", { cpu: "400m", memory: "524Mi" })), "");
  assert.match(await create(pods, podWith("c", { cpu: "0", memory: "0" })), /exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2$/);
  assert.match(
    await create(deployments, object("Deployment", "d", "shop")),
    /requested: count\/deployments.apps=1, used: count\/deployments.apps=0, limited: count\/deployments.apps=0$/,
  );
  assert.equal(await create(configMaps, object("ConfigMap", "free", "shop")), "");
  reader.remove(pods, "shop/a");
  assert.equal(await create(pods, podWith("c", { cpu: "600m", memory: "1Mi" })), "");
});

/** One quota in a store that several servers write; each sees of it, and of pods, what `show` has shown it. */
function sharedStore(spec: ResourceQuotaSpec) {
  let revision = 1;
  let stored = { ...object<ResourceQuota>("ResourceQuota", "q", "shop", { spec, status: { hard: spec.hard ?? {}, used: {} } }) };
  stored = { ...stored, metadata: { ...stored.metadata, resourceVersion: "1" } };
  let writes = 0;
  const server = () => {
    class Reader extends FakeReader {
      override async getFresh<T extends KubeObject>(): Promise<T | undefined> {
        this.put(resourceQuotas, stored);
        return stored as unknown as T;
      }
    }
    const reader = new Reader().put(resourceQuotas, stored);
    const update = async (_target: object, written: ResourceQuota) => {
      await new Promise(setImmediate);
      if (written.metadata.resourceVersion !== stored.metadata.resourceVersion) throw conflict({ group: "", resource: "resourcequotas" }, "q", "changed");
      writes++;
      stored = { ...written, metadata: { ...written.metadata, resourceVersion: String(++revision) } };
      return stored;
    };
    const clock = new VirtualClock(1_000_000);
    const plugin = resourceQuota({ reader, clock, signal: new AbortController().signal, transport: () => ({ update }) as unknown as Transport });
    return { reader, clock, create: (created: KubeObject, dryRun = false) => refusalOf(plugin, { definition: pods, object: created, dryRun }) };
  };
  return {
    server,
    used: () => stored.status?.used,
    writes: () => writes,
    recount: (used: Record<string, string>) => {
      stored = { ...stored, status: { hard: spec.hard ?? {}, used }, metadata: { ...stored.metadata, resourceVersion: String(++revision) } };
      return stored;
    },
  };
}

test("servers that admit at once, each without seeing the other's pods, never exceed a quota together", async () => {
  const store = sharedStore({ hard: { pods: "10", "requests.cpu": "20" } });
  const [one, two] = [store.server(), store.server()];
  const answers = await Promise.all(Array.from({ length: 24 }, (_, index) => (index % 2 === 0 ? one : two).create(podWith(`p${index}`, { cpu: "1" }))));
  assert.equal(answers.filter((answer) => answer === "").length, 10);
  assert.ok(answers.every((answer) => answer === "" || /exceeded quota: q, requested: pods=1, used: pods=10, limited: pods=10$/.test(answer)));
  assert.deepEqual(store.used(), { pods: "10", "requests.cpu": "10" });
  assert.ok(store.writes() <= 6, `writes are made for many at once, not ${store.writes()} times`);
});

test("status.used says at once what has been let in, and a dry run leaves it alone", async () => {
  const store = sharedStore({ hard: { pods: "3" } });
  const { create } = store.server();
  assert.equal(await create(podWith("dry", {}), true), "");
  assert.deepEqual(store.used(), {});
  await create(podWith("a", {}));
  await create(podWith("b", {}));
  assert.deepEqual(store.used(), { pods: "2" });
  assert.match(await create(podWith("many", { cpu: "1" }), true), /^$/);
});

test("a charge whose pod never came goes with the next count, or with time", async () => {
  const store = sharedStore({ hard: { pods: "1" } });
  const { create, reader, clock } = store.server();
  assert.equal(await create(podWith("lost", {})), "");
  assert.match(await create(podWith("next", {})), /used: pods=1/);
  reader.put(resourceQuotas, store.recount({ pods: "0" }));
  reader.put(pods, podWith("lost", {}));
  reader.remove(pods, "shop/lost");
  assert.equal(await create(podWith("next", {})), "", "the controller has counted");
  reader.remove(pods, "shop/next");
  assert.match(await create(podWith("more", {})), /used: pods=1/);
  await clock.advance(5_000);
  assert.equal(await create(podWith("more", {})), "", "nobody has said so for a while");
});

test("a quota on computing resources demands that containers name them", async () => {
  const { create } = setup({ hard: { cpu: "1", "limits.memory": "1Gi" } });
  assert.equal(await create(pods, testPod("x", "shop")), 'pods "x" is forbidden: failed quota: q: must specify cpu for: main; limits.memory for: main');
});

test("finished pods and pods past their grace period are free", async () => {
  const { create, reader, clock } = setup({ hard: { pods: "1" } });
  const done = podWith("done", {});
  reader.put(pods, { ...done, status: { phase: "Succeeded" } });
  const gone = podWith("gone", {});
  reader.put(pods, { ...gone, metadata: { ...gone.metadata, deletionTimestamp: new Date(clock.now()).toISOString(), deletionGracePeriodSeconds: 30 } });
  assert.match(await create(pods, podWith("new", {})), /exceeded quota/);
  await clock.advance(31_000);
  assert.equal(await create(pods, podWith("new", {})), "");
});

test("scopes choose the pods a quota is about", async () => {
  const quiet = podWith("p", {}, { containers: [{ name: "a" }] });
  const cases: [ResourceQuotaSpec, Pod, boolean][] = [
    [{ scopes: ["BestEffort"] }, quiet, true],
    [{ scopes: ["BestEffort"] }, podWith("p", { cpu: "1" }), false],
    [{ scopes: ["NotBestEffort"] }, podWith("p", { cpu: "1" }), true],
    [{ scopes: ["Terminating"] }, podWith("p", {}, { activeDeadlineSeconds: 5 }), true],
    [{ scopes: ["NotTerminating"] }, podWith("p", {}, { activeDeadlineSeconds: 5 }), false],
    [
      { scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }] } },
      podWith("p", {}, { priorityClassName: "high" }),
      true,
    ],
    [
      { scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }] } },
      podWith("p", {}, { priorityClassName: "low" }),
      false,
    ],
    [{ scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "DoesNotExist" }] } }, podWith("p", {}), true],
  ];
  for (const [spec, pod, matches] of cases) {
    const { create } = setup({ ...spec, hard: { pods: "0" } });
    assert.equal((await create(pods, pod)) !== "", matches, JSON.stringify(spec));
  }
  const { create } = setup({ scopes: ["BestEffort"], hard: { configmaps: "0" } });
  assert.equal(await create(configMaps, object("ConfigMap", "c", "shop")), "");
});

test("services count their node ports and load balancers, also when an update makes them need some", async () => {
  const { create, reader, plugin } = setup({ hard: { services: "3", "services.nodeports": "2", "services.loadbalancers": "1" } });
  const service = (name: string, type: string, ports: number): Service =>
    object<Service>("Service", name, "shop", { spec: { type, ports: Array.from({ length: ports }, (_, index) => ({ port: index + 1 })) } });
  assert.equal(await create(services, service("a", "NodePort", 1)), "");
  assert.match(
    await create(services, service("b", "LoadBalancer", 2)),
    /requested: services.nodeports=2, used: services.nodeports=1, limited: services.nodeports=2$/,
  );
  assert.equal(await create(services, service("b", "ClusterIP", 2)), "");
  assert.match(
    await refusalOf(plugin, { definition: services, object: service("b", "NodePort", 2), oldObject: service("b", "ClusterIP", 2) }),
    /exceeded quota/,
  );
  reader.remove(services, "shop/a");
  assert.equal(await refusalOf(plugin, { definition: services, object: service("b", "NodePort", 2), oldObject: service("b", "ClusterIP", 2) }), "");
});

test("writes under way count, until they are stored, fail or are forgotten; dry runs do not", async () => {
  const { plugin, reader, clock, create } = setup({ hard: { pods: "1" } });
  assert.equal(await create(pods, podWith("dry", {}), true), "");
  assert.equal(await refusalOf(plugin, { definition: pods, object: podWith("one", {}) }), "");
  assert.match(await refusalOf(plugin, { definition: pods, object: podWith("two", {}) }), /exceeded quota/);
  reader.put(pods, podWith("one", {}));
  reader.remove(pods, "shop/one");
  assert.equal(await refusalOf(plugin, { definition: pods, object: podWith("two", {}) }), "");
  // "two" is never stored: its write failed.
  await clock.advance(5_001);
  assert.equal(await refusalOf(plugin, { definition: pods, object: podWith("three", {}) }), "");
});

test("a quota of another namespace does not matter", async () => {
  const { create } = setup({ hard: { pods: "0" } });
  assert.equal(await create(pods, testPod("x", "elsewhere")), "");
});
