import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../api/core/v1/pod.ts";
import { events, nodes, pods, priorityClasses, replicaSets } from "../client/resources.ts";
import { componentContext } from "../cluster/component-context.ts";
import { systemClock } from "../cluster/system-clock.ts";
import type { Transport } from "../machinery/transport.ts";
import { createCluster, type InProcessCluster } from "../testing/create-cluster.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { runScheduler } from "./scheduler.ts";

const deadlineMs = 20_000;

function podSpec(cpu: string, more: Partial<Pod["spec"]> = {}): Pod["spec"] {
  return { containers: [{ name: "c", image: "i", resources: { requests: { cpu } } }], terminationGracePeriodSeconds: 0, ...more };
}

async function untilPod(cluster: InProcessCluster, name: string, holds: (pod: Pod) => boolean): Promise<Pod> {
  const life = new AbortController();
  const late = setTimeout(() => life.abort(new Error(`pod ${name} is not as expected after ${deadlineMs} ms`)), deadlineMs);
  try {
    const client = cluster.client.of(pods).in("default");
    for await (const { type, object } of await client.watch({ fieldSelector: `metadata.name=${name}` }, life.signal)) {
      if (type !== "BOOKMARK" && holds(object)) return object;
    }
    throw new Error(`the watch of pod ${name} ended: ${JSON.stringify((await client.find(name))?.status)}`);
  } finally {
    clearTimeout(late);
    life.abort();
  }
}

const isScheduled = (pod: Pod) => Boolean(pod.spec.nodeName);
const condition = (pod: Pod, type: string) => pod.status?.conditions?.find((item) => item.type === type);

/** Its message. Events are looked for as clients do: by the name of the scheduler that pods ask for. */
async function untilEvent(cluster: InProcessCluster, about: string, reason: string): Promise<string> {
  const end = systemClock.now() + deadlineMs;
  while (systemClock.now() < end) {
    const { items } = await cluster.client.of(events).in("default").list({ fieldSelector: "source=default-scheduler" });
    const found = items.find((event) => event.involvedObject.name === about && event.reason === reason);
    if (found !== undefined) return found.message ?? "";
    await systemClock.sleep(5, AbortSignal.timeout(deadlineMs));
  }
  throw new Error(`no event ${reason} about ${about}`);
}

test("an unschedulable pod is told why and gets its node as soon as there is one; higher priority preempts", async () => {
  await using cluster = await createCluster({ nodes: 1, simulator: { capacity: { cpu: "2", memory: "4Gi", pods: "20" } } });
  await cluster.ready();
  const client = cluster.client.of(pods).in("default");
  await cluster.client.of(priorityClasses).create({ metadata: { name: "high" }, value: 1000 });

  await client.create({ metadata: { name: "picky" }, spec: podSpec("1", { nodeSelector: { disk: "ssd" } }) });
  const picky = await untilPod(cluster, "picky", (pod) => condition(pod, "PodScheduled")?.status === "False");
  const message =
    "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
  assert.equal(condition(picky, "PodScheduled")?.reason, "Unschedulable");
  assert.equal(condition(picky, "PodScheduled")?.message, message);
  assert.equal(await untilEvent(cluster, "picky", "FailedScheduling"), message);
  await cluster.client.of(nodes).patch("node-1", { metadata: { labels: { disk: "ssd" } } }, { type: "merge" });
  assert.equal((await untilPod(cluster, "picky", isScheduled)).spec.nodeName, "node-1");

  const preemptor = await client.create({ metadata: { name: "preemptor" }, spec: podSpec("2", { priorityClassName: "high" }) });
  const scheduled = untilPod(cluster, "preemptor", isScheduled);
  const nominated = untilPod(cluster, "preemptor", (pod) => pod.status?.nominatedNodeName === "node-1");
  const victim = await untilPod(cluster, "picky", (pod) => condition(pod, "DisruptionTarget") !== undefined);
  assert.deepEqual([condition(victim, "DisruptionTarget")?.status, condition(victim, "DisruptionTarget")?.reason], ["True", "PreemptionByScheduler"]);
  assert.equal((await scheduled).spec.nodeName, "node-1");
  await nominated;
  assert.equal(await untilEvent(cluster, "picky", "Preempted"), `Preempted by pod ${preemptor.metadata.uid} on node node-1`);
  assert.equal(await client.find("picky"), undefined);
});

test("replicas spread over empty nodes", async () => {
  await using cluster = await createCluster({ nodes: 2 });
  await cluster.ready();
  const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "i" }] } };
  await cluster.client
    .of(replicaSets)
    .in("default")
    .create({ metadata: { name: "web" }, spec: { replicas: 4, selector: { matchLabels: { app: "web" } }, template } });
  const life = new AbortController();
  const placed = new Map<string, string>();
  for await (const { object } of await cluster.client.of(pods).in("default").watch({ labelSelector: "app=web" }, life.signal)) {
    if (object.spec?.nodeName) placed.set(object.metadata.name, object.spec.nodeName);
    if (placed.size === 4) break;
  }
  life.abort();
  assert.deepEqual([...placed.values()].sort(), ["node-1", "node-1", "node-2", "node-2"]);
});

