import assert from "node:assert/strict";
import { test } from "node:test";
import { leases, nodes, pods } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { testNode, testPod, testStart } from "../shared/test-objects.ts";
import { nodeLifecycleController } from "./node-lifecycle-controller.ts";
import { taintEvictionController } from "./taint-eviction-controller.ts";

async function scene() {
  const all = controllerScene();
  const { api } = all;
  for (const name of ["n1", "n2"]) api.put(nodes, testNode(name));
  const renew = (name: string) =>
    api.put(leases, { metadata: { name, namespace: "kube-node-lease" }, spec: { renewTime: new Date(all.clock.now()).toISOString() } });
  /** Time passes while these nodes report by their leases. */
  const pass = async (ms: number, ...alive: string[]) => {
    for (let left = ms; left > 0; left -= 5000) {
      for (const name of alive) renew(name);
      await all.settle(Math.min(5000, left));
    }
  };
  const node = (name: string) => api.all(nodes).find((item) => item.metadata.name === name)!;
  const taints = (name: string) => (node(name).spec.taints ?? []).map(({ key, effect }) => `${key.replace("node.kubernetes.io/", "")}:${effect}`);
  const ready = (name: string) => node(name).status?.conditions?.find((item) => item.type === "Ready");
  return { ...all, pass, taints, ready, node };
}

test("a node that falls silent is Unknown after 40 s, tainted, and its pods are no longer ready", async () => {
  const { api, start, pass, taints, ready, end, events } = await scene();
  api.put(pods, testPod("p", { node: "n2", readySinceMs: testStart }));
  await start(nodeLifecycleController());
  await pass(35_000, "n1", "n2");
  await pass(35_000, "n1");
  assert.equal(ready("n2")?.status, "True");
  await pass(15_000, "n1");
  assert.deepEqual([ready("n2")?.status, ready("n2")?.reason, ready("n2")?.message], ["Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."]);
  assert.deepEqual(taints("n2"), ["unreachable:NoSchedule", "unreachable:NoExecute"]);
  assert.deepEqual([ready("n1")?.status, taints("n1")], ["True", []]);
  assert.equal(api.all(pods)[0]?.status?.conditions?.[0]?.status, "False");
  assert.ok(events.includes("NodeNotReady: Node is not ready"));
  api.put(nodes, testNode("n2"));
  await pass(10_000, "n1", "n2");
  assert.deepEqual(taints("n2"), []);
  await end();
});

test("when every node falls silent nobody is evicted: it may be us who are cut off", async () => {
  const { start, pass, taints, end } = await scene();
  await start(nodeLifecycleController());
  await pass(120_000);
  assert.deepEqual([taints("n1"), taints("n2")].flat().filter((taint) => taint.endsWith("NoExecute")).length < 2, true);
  assert.ok(taints("n1").includes("unreachable:NoSchedule"));
  await end();
});

test("pods leave a tainted node when their toleration runs out, and stay when the taint goes first", async () => {
  const { api, start, settle, node, events, end } = await scene();
  const tolerant = (name: string, seconds: number) => {
    const pod = testPod(name, { node: "n1" });
    return { ...pod, spec: { ...pod.spec, tolerations: [{ key: "k", operator: "Exists", effect: "NoExecute", tolerationSeconds: seconds }] } };
  };
  for (const pod of [tolerant("short", 5), tolerant("long", 25), testPod("none", { node: "n1" }), testPod("elsewhere", { node: "n2" })]) api.put(pods, pod);
  const staying = () =>
    api
      .all(pods)
      .filter((pod) => pod.metadata.deletionTimestamp === undefined)
      .map((pod) => pod.metadata.name);
  await start(taintEvictionController);
  const clean = node("n1");
  api.put(nodes, { ...clean, spec: { taints: [{ key: "k", effect: "NoExecute" }] } });
  await settle(1000);
  assert.deepEqual(staying(), ["short", "long", "elsewhere"]);
  await settle(5000);
  assert.deepEqual(staying(), ["long", "elsewhere"]);
  const gone = api.all(pods).find((pod) => pod.metadata.name === "short");
  assert.deepEqual(
    gone?.status?.conditions?.map(({ type, status, reason }) => [type, status, reason]),
    [["DisruptionTarget", "True", "DeletionByTaintManager"]],
  );
  api.put(nodes, clean);
  await settle(60_000);
  assert.deepEqual(staying(), ["long", "elsewhere"]);
  assert.ok(events.includes("TaintManagerEviction: Cancelling deletion of Pod default/long"));
  await end();
});
