/** What a watcher sees of deletions, step by step, as a real kube-apiserver tells it (docs/decisions/0008-oracles.md). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../client/client.ts";
import { configMaps, namespaces, pods, replicationControllers } from "../../client/resources.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status.ts";
import { createMemoryStore } from "../../storage/memory/index.ts";
import { StoreUnavailableError } from "../../storage/store.ts";
import { storeOver } from "../../storage/store-over.ts";
import { admin, startTestServer } from "../../testing/api-server/test-server.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";

const podSpec = { terminationGracePeriodSeconds: 30, containers: [{ name: "c", image: "i" }] };
const template = { metadata: { labels: { a: "b" } }, spec: { containers: podSpec.containers } };
const kinds = {
  pod: { resource: pods, object: { spec: podSpec } },
  "bound pod": { resource: pods, object: { spec: { ...podSpec, nodeName: "n" } } },
  "config map": { resource: configMaps, object: { data: {} } },
  "replication controller": { resource: replicationControllers, object: { spec: { selector: { a: "b" }, template } } },
  namespace: { resource: namespaces, object: {} },
} as const;

type Deletion = { readonly gracePeriodSeconds?: number; readonly propagationPolicy?: "Background" | "Foreground" | "Orphan"; readonly dryRun?: boolean };
type Step = Deletion | { readonly finalizers: readonly string[] };

interface Case {
  readonly kind: keyof typeof kinds;
  readonly name: string;
  readonly finalizers?: readonly string[];
  readonly steps: readonly Step[];
  /** After ADDED: the type, the grace, the finalizers. */
  readonly events: readonly string[];
}

const cases: readonly Case[] = [
  { kind: "pod", name: "goes at once, in two steps", steps: [{}], events: ["MODIFIED 0", "DELETED 0"] },
  { kind: "pod", name: "gets no grace, as no kubelet has it", steps: [{ gracePeriodSeconds: 7 }], events: ["MODIFIED 0", "DELETED 0"] },
  { kind: "pod", name: "stays in a dry run", steps: [{ dryRun: true }], events: [] },
  { kind: "bound pod", name: "waits for its kubelet", steps: [{}, {}, { gracePeriodSeconds: 60 }], events: ["MODIFIED 30"] },
  { kind: "bound pod", name: "is forced", steps: [{ gracePeriodSeconds: 0 }], events: ["MODIFIED 0", "DELETED 0"] },
  {
    kind: "bound pod",
    name: "is ended by its kubelet",
    steps: [{ gracePeriodSeconds: 1 }, { gracePeriodSeconds: 0 }],
    events: ["MODIFIED 1", "MODIFIED 0", "DELETED 0"],
  },
  { kind: "bound pod", name: "is deleted again with less grace", steps: [{}, { gracePeriodSeconds: 10 }], events: ["MODIFIED 30", "MODIFIED 10"] },
  {
    kind: "bound pod",
    name: "is held by a finalizer",
    finalizers: ["e.x/f"],
    steps: [{ gracePeriodSeconds: 5 }, { gracePeriodSeconds: 0 }, {}, { propagationPolicy: "Foreground" }, { propagationPolicy: "Orphan" }, { finalizers: [] }],
    events: ["MODIFIED 5 e.x/f", "MODIFIED 0 e.x/f", "MODIFIED 0 e.x/f,foregroundDeletion", "MODIFIED 0 e.x/f,orphan", "DELETED 0 e.x/f,orphan"],
  },
  {
    kind: "bound pod",
    name: "loses its finalizer before its kubelet is done",
    finalizers: ["e.x/f"],
    steps: [{ gracePeriodSeconds: 5 }, { finalizers: [] }, { gracePeriodSeconds: 0 }],
    events: ["MODIFIED 5 e.x/f", "MODIFIED 5", "MODIFIED 0", "DELETED 0"],
  },
  { kind: "config map", name: "goes", steps: [{}], events: ["DELETED -"] },
  { kind: "config map", name: "knows no grace", steps: [{ gracePeriodSeconds: 30 }], events: ["DELETED -"] },
  { kind: "config map", name: "is orphaned of nothing", finalizers: ["orphan"], steps: [{ propagationPolicy: "Background" }], events: ["DELETED - orphan"] },
  {
    kind: "config map",
    name: "is held by a finalizer",
    finalizers: ["e.x/f"],
    steps: [{}, {}, { propagationPolicy: "Foreground" }, { propagationPolicy: "Background" }, { finalizers: [] }],
    events: ["MODIFIED 0 e.x/f", "MODIFIED 0 e.x/f,foregroundDeletion", "MODIFIED 0 e.x/f", "DELETED 0 e.x/f"],
  },
  { kind: "replication controller", name: "leaves its pods", steps: [{}], events: ["MODIFIED 0 orphan"] },
  {
    kind: "replication controller",
    name: "leaves its pods, held or not",
    finalizers: ["e.x/f"],
    steps: [{}, { propagationPolicy: "Background" }],
    events: ["MODIFIED 0 e.x/f,orphan", "MODIFIED 0 e.x/f"],
  },
  { kind: "replication controller", name: "takes its pods along", steps: [{ propagationPolicy: "Background" }], events: ["DELETED -"] },
  { kind: "namespace", name: "is terminated by its controller", steps: [{}, {}], events: ["MODIFIED -"] },
];