test("replicas that a preemptor displaces stay pending, and make no victims of their own", async () => {
  const capacity = { cpu: "4", memory: "4Gi", pods: "20", "example.com/fakecpu": "1000" };
  await using cluster = await createCluster({ nodes: 1, simulator: { capacity } });
  await cluster.ready();
  const seen = new Map<string, Set<string>>();
  const life = new AbortController();
  const watch = await cluster.client.of(pods).in("default").watch({}, life.signal);
  const watching = (async () => {
    for await (const { type, object } of watch) {
      if (type === "BOOKMARK") continue;
      const app = object.metadata.labels?.["app"] ?? "";
      seen.set(app, (seen.get(app) ?? new Set()).add(object.metadata.name));
    }
  })().catch((error: unknown) => assert.ok(life.signal.aborted, String(error)));
  const replicas = async (app: string, value: number, fakecpu: string) => {
    await cluster.client.of(priorityClasses).create({ metadata: { name: app }, value });
    const resources = { requests: { "example.com/fakecpu": fakecpu }, limits: { "example.com/fakecpu": fakecpu } };
    const template = { metadata: { labels: { app } }, spec: { priorityClassName: app, containers: [{ name: "c", image: "i", resources }] } };
    const spec = { replicas: 1, selector: { matchLabels: { app } }, template };
    await cluster.client
      .of(replicaSets)
      .in("default")
      .create({ metadata: { name: app }, spec });
    await untilReady(cluster, app);
  };
  await replicas("p1", 1, "200");
  await replicas("p2", 2, "300");
  await replicas("p3", 3, "450");
  await replicas("p4", 4, "500");
  await systemClock.sleep(300, AbortSignal.timeout(deadlineMs));
  life.abort();
  await watching;
  assert.deepEqual([...seen].map(([app, names]) => `${app}: ${names.size}`).sort(), ["p1: 2", "p2: 2", "p3: 1", "p4: 1"]);
});

async function untilReady(cluster: InProcessCluster, name: string): Promise<void> {
  const life = new AbortController();
  const late = setTimeout(() => life.abort(new Error(`replica set ${name} is not ready after ${deadlineMs} ms`)), deadlineMs);
  const client = cluster.client.of(replicaSets).in("default");
  for await (const { type, object } of await client.watch({ fieldSelector: `metadata.name=${name}` }, life.signal)) {
    if (type !== "BOOKMARK" && object.status?.readyReplicas === 1) break;
  }
  clearTimeout(late);
  life.abort();
}

/** Every other binding fails: in turn before it was made, and after, with its answer lost. */
function flakyBindings(transport: Transport, accepted: string[]): Transport {
  let attempts = 0;
  const create: Transport["create"] = async (target, body, options, signal) => {
    if (target.subresource !== "binding") return await transport.create(target, body, options, signal);
    const turn = attempts++ % 4;
    if (turn === 0) throw new Error("connection refused");
    const answer = await transport.create(target, body, options, signal);
    accepted.push(target.name ?? "");
    if (turn === 2) throw new Error("connection reset");
    return answer;
  };
  return new Proxy(transport, {
    get: (inner, key) => {
      if (key === "create") return create;
      const value: unknown = Reflect.get(inner, key);
      return typeof value === "function" ? value.bind(inner) : value;
    },
  });
}

test("no pod is bound twice and no node is overfull when bindings fail", async () => {
  await using cluster = await createCluster({ nodes: 3, simulator: { capacity: { cpu: "4", memory: "4Gi", pods: "20" } } });
  await cluster.ready();
  const life = new AbortController();
  const accepted: string[] = [];
  const transport = flakyBindings(cluster.client.transport, accepted);
  const context = componentContext({ name: "second", transport, clock: systemClock, random: Math.random, logger: silentLogger, signal: life.signal });
  const running = runScheduler(context, { schedulerName: "second" });
  const client = cluster.client.of(pods).in("default");
  const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
  await Promise.all(names.map((name) => client.create({ metadata: { name }, spec: podSpec("1", { schedulerName: "second" }) })));
  const bound = await Promise.all(names.map((name) => untilPod(cluster, name, isScheduled)));
  life.abort(new Error("the test is over"));
  await running;
  assert.deepEqual([...accepted].sort(), [...names].sort());
  assert.deepEqual(
    bound.map((pod) => pod.spec.nodeName).sort(),
    ["node-1", "node-2", "node-3"].flatMap((name) => [name, name, name, name]),
  );
});
