import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, DeploymentSpec } from "../../api/apps/v1/deployment.ts";
import { deployments, pods, replicaSets } from "../../client/resources.ts";
import { StatusError } from "../../machinery/status.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { replicaSetController } from "../replicas/replica-set.ts";
import { revisionAnnotation } from "./annotations.ts";
import { deploymentController } from "./deployment-controller.ts";
import { hashLabel } from "./replica-sets.ts";

function template(image: string) {
  return { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image }] } } as unknown as DeploymentSpec["template"];
}

async function scene(spec: Partial<DeploymentSpec> = {}) {
  const all = controllerScene();
  const { api } = all;
  const get = () => api.all(deployments)[0]!;
  const base = { replicas: 3, selector: { matchLabels: { app: "web" } }, template: template("v1"), progressDeadlineSeconds: 600, revisionHistoryLimit: 10 };
  api.put(deployments, { metadata: { name: "web", namespace: "default" }, spec: { ...base, ...spec } });
  const edit = async (change: Partial<DeploymentSpec>) => {
    const old = get();
    await all.context.client.of(deployments).update({ ...old, spec: { ...old.spec, ...change } } as Deployment);
    await all.settle();
  };
  /** Lets pods become ready until nothing changes any more. */
  const converge = async () => {
    for (let revision = -1; revision !== api.revision; ) {
      revision = api.revision;
      await all.runPods({ assign: "n1" });
      await finishTerminating();
    }
  };
  const finishTerminating = async () => {
    for (const pod of api.all(pods)) if (pod.metadata.deletionTimestamp !== undefined) api.remove(pods, "default", pod.metadata.name);
    await all.settle();
  };
  const sizes = () => Object.fromEntries(api.all(replicaSets).map((set) => [set.spec.template?.spec?.containers[0]?.image, set.spec.replicas]));
  const condition = (type: string) => get().status?.conditions?.find((item) => item.type === type);
  await all.start(deploymentController, replicaSetController);
  return { ...all, get, edit, converge, finishTerminating, sizes, condition };
}

test("a new deployment makes a replica set named by its template's hash, and is complete when its pods are", async () => {
  const { api, get, converge, condition, events, end } = await scene();
  const [set] = api.all(replicaSets);
  const hash = set!.metadata.labels![hashLabel]!;
  assert.equal(set!.metadata.name, `web-${hash}`);
  assert.equal(set!.spec.selector.matchLabels![hashLabel], hash);
  assert.deepEqual(set!.metadata.annotations, {
    "deployment.kubernetes.io/desired-replicas": "3",
    "deployment.kubernetes.io/max-replicas": "4",
    "deployment.kubernetes.io/revision": "1",
  });
  assert.ok(events.includes(`ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 3`));
  assert.equal(condition("Available")?.reason, "MinimumReplicasUnavailable");
  assert.match(condition("Progressing")?.reason ?? "", /NewReplicaSetCreated|ReplicaSetUpdated/);
  await converge();
  const { conditions: _, ...status } = get().status!;
  assert.deepEqual(status, { observedGeneration: 1, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, terminatingReplicas: 0 });
  assert.deepEqual([condition("Available")?.status, condition("Progressing")?.reason], ["True", "NewReplicaSetAvailable"]);
  assert.equal(condition("Progressing")?.message, `ReplicaSet "web-${hash}" has successfully progressed.`);
  assert.equal(get().metadata.annotations?.[revisionAnnotation], "1");
  await end();
});

test("a rolling update never falls below its minimum nor rises above its surge", async () => {
  const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
  const { api, edit, converge, sizes, runPods, finishTerminating, get, end } = await scene({ strategy: { type: "RollingUpdate", rollingUpdate } });
  await converge();
  await edit({ template: template("v2") });
  assert.deepEqual(sizes(), { v1: 3, v2: 1 });
  for (let i = 0; i < 10; i++) {
    const live = api.all(pods).filter((pod) => pod.metadata.deletionTimestamp === undefined);
    const ready = live.filter((pod) => pod.status?.phase === "Running");
    assert.ok(live.length <= 4 && ready.length >= 3, `${live.length} pods, ${ready.length} ready`);
    await runPods({ assign: "n1" });
    await finishTerminating();
  }
  assert.deepEqual(sizes(), { v1: 0, v2: 3 });
  assert.equal(get().metadata.annotations?.[revisionAnnotation], "2");
  await end();
});

test("recreate waits for the last old pod before the first new one", async () => {
  const { api, edit, converge, sizes, settle, finishTerminating, end } = await scene({ strategy: { type: "Recreate" } });
  await converge();
  await edit({ template: template("v2") });
  await settle(1000);
  assert.deepEqual(sizes(), { v1: 0 });
  assert.equal(api.all(pods).length, 3, "old pods are still going");
  await finishTerminating();
  assert.deepEqual(sizes(), { v1: 0, v2: 3 });
  await end();
});

