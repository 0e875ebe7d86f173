/** When pods/eviction lets a pod go (pkg/registry/core/pod/storage/eviction.go), also when the pod changes under its hands. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../client/client.ts";
import { podDisruptionBudgets, pods } from "../../client/resources.ts";
import { StatusError } from "../../machinery/status.ts";
import { createMemoryStore } from "../../storage/memory/index.ts";
import { storeOver } from "../../storage/store-over.ts";
import { admin, startTestServer } from "../../testing/api-server/test-server.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";

interface Budget {
  readonly allowed: number;
  readonly healthy: number;
  readonly desired: number;
  readonly policy?: "IfHealthyBudget" | "AlwaysAllow";
  /** What the disruption controller has seen of it; by default all. */
  readonly observed?: number;
}

interface Case {
  readonly name: string;
  readonly phase: string;
  readonly ready?: boolean;
  readonly budget?: Budget;
  readonly query?: { readonly dryRun: boolean };
  /** The refusal's code and cause; absent: it goes. */
  readonly refused?: readonly [code: number, cause: string];
  /** Disruptions allowed afterwards, where one has been spent. */
  readonly left?: number;
}

const full = { allowed: 0, healthy: 2, desired: 2 };
const needsTwo = "The disruption budget b needs 2 healthy pods and has 2 currently";
const processing = "The disruption budget b is still being processed by the server.";

const cases: readonly Case[] = [
  { name: "no budget", phase: "Running", ready: true },
  { name: "a budget with room", phase: "Running", ready: true, budget: { allowed: 1, healthy: 3, desired: 2 }, left: 0 },
  { name: "a budget without room", phase: "Running", ready: true, budget: full, refused: [429, needsTwo] },
  { name: "a budget that nobody has seen", phase: "Running", ready: true, budget: { ...full, allowed: 1, observed: 0 }, refused: [429, processing] },
  { name: "a pod that is pending", phase: "Pending", budget: full },
  { name: "a pod that has ended", phase: "Succeeded", budget: full },
  { name: "a pod that has failed", phase: "Failed", budget: full },
  { name: "an unready pod of a healthy application", phase: "Running", ready: false, budget: full },
  {
    name: "an unready pod of a disrupted application",
    phase: "Running",
    ready: false,
    budget: { allowed: 0, healthy: 1, desired: 2 },
    refused: [429, "The disruption budget b needs 2 healthy pods and has 1 currently"],
  },
  {
    name: "the same, with a budget that always lets unready pods go",
    phase: "Running",
    ready: false,
    budget: { allowed: 0, healthy: 1, desired: 2, policy: "AlwaysAllow" },
  },
  { name: "a ready pod, with such a budget", phase: "Running", ready: true, budget: { ...full, policy: "AlwaysAllow" }, refused: [429, needsTwo] },
  {
    name: "an unready pod where none is desired",
    phase: "Running",
    ready: false,
    budget: { allowed: 0, healthy: 0, desired: 0 },
    refused: [429, "The disruption budget b needs 0 healthy pods and has 0 currently"],
  },
];

async function scene(t: { after(done: () => Promise<void>): void }, options: Parameters<typeof startTestServer>[0] = {}) {
  const started = await startTestServer({ clock: new VirtualClock(Date.UTC(2026, 0, 1)), ...options });
  const abort = new AbortController();
  t.after(async () => {
    abort.abort();
    await started.close();
  });
  const client = new Client(started.server.transport(admin), abort.signal);
  return { pods: client.of(pods).in("default"), budgets: client.of(podDisruptionBudgets).in("default") };
}

type Scene = Awaited<ReturnType<typeof scene>>;

const statusOf = (phase: string, ready: boolean) => ({ phase, conditions: [{ type: "Ready", status: ready ? ("True" as const) : ("False" as const) }] });