async function scene(t: { after(done: () => Promise<void>): void }, options: Parameters<typeof startTestServer>[0] = {}) {
  const started = await startTestServer(options);
  const abort = new AbortController();
  t.after(async () => {
    abort.abort();
    await started.close();
  });
  return new Client(started.server.transport(admin), abort.signal);
}

function shown(type: string, { metadata }: KubeObject): string {
  return [type, metadata.deletionGracePeriodSeconds ?? "-", ...(metadata.finalizers === undefined ? [] : [metadata.finalizers.join(",")])].join(" ");
}

for (const { kind, name, finalizers, steps, events } of cases) {
  test(`a ${kind} ${name}`, async (t) => {
    const { resource, object } = kinds[kind];
    const client = await scene(t, { clock: new VirtualClock(Date.UTC(2026, 0, 1)) });
    const all = client.of(resource as typeof configMaps);
    const objects = resource.namespaced ? all.in("default") : all;
    const { metadata } = await objects.list();
    const created = await objects.create({ metadata: { name: "x", ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }) }, ...object });
    for (const step of steps) {
      if ("finalizers" in step) await objects.patch("x", { metadata: { finalizers: step.finalizers } }, { type: "merge" });
      else await objects.delete("x", step);
    }
    // The last write: a watcher that has come to it has seen all of the others.
    await objects.create({ metadata: { name: "end" }, ...object });
    const seen: string[] = [];
    for await (const { type, object: told } of await objects.watch({ resourceVersion: metadata.resourceVersion ?? "" })) {
      if (told.metadata?.name === "end") break;
      if (told.metadata?.uid === created.metadata.uid) seen.push(shown(type, told));
    }
    assert.deepEqual(seen.slice(1), events);
  });
}

test("a pod whose removal fails after its mark goes when it is deleted again", async (t) => {
  const memory = createMemoryStore({ clock: new VirtualClock() });
  let removals = 0;
  const store = storeOver(memory, {
    txn: async (request, signal) => {
      const removes = request.success.some(({ type }) => type === "delete") && request.compare.some(({ key }) => key.includes("/pods/"));
      if (removes && removals++ === 0) throw new StoreUnavailableError("cannot write: no space left");
      return memory.txn(request, signal);
    },
  });
  const client = await scene(t, { store });
  t.after(() => store.close());
  const objects = client.of(pods).in("default");
  await objects.create({ metadata: { name: "x" }, spec: podSpec });
  await assert.rejects(objects.delete("x", { gracePeriodSeconds: 0 }), /no space left/);
  assert.equal((await objects.get("x")).metadata.deletionGracePeriodSeconds, 0);
  await objects.delete("x", { gracePeriodSeconds: 0 });
  await assert.rejects(objects.get("x"), (error) => error instanceof StatusError && error.code === 404);
});

test("finalizers that their owners take away at the same time go one by one, and the object with the last of them, once", async (t) => {
  const client = await scene(t);
  const objects = client.of(configMaps).in("default");
  const { metadata } = await objects.list();
  const owners = Array.from({ length: 8 }, (_, index) => `e.x/f${index}`);
  const { metadata: created } = await objects.create({ metadata: { name: "x", finalizers: owners } });
  const letGo = async (owner: string) => {
    for (;;) {
      const found = await objects.find("x");
      if (found?.metadata.uid !== created.uid) return;
      const finalizers = (found.metadata.finalizers ?? []).filter((other) => other !== owner);
      try {
        await objects.update({ ...found, metadata: { ...found.metadata, finalizers } });
        return;
      } catch (error) {
        if (!(error instanceof StatusError) || (error.code !== 409 && error.code !== 404)) throw error;
      }
    }
  };
  await Promise.all([objects.delete("x"), ...owners.map(letGo), objects.delete("x").catch(() => undefined)]);
  await objects.delete("x").catch(() => undefined);
  await objects.create({ metadata: { name: "x" } });
  const seen: string[] = [];
  for await (const { type, object } of await objects.watch({ resourceVersion: metadata.resourceVersion ?? "" })) {
    if (object.metadata.uid !== created.uid) break;
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    seen.push(`${type}${deletionTimestamp === undefined ? "" : " marked"} ${finalizers.length}`);
  }
  // Marked once, somewhere between; the last owner's write is the end, told with what the object was before it.
  const held = seen.slice(1, -1).map((line) => Number(line.split(" ").at(-1)));
  assert.deepEqual(
    held,
    [...held].sort((a, b) => b - a),
  );
  assert.equal(seen.at(-1), "DELETED marked 1");
  assert.equal(seen.filter((line) => line.startsWith("DELETED")).length, 1);
});
