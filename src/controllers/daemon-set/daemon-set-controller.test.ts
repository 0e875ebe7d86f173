import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DaemonSet, DaemonSetSpec } from "../../api/apps/v1/daemon-set.ts";
import type { Taint } from "../../api/core/v1/node.ts";
import { controllerRevisions, daemonSets, nodes, pods } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { revisionData } from "../shared/history.ts";
import { testNode } from "../shared/test-objects.ts";
import { timeText } from "../shared/time.ts";
import { judgeNode, targetNode } from "./daemon-pod.ts";
import { daemonSetController } from "./daemon-set-controller.ts";

function template(image: string, more: object = {}) {
  return { metadata: { labels: { app: "d" } }, spec: { containers: [{ name: "c", image }], ...more } } as unknown as DaemonSetSpec["template"];
}

function daemonSet(spec: Partial<DaemonSetSpec> = {}): DaemonSet {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "d", namespace: "default", uid: "uid-d" },
    spec: { selector: { matchLabels: { app: "d" } }, template: template("v1"), ...spec },
  };
}

describe("which nodes run a daemon pod, and which may keep one", () => {
  const taint = (effect: string, key = "k"): Taint => ({ key, effect });
  const rows: [string, object, object, string][] = [
    ["any node", {}, {}, "run stay"],
    ["a node selector that matches", { nodeSelector: { color: "blue" } }, { labels: { color: "blue" } }, "run stay"],
    ["a node selector that does not", { nodeSelector: { color: "blue" } }, {}, ""],
    ["another node by name", { nodeName: "other" }, {}, ""],
    ["NoSchedule not tolerated: what runs may stay", {}, { spec: { taints: [taint("NoSchedule")] } }, "stay"],
    ["NoExecute not tolerated", {}, { spec: { taints: [taint("NoExecute")] } }, ""],
    ["PreferNoSchedule is no obstacle", {}, { spec: { taints: [taint("PreferNoSchedule")] } }, "run stay"],
    ["tolerated", { tolerations: [{ operator: "Exists" }] }, { spec: { taints: [taint("NoExecute")] } }, "run stay"],
    ["a node out of order keeps its daemons", {}, { spec: { taints: [taint("NoExecute", "node.kubernetes.io/not-ready")] } }, "run stay"],
    ["a cordoned node too", {}, { spec: { taints: [taint("NoSchedule", "node.kubernetes.io/unschedulable")] } }, "run stay"],
    ["no network: only pods of the host network", {}, { spec: { taints: [taint("NoSchedule", "node.kubernetes.io/network-unavailable")] } }, "stay"],
    [
      "no network: pods of the host network",
      { hostNetwork: true },
      { spec: { taints: [taint("NoSchedule", "node.kubernetes.io/network-unavailable")] } },
      "run stay",
    ],
  ];
  for (const [name, podSpec, node, expected] of rows) {
    test(name, () => {
      const { shouldRun, mayStay } = judgeNode(daemonSet({ template: template("v1", podSpec) }), testNode("n1", node));
      assert.equal([shouldRun ? "run" : "", mayStay ? "stay" : ""].filter((word) => word !== "").join(" "), expected);
    });
  }
});

test("a revision's data is what Go writes: sorted, resources always there, zero values left out", () => {
  const data = revisionData({
    spec: { hostNetwork: false, containers: [{ name: "c", image: "i", env: [], stdin: false }], terminationGracePeriodSeconds: 1 },
  } as never);
  assert.equal(
    JSON.stringify(data),
    '{"spec":{"template":{"$patch":"replace","metadata":{},"spec":{"containers":[{"image":"i","name":"c","resources":{}}],"terminationGracePeriodSeconds":1}}}}',
  );
});

async function scene(spec: Partial<DaemonSetSpec> = {}, nodeNames = ["n1", "n2", "n3"]) {
  const all = controllerScene();
  const { api } = all;
  for (const name of nodeNames) api.put(nodes, testNode(name));
  api.put(daemonSets, { ...daemonSet(spec), status: undefined });
  const edit = async (change: Partial<DaemonSetSpec>) => {
    const old = api.all(daemonSets)[0]!;
    await all.context.client.of(daemonSets).update({ ...old, spec: { ...old.spec, ...change } });
    await all.settle();
  };
  /** Binds and runs pods, and lets those end that were asked to. */
  const live = async () => {
    for (const pod of api.all(pods)) {
      if (pod.metadata.deletionTimestamp !== undefined) api.remove(pods, "default", pod.metadata.name);
      else if (pod.status?.phase === "Pending") {
        const conditions = [{ type: "Ready", status: "True", lastTransitionTime: timeText(all.clock.now()) }];
        api.put(pods, { ...pod, spec: { ...pod.spec, nodeName: targetNode(pod)! }, status: { phase: "Running", conditions } });
      }
    }
    await all.settle();
  };
  const where = () =>
    api
      .all(pods)
      .filter((pod) => pod.metadata.deletionTimestamp === undefined)
      .map((pod) => `${targetNode(pod)} ${pod.spec.containers[0]?.image}`)
      .sort();
  const status = () => api.all(daemonSets)[0]!.status!;
  await all.start(daemonSetController);
  await live();
  return { ...all, edit, live, where, status };
}