test("going back to an old template takes its replica set up again, at a new revision", async () => {
  const { api, edit, converge, get, sizes, end } = await scene();
  await converge();
  await edit({ template: template("v2") });
  await converge();
  await edit({ template: template("v1") });
  await converge();
  assert.deepEqual(sizes(), { v1: 3, v2: 0 });
  const first = api.all(replicaSets).find((set) => set.spec.template?.spec?.containers[0]?.image === "v1");
  assert.equal(first?.metadata.annotations?.[revisionAnnotation], "3");
  assert.equal(first?.metadata.annotations?.["deployment.kubernetes.io/revision-history"], "1");
  assert.equal(get().metadata.annotations?.[revisionAnnotation], "3");
  await end();
});

test("a rollover abandons the rollout in between; history keeps to its limit", async () => {
  const { edit, converge, sizes, end } = await scene({ revisionHistoryLimit: 0 });
  await converge();
  await edit({ template: template("v2") });
  await edit({ template: template("v3") });
  await converge();
  assert.deepEqual(sizes(), { v3: 3 });
  await end();
});

test("scaling in the middle of a stuck rollout keeps the proportions", async () => {
  const rollingUpdate = { maxSurge: 3, maxUnavailable: 2 };
  const { edit, converge, sizes, settle, end } = await scene({ replicas: 10, strategy: { type: "RollingUpdate", rollingUpdate } });
  await converge();
  await edit({ template: template("v2") });
  await settle(2000);
  assert.deepEqual(sizes(), { v1: 8, v2: 5 });
  await edit({ replicas: 30 });
  await settle(2000);
  assert.deepEqual(sizes(), { v1: 20, v2: 13 });
  await end();
});

test("paused: no rollout, but scaling; resumed: the rollout goes on", async () => {
  const { edit, converge, sizes, condition, end } = await scene({ paused: false });
  await converge();
  await edit({ paused: true, template: template("v2") });
  assert.deepEqual(sizes(), { v1: 3 });
  assert.deepEqual([condition("Progressing")?.status, condition("Progressing")?.reason], ["Unknown", "DeploymentPaused"]);
  await edit({ replicas: 5 });
  assert.deepEqual(sizes(), { v1: 5 });
  await edit({ paused: false });
  await converge();
  assert.deepEqual(sizes(), { v1: 0, v2: 5 });
  assert.equal(condition("Progressing")?.reason, "NewReplicaSetAvailable");
  await end();
});

test("a rollout without progress is reported after the deadline, though nothing happens", async () => {
  const { settle, condition, get, end } = await scene({ progressDeadlineSeconds: 60 });
  await settle(55_000);
  assert.equal(condition("Progressing")?.status, "True");
  await settle(10_000);
  const { status, reason, message } = condition("Progressing")!;
  assert.deepEqual([status, reason], ["False", "ProgressDeadlineExceeded"]);
  assert.match(message ?? "", /^ReplicaSet "web-.*" has timed out progressing\.$/);
  assert.equal(get().status?.unavailableReplicas, 3);
  await end();
});

test("a bare replica set that matches is adopted, and its revision counted on, beyond what a JSON number holds", async () => {
  const all = controllerScene();
  all.api.put(replicaSets, {
    metadata: { name: "bare", namespace: "default", labels: { app: "web" }, annotations: { [revisionAnnotation]: "3546343826724305832" } },
    spec: { replicas: 1, selector: { matchLabels: { app: "web" } }, template: template("old") },
  });
  all.api.put(deployments, {
    metadata: { name: "web", namespace: "default" },
    spec: { replicas: 1, selector: { matchLabels: { app: "web" } }, template: template("v1") },
  });
  await all.start(deploymentController, replicaSetController);
  assert.equal(all.api.all(deployments)[0]!.metadata.annotations?.[revisionAnnotation], "3546343826724305833");
  assert.equal(all.api.all(replicaSets).find((set) => set.metadata.name === "bare")?.metadata.ownerReferences?.[0]?.name, "web");
  await all.end();
});

test("another replica set of the same name makes the next hash another", async () => {
  const { api, get, end } = await scene();
  const name = api.all(replicaSets)[0]!.metadata.name;
  await end();
  const again = controllerScene();
  again.api.put(replicaSets, {
    metadata: { name, namespace: "default" },
    spec: { replicas: 0, selector: { matchLabels: { other: "x" } }, template: template("x") },
  });
  again.api.put(deployments, get());
  again.api.put(deployments, { ...get(), status: {} });
  await again.start(deploymentController);
  await again.settle(100);
  assert.equal(again.api.all(deployments)[0]!.status?.collisionCount, 1);
  assert.equal(again.api.all(replicaSets).length, 2);
  await again.end();
});

test("a replica set that cannot be created is reported in a condition and an event", async () => {
  const all = controllerScene();
  all.api.intercept = ({ verb, resource }) => {
    if (verb === "create" && resource === "replicasets") throw new StatusError({ code: 403, reason: "Forbidden", message: "no more" });
  };
  all.api.put(deployments, {
    metadata: { name: "web", namespace: "default" },
    spec: { replicas: 1, selector: { matchLabels: { app: "web" } }, template: template("v1"), progressDeadlineSeconds: 600 },
  });
  await all.start(deploymentController);
  const progressing = all.api.all(deployments)[0]!.status?.conditions?.[0];
  assert.deepEqual([progressing?.reason, progressing?.status], ["ReplicaSetCreateError", "False"]);
  assert.match(all.events[0] ?? "", /^ReplicaSetCreateError: Failed to create new replica set "web-.*": no more$/);
  await all.end();
});
