import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/core/v1/pod.ts";
import { silentLogger } from "../../testing/silent-logger.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { AdmissionDesk, type NodeView } from "./admission-desk.ts";
import { testPod } from "./testing.ts";

const nodeWith = (labels: Record<string, string>) => ({ metadata: { name: "n", uid: "n", labels }, spec: {}, status: {} }) as NodeView;
const picky = (over: object = {}) => testPod({ nodeSelector: { disk: "ssd" } }, over);

function desk(latest: () => Promise<NodeView>) {
  const decided: string[] = [];
  const clock = new VirtualClock();
  const life = new AbortController();
  const made = new AdmissionDesk({
    node: () => nodeWith({}),
    latestNode: latest,
    others: () => [],
    take: (pod: Pod) => decided.push(`take ${pod.metadata.name}@${pod.metadata.resourceVersion ?? ""}`),
    refuse: (pod: Pod, { reason }) => decided.push(`refuse ${pod.metadata.name} ${reason}`),
    clock,
    logger: silentLogger,
    signal: life.signal,
  });
  return { made, decided, clock, life };
}

test("a pod that nothing speaks against is taken at once, without a question", () => {
  const { made, decided } = desk(() => assert.fail("asked"));
  made.judge(testPod());
  assert.deepEqual(decided, ["take web@"]);
});

test("a pod that the node as last heard of would refuse is judged by the node as it is now", async () => {
  const { made, decided } = desk(async () => nodeWith({ disk: "ssd" }));
  made.judge(picky());
  assert.deepEqual([decided, made.has("u1")], [[], true]);
  await made.settled();
  assert.deepEqual([decided, made.has("u1")], [["take web@"], false]);
});

test("a refusal stands when the latest node says the same; a pod is told once", async () => {
  const { made, decided } = desk(async () => nodeWith({ disk: "hdd" }));
  made.judge(picky());
  made.judge(picky());
  await made.settled();
  assert.deepEqual(decided, ["refuse web NodeAffinity"]);
});

test("a newer version that comes meanwhile is the one decided on; one deleted meanwhile is not", async () => {
  const { made, decided } = desk(async () => nodeWith({ disk: "ssd" }));
  made.judge(picky());
  made.judge(picky({ metadata: { name: "web", namespace: "default", uid: "u1", resourceVersion: "7" } }));
  made.judge(picky({ metadata: { name: "gone", namespace: "default", uid: "u2" } }));
  made.forget("u2");
  await made.settled();
  assert.deepEqual(decided, ["take web@7"]);
});

test("an API server out of reach is asked again, and a kubelet that ends decides nothing", async () => {
  let calls = 0;
  const answer = async () => {
    calls += 1;
    if (calls < 3) throw new Error("connection refused");
    return nodeWith({ disk: "ssd" });
  };
  const first = desk(answer);
  first.made.judge(picky());
  await first.clock.advance(2000);
  await first.made.settled();
  assert.deepEqual([first.decided, calls], [["take web@"], 3]);

  const second = desk(() => Promise.reject(new Error("connection refused")));
  second.made.judge(picky());
  second.life.abort();
  await second.made.settled();
  assert.deepEqual(second.decided, []);
});
