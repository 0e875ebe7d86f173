import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { configMaps as configMapDefinition } from "../api/core/v1/config-map.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import { Client } from "../client/client.ts";
import { configMaps, deployments, events, eventsV1, leases, namespaces, podDisruptionBudgets, pods } from "../client/resources.ts";
import { StatusError } from "../machinery/status.ts";
import { createMemoryStore } from "../storage/memory/index.ts";
import { StoreUnavailableError } from "../storage/store.ts";
import { storeOver } from "../storage/store-over.ts";
import { seededRandom } from "../testing/api-server/seeded-random.ts";
import { admin, startTestServer } from "../testing/api-server/test-server.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import type { AdmissionPlugin, WriteHook } from "./contract.ts";

/** Closed even when the test has failed. */
let opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened) await close();
  opened = [];
});

async function scene(options: Parameters<typeof startTestServer>[0] = {}) {
  const started = await startTestServer(options);
  const abort = new AbortController();
  const client = new Client(started.server.transport(admin), abort.signal);
  opened.push(async () => {
    abort.abort();
    await started.close();
  });
  return { ...started, client, maps: client.of(configMaps).in("default"), pods: client.of(pods).in("default") };
}

const status = (code: number) => (error: unknown) => error instanceof StatusError && error.code === code;
const podSpec = { containers: [{ name: "c", image: "i" }] };

test("of many updates of one version exactly one wins", async () => {
  const { maps } = await scene();
  const first = await maps.create({ metadata: { name: "a" }, data: {} });
  const results = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => maps.update({ ...first, data: { by: String(index) } })));
  const won = results.filter(({ status: state }) => state === "fulfilled");
  assert.equal(won.length, 1);
  for (const result of results) if (result.status === "rejected") assert.ok(status(409)(result.reason));
});

test("a write whose outcome nobody knows is neither repeated nor taken for somebody else's", async () => {
  const memory = createMemoryStore({ clock: new VirtualClock() });
  let silent = 0;
  const store = storeOver(memory, {
    txn: async (request, signal) => {
      const response = await memory.txn(request, signal);
      if (silent === 0) return response;
      silent--;
      throw new StoreUnavailableError("cannot write: the answer was lost");
    },
  });
  const { maps } = await scene({ store });
  opened.push(() => store.close());
  const first = await maps.create({ metadata: { name: "a" }, data: { count: "1" } });
  const lost = /the answer was lost/;
  for (const write of [
    () => maps.update({ ...first, data: { count: "2" } }),
    () => maps.patch("a", { data: { count: "3" } }, { type: "merge" }),
    () => maps.delete("a", { preconditions: { uid: first.metadata.uid } }),
  ]) {
    silent = 1;
    await assert.rejects(write(), lost);
  }
  assert.equal(silent, 0);
  await assert.rejects(maps.get("a"), status(404));
});

test("patches under contention are all applied, none lost", async () => {
  const { maps } = await scene({ random: seededRandom(7) });
  await maps.create({ metadata: { name: "a" } });
  await Promise.all(Array.from({ length: 40 }, (_, index) => maps.patch("a", { data: { [`k${index}`]: "v" } }, { type: "merge" })));
  assert.equal(Object.keys((await maps.get("a")).data ?? {}).length, 40);
});

test("of many creates of one name one wins, and generated names never collide", async () => {
  const { maps } = await scene();
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => maps.create({ metadata: { name: "same" } })));
  assert.equal(results.filter(({ status: state }) => state === "fulfilled").length, 1);
  const made = await Promise.all(Array.from({ length: 50 }, () => maps.create({ metadata: { generateName: "g-" } })));
  assert.equal(new Set(made.map(({ metadata }) => metadata.name)).size, 50);
});

test("a generateName whose names are all taken is 409 with a hint to try again", async () => {
  const { maps } = await scene({ random: () => 0 });
  await maps.create({ metadata: { generateName: "g-" } });
  await assert.rejects(maps.create({ metadata: { generateName: "g-" } }), (error: unknown) => {
    assert.ok(error instanceof StatusError);
    assert.match(error.message, /the server was not able to generate a unique name for the object/);
    return error.status.details?.retryAfterSeconds === 1 && error.code === 409;
  });
});