test("every node gets one pod; a new node, a lost pod, a failed pod and a node that no longer fits are seen to", async () => {
  const { api, settle, live, where, status, edit, events, end } = await scene();
  assert.deepEqual(where(), ["n1 v1", "n2 v1", "n3 v1"]);
  assert.deepEqual(status(), {
    currentNumberScheduled: 3,
    numberMisscheduled: 0,
    desiredNumberScheduled: 3,
    numberReady: 3,
    numberAvailable: 3,
    updatedNumberScheduled: 3,
    observedGeneration: 1,
  });
  api.put(nodes, testNode("n4"));
  api.remove(pods, "default", api.all(pods)[0]!.metadata.name);
  await settle();
  assert.deepEqual(where(), ["n1 v1", "n2 v1", "n3 v1", "n4 v1"]);
  await live();
  const failed = api.all(pods)[0]!;
  api.put(pods, { ...failed, status: { phase: "Failed" } });
  await settle();
  await live();
  assert.equal(where().length, 4);
  assert.ok(events.some((event) => event.startsWith(`FailedDaemonPod: Found failed daemon pod default/${failed.metadata.name} on node`)));
  await edit({ template: template("v1", { nodeSelector: { color: "blue" } }) });
  assert.deepEqual(where(), []);
  assert.equal(status().desiredNumberScheduled, 0);
  await live();
  api.put(nodes, testNode("n2", { labels: { color: "blue" } }));
  await settle();
  assert.deepEqual(where(), ["n2 v1"]);
  await end();
});

test("a rolling update takes one node at a time, and going back reuses the first revision under a new number", async () => {
  const { api, edit, live, where, status, end } = await scene();
  await edit({ template: template("v2") });
  assert.deepEqual(where(), ["n2 v1", "n3 v1"].sort());
  for (let i = 0; i < 12; i++) {
    const running = api.all(pods).filter((pod) => pod.metadata.deletionTimestamp === undefined && pod.status?.phase === "Running");
    assert.ok(running.length >= 2, `${running.length} running`);
    await live();
  }
  assert.deepEqual(where(), ["n1 v2", "n2 v2", "n3 v2"]);
  assert.equal(status().updatedNumberScheduled, 3);
  await edit({ template: template("v1") });
  const revisions = api.all(controllerRevisions).map((revision) => revision.revision);
  assert.deepEqual(revisions.sort(), [2, 3]);
  await end();
});

test("with surge the new pod is there before the old one goes", async () => {
  const { api, edit, live, where, end } = await scene({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  await edit({ template: template("v2") });
  assert.equal(where().length, 4);
  for (let i = 0; i < 12; i++) {
    const running = api.all(pods).filter((pod) => pod.metadata.deletionTimestamp === undefined && pod.status?.phase === "Running");
    assert.ok(running.length >= 3, `${running.length} running`);
    await live();
  }
  assert.deepEqual(where(), ["n1 v2", "n2 v2", "n3 v2"]);
  await end();
});

test("rolling back from a broken image leaves the pods alone that never changed", async () => {
  const { api, edit, settle, where, live, end } = await scene();
  const untouched = new Set(api.all(pods).map((pod) => pod.metadata.uid));
  await edit({ template: template("broken") });
  for (const pod of api.all(pods)) if (pod.metadata.deletionTimestamp !== undefined) api.remove(pods, "default", pod.metadata.name);
  await settle();
  assert.deepEqual(where(), ["n1 broken", "n2 v1", "n3 v1"]);
  await edit({ template: template("v1") });
  await live();
  await live();
  assert.deepEqual(where(), ["n1 v1", "n2 v1", "n3 v1"]);
  assert.equal(api.all(pods).filter((pod) => untouched.has(pod.metadata.uid)).length, 2);
  await end();
});

test("OnDelete waits for users; old revisions go beyond the limit", async () => {
  const { api, edit, live, where, end } = await scene({ updateStrategy: { type: "OnDelete" }, revisionHistoryLimit: 1 });
  for (const image of ["v2", "v3", "v4"]) await edit({ template: template(image) });
  await live();
  assert.deepEqual(where(), ["n1 v1", "n2 v1", "n3 v1"]);
  assert.equal(api.all(controllerRevisions).length, 3, "the running one, the current one and one more");
  await end();
});