async function arrange({ pods: podClient, budgets }: Scene, { phase, ready = false, budget }: Case): Promise<void> {
  const pod = await podClient.create({ metadata: { name: "p", labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "i" }], nodeName: "n" } });
  await podClient.updateStatus({ ...pod, status: { ...pod.status, ...statusOf(phase, ready) } });
  if (budget === undefined) return;
  const { policy, observed = 1, allowed, healthy, desired } = budget;
  const unhealthy = policy === undefined ? {} : { unhealthyPodEvictionPolicy: policy };
  const made = await budgets.create({ metadata: { name: "b" }, spec: { minAvailable: 2, selector: { matchLabels: { app: "a" } }, ...unhealthy } });
  await budgets.updateStatus({
    ...made,
    status: { disruptionsAllowed: allowed, currentHealthy: healthy, desiredHealthy: desired, expectedPods: 3, observedGeneration: observed },
  });
}

const evict = ({ pods: podClient }: Scene, deleteOptions: object = {}) =>
  podClient.createSubresource("p", "eviction", { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p" }, deleteOptions });
const isGoing = async ({ pods: podClient }: Scene) => (await podClient.get("p")).metadata.deletionTimestamp !== undefined;
const exists = async ({ pods: podClient }: Scene) => (await podClient.find("p")) !== undefined;

for (const item of cases) {
  test(`eviction: ${item.name}`, async (t) => {
    const place = await scene(t);
    await arrange(place, item);
    if (item.refused !== undefined) {
      const [code, cause] = item.refused;
      await assert.rejects(evict(place), (error: unknown) => {
        assert.ok(error instanceof StatusError);
        assert.equal(error.code, code);
        assert.equal(error.message, "Cannot evict pod as it would violate the pod's disruption budget.");
        assert.deepEqual(error.status.details?.causes, [{ reason: "DisruptionBudget", message: cause }]);
        return true;
      });
      assert.equal(await isGoing(place), false);
      return;
    }
    await evict(place, { dryRun: ["All"] });
    assert.equal(await isGoing(place), false, "a dry run leaves it");
    if (item.left !== undefined) assert.equal((await place.budgets.get("b")).status?.disruptionsAllowed, item.left + 1);
    await evict(place);
    assert.ok(!(await exists(place)) || (await isGoing(place)));
    if (item.left !== undefined) assert.equal((await place.budgets.get("b")).status?.disruptionsAllowed, item.left);
  });
}

/** A pod that turns out ready just before it is marked for deletion. */
async function becomesReady(t: Parameters<typeof scene>[0], item: Case): Promise<Scene> {
  const memory = createMemoryStore({ clock: new VirtualClock() });
  let armed = false;
  const store = storeOver(memory, {
    txn: async (request, signal) => {
      const marks = request.success.some((operation) => operation.type === "put" && operation.key.includes("/pods/"));
      if (armed && marks) {
        armed = false;
        const pod = await place.pods.get("p");
        await place.pods.updateStatus({ ...pod, status: { ...pod.status, ...statusOf("Running", true) } });
      }
      return memory.txn(request, signal);
    },
  });
  const place = await scene(t, { store });
  t.after(() => store.close());
  await arrange(place, item);
  armed = true;
  return place;
}

test("a pending pod that starts to serve while it is evicted counts: its budget is asked", async (t) => {
  const place = await becomesReady(t, { name: "", phase: "Pending", budget: full });
  await assert.rejects(evict(place), (error) => error instanceof StatusError && error.code === 429 && error.status.details?.causes?.[0]?.message === needsTwo);
  assert.equal(await isGoing(place), false);
});

test("an unready pod that starts to serve while it is evicted stays, and its client is told to come back", async (t) => {
  const place = await becomesReady(t, { name: "", phase: "Running", ready: false, budget: full });
  await assert.rejects(evict(place), (error: unknown) => {
    assert.ok(error instanceof StatusError && error.code === 429);
    assert.equal(error.status.details?.retryAfterSeconds, 10);
    assert.equal(error.status.details?.causes?.[0]?.message, processing);
    return true;
  });
  assert.equal(await isGoing(place), false);
});

test("who names a revision is told that it is another", async (t) => {
  const place = await scene(t);
  await arrange(place, { name: "", phase: "Pending", budget: full });
  await assert.rejects(evict(place, { preconditions: { resourceVersion: "1" } }), (error) => error instanceof StatusError && error.code === 409);
  assert.equal(await isGoing(place), false);
});