test("a write that changes nothing is not made", async () => {
  const { maps } = await scene();
  const first = await maps.create({ metadata: { name: "a" }, data: { k: "v" } });
  const { resourceVersion: _any, ...metadata } = first.metadata;
  assert.equal((await maps.update({ ...first, metadata })).metadata.resourceVersion, first.metadata.resourceVersion);
  assert.equal((await maps.patch("a", { data: { k: "v" } }, { type: "strategic" })).metadata.resourceVersion, first.metadata.resourceVersion);
});

test("an update to a name that is not there creates where the kind allows it", async () => {
  const { client } = await scene();
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "new", uid: "" }, spec: {} };
  const created = await client.of(leases).in("default").update(lease);
  assert.notEqual(created.metadata.uid, "");
  const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "new", namespace: "default" } };
  await assert.rejects(
    client
      .of(deployments)
      .in("default")
      .update(deployment as never),
    status(404),
  );
});

test("generation counts changes of the spec and the deletion, not status or metadata (NO-17)", async () => {
  const { pods: podClient, client } = await scene();
  const created = await podClient.create({ metadata: { name: "p", generation: 100 } as never, spec: podSpec });
  assert.equal(created.metadata.generation, 1);
  await client.transport.create({ resource: pods, namespace: "default", name: "p", subresource: "binding" }, bindingTo("n"), {}, new AbortController().signal);
  const changed = await podClient.patch("p", { spec: { activeDeadlineSeconds: 60 } }, { type: "merge" });
  const labelled = await podClient.patch("p", { metadata: { labels: { a: "b" } } }, { type: "merge" });
  assert.equal(labelled.metadata.generation, changed.metadata.generation);
  await podClient.patch("p", { status: { phase: "Running" } }, { type: "merge" }, "status");
  const signal = new AbortController().signal;
  const deleted = (await client.transport.delete({ resource: pods, namespace: "default", name: "p" }, { gracePeriodSeconds: 60 }, signal)) as Pod;
  assert.equal(deleted.metadata.generation, changed.metadata.generation! + 1);
  assert.equal(deleted.metadata.deletionGracePeriodSeconds, 60);
  assert.equal((await podClient.get("p")).status?.phase, "Running");
  await podClient.delete("p", { gracePeriodSeconds: 0 });
  assert.equal(await podClient.find("p"), undefined);
});

const bindingTo = (node: string) => ({ apiVersion: "v1", kind: "Binding", metadata: { name: "p" }, target: { kind: "Node", name: node } });

test("a pod is bound once", async () => {
  const { pods: podClient } = await scene();
  await podClient.create({ metadata: { name: "p" }, spec: podSpec });
  await podClient.createSubresource("p", "binding", bindingTo("one"));
  const pod = await podClient.get("p");
  assert.equal(pod.spec.nodeName, "one");
  assert.deepEqual(
    pod.status?.conditions?.map(({ type, status: state }) => [type, state]),
    [["PodScheduled", "True"]],
  );
  await assert.rejects(podClient.createSubresource("p", "binding", bindingTo("two")), (error: unknown) => {
    assert.ok(error instanceof StatusError);
    return error.code === 409 && /already assigned to node "one"/.test(error.message);
  });
});

test("an eviction takes from the disruption budget and is 429 when it is spent", async () => {
  const { pods: podClient, client } = await scene();
  const budgets = client.of(podDisruptionBudgets).in("default");
  for (const name of ["p", "q"]) {
    await podClient.create({ metadata: { name, labels: { app: "x" } }, spec: podSpec });
    await podClient.createSubresource(name, "binding", { ...bindingTo("n"), metadata: { name } });
    await podClient.patch(name, { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } }, { type: "merge" }, "status");
  }
  const budget = await budgets.create({ metadata: { name: "b" }, spec: { minAvailable: 1, selector: { matchLabels: { app: "x" } } } });
  const evict = (name: string) => podClient.createSubresource(name, "eviction", { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } });
  await assert.rejects(evict("p"), status(429), "not observed yet");
  const observed = { observedGeneration: budget.metadata.generation, disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 };
  await budgets.patch("b", { status: observed }, { type: "merge" }, "status");
  await evict("p");
  const spent = await budgets.get("b");
  assert.deepEqual([spent.status?.disruptionsAllowed, Object.keys(spent.status?.disruptedPods ?? {})], [0, ["p"]]);
  assert.notEqual((await podClient.get("p")).metadata.deletionTimestamp, undefined);
  await assert.rejects(evict("q"), (error: unknown) => {
    assert.ok(error instanceof StatusError);
    return error.code === 429 && error.status.details?.causes?.[0]?.reason === "DisruptionBudget";
  });
});

test("scale reads and writes replicas", async () => {
  const { client } = await scene();
  const web = client.of(deployments).in("default");
  const labels = { app: "web" };
  await web.create({
    metadata: { name: "web" },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } },
  } as never);
  const target = { resource: deployments, namespace: "default", name: "web", subresource: "scale" };
  const signal = new AbortController().signal;
  const scale = (await client.transport.get(target, {}, signal)) as unknown as { kind: string; spec: object; status: object };
  assert.deepEqual([scale.kind, scale.spec, scale.status], ["Scale", { replicas: 2 }, { replicas: 0, selector: "app=web" }]);
  await client.transport.patch(target, { spec: { replicas: 5 } }, { type: "merge" }, signal);
  const scaled = await web.get("web");
  assert.deepEqual([scaled.spec.replicas, Number(scaled.metadata.generation)], [5, 2]);
  await assert.rejects(client.transport.update(target, { ...scale, spec: { replicas: 1 } }, {}, signal), status(409), "the scale that was read is stale");
});

test("a namespace turns Terminating and goes when its finalizers are emptied (AM-09)", async () => {
  const { client } = await scene();
  const client2 = client.of(namespaces);
  await client2.create({ metadata: { name: "n" }, spec: {} });
  await client2.delete("n");
  const terminating = await client2.get("n");
  assert.equal(terminating.status?.phase, "Terminating");
  const signal = new AbortController().signal;
  await client.transport.update({ resource: namespaces, name: "n", subresource: "finalize" }, { ...terminating, spec: { finalizers: [] } }, {}, signal);
  assert.equal(await client2.find("n"), undefined);
});

test("one event is seen through both of its groups, and lapses after an hour", async () => {
  const clock = new VirtualClock();
  const { client } = await scene({ clock, compactionIntervalMs: 0 });
  const core = client.of(events).in("default");
  await core.create({
    metadata: { name: "e" },
    involvedObject: { kind: "Pod", name: "p", namespace: "default" },
    reason: "Started",
    type: "Normal",
    message: "said",
  } as never);
  const modern = await client.of(eventsV1).in("default").get("e");
  assert.deepEqual([modern.apiVersion, modern.note, modern.regarding?.name], ["events.k8s.io/v1", "said", "p"]);
  await clock.advance(3_600_000 + 120_000);
  assert.equal(await core.find("e"), undefined);
});

test("admission sees each write once before it happens and may refuse it", async () => {
  const seen: string[] = [];
  const plugin: AdmissionPlugin = {
    name: "Recorder",
    handles: (_operation, definition) => definition === configMapDefinition,
    admit: ({ operation, object }) => {
      seen.push(`admit ${operation}`);
      if (object !== undefined) object.metadata.labels = { ...object.metadata.labels, admitted: "yes" };
    },
    validate: ({ operation, object }) => {
      seen.push(`validate ${operation}`);
      if (object?.metadata.name === "bad") throw new StatusError({ code: 403, reason: "Forbidden", message: "no" });
    },
  };
  const { maps } = await scene({ admission: () => [plugin] });
  assert.deepEqual((await maps.create({ metadata: { name: "a" } })).metadata.labels, { admitted: "yes" });
  await maps.patch("a", { data: { k: "v" } }, { type: "merge" });
  await maps.delete("a");
  assert.deepEqual(seen, ["admit CREATE", "validate CREATE", "admit UPDATE", "validate UPDATE", "admit DELETE", "validate DELETE"]);
  await assert.rejects(maps.create({ metadata: { name: "bad" } }), status(403));
});

test("what a write hook reserves is kept with the write and given back without it", async () => {
  const log: string[] = [];
  const hook: WriteHook = {
    definition: configMapDefinition,
    prepare: async (operation) => {
      log.push(`prepare ${operation}`);
      return { commit: () => void log.push("commit"), rollback: () => void log.push("rollback") };
    },
  };
  const { maps } = await scene({ writeHooks: () => [hook] });
  await maps.create({ metadata: { name: "a" } });
  await assert.rejects(maps.create({ metadata: { name: "a" } }));
  await maps.create({ metadata: { name: "b" } }, { dryRun: true });
  await maps.delete("a");
  assert.deepEqual(log, ["prepare CREATE", "commit", "prepare CREATE", "rollback", "prepare CREATE", "rollback", "prepare DELETE", "commit"]);
});
