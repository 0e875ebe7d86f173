import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatefulSet, StatefulSetSpec } from "../../api/apps/v1/stateful-set.ts";
import { controllerRevisions, persistentVolumeClaims, pods, statefulSets } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { timeText } from "../shared/time.ts";
import { statefulSetController } from "./stateful-set-controller.ts";

function template(image: string) {
  return { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "c", image }] } } as unknown as StatefulSetSpec["template"];
}

async function scene(spec: Partial<StatefulSetSpec> = {}) {
  const all = controllerScene();
  const { api, clock } = all;
  api.put(statefulSets, {
    metadata: { name: "db", namespace: "default" },
    spec: { replicas: 3, serviceName: "db", selector: { matchLabels: { app: "db" } }, template: template("v1"), ...spec },
  });
  const set = () => api.all(statefulSets)[0]!;
  const edit = async (change: Partial<StatefulSetSpec>) => {
    await all.context.client.of(statefulSets).update({ ...set(), spec: { ...set().spec, ...change } } as StatefulSet);
    await all.settle();
  };
  const found = (name: string) => api.all(pods).find((pod) => pod.metadata.name === name);
  /** What kubelets do: pods become ready, those asked to end are gone. */
  const live = async (...unready: string[]) => {
    for (const pod of api.all(pods)) {
      if (pod.metadata.deletionTimestamp !== undefined) api.remove(pods, "default", pod.metadata.name);
      else if (pod.status?.phase === "Pending") {
        const status = unready.includes(pod.metadata.name) ? "False" : "True";
        const conditions = [{ type: "Ready", status, lastTransitionTime: timeText(clock.now()) }];
        api.put(pods, { ...pod, spec: { ...pod.spec, nodeName: "n" }, status: { phase: "Running", conditions } });
      }
    }
    await all.settle();
  };
  const converge = async () => {
    for (let revision = -1; revision !== api.revision; ) {
      revision = api.revision;
      await live();
    }
  };
  const where = () =>
    api
      .all(pods)
      .filter((pod) => pod.metadata.deletionTimestamp === undefined)
      .map((pod) => `${pod.metadata.name} ${pod.spec.containers[0]?.image}`)
      .sort();
  await all.start(statefulSetController);
  return { ...all, set, edit, found, live, converge, where };
}

test("pods come one after the other, each with its name, host name and claims", async () => {
  const volumeClaimTemplates = [{ metadata: { name: "data", uid: "" }, spec: {} }] as unknown as NonNullable<StatefulSetSpec["volumeClaimTemplates"]>;
  const { api, live, converge, where, found, set, end, events } = await scene({ volumeClaimTemplates });
  assert.deepEqual(where(), ["db-0 v1"]);
  await live("db-0");
  assert.deepEqual(where(), ["db-0 v1"], "the next one waits until it is ready");
  api.put(pods, { ...found("db-0")!, status: { phase: "Pending" } });
  await converge();
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1", "db-2 v1"]);
  const pod = found("db-1")!;
  assert.deepEqual(
    [pod.spec.hostname, pod.spec.subdomain, pod.spec.volumes],
    ["db-1", "db", [{ name: "data", persistentVolumeClaim: { claimName: "data-db-1" } }]],
  );
  assert.equal(pod.metadata.labels?.["apps.kubernetes.io/pod-index"], "1");
  assert.deepEqual(
    api.all(persistentVolumeClaims).map((claim) => claim.metadata.name),
    ["data-db-0", "data-db-1", "data-db-2"],
  );
  const { currentRevision, updateRevision, ...status } = set().status!;
  assert.deepEqual(status, { observedGeneration: 1, replicas: 3, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 3, availableReplicas: 3 });
  assert.equal(currentRevision, updateRevision);
  assert.equal(pod.metadata.labels?.["controller-revision-hash"], updateRevision);
  assert.ok(events.includes("SuccessfulCreate: create Pod db-0 in StatefulSet db successful"));
  await end();
});

test("scaling down goes from the highest, one at a time", async () => {
  const { converge, edit, live, where, end } = await scene();
  await converge();
  await edit({ replicas: 1 });
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1"]);
  await live();
  assert.deepEqual(where(), ["db-0 v1"]);
  await end();
});

test("scaling down halts at an unwell pod while lower ones are unwell too, and goes on at the lowest of them", async () => {
  const { api, edit, found, converge, where, settle, end } = await scene();
  await converge();
  const ready = async (name: string, status: "True" | "False") => {
    const pod = found(name)!;
    api.put(pods, { ...pod, status: { ...pod.status, conditions: pod.status?.conditions?.map((each) => ({ ...each, status })) } });
    await settle();
  };
  for (const name of ["db-0", "db-1", "db-2"]) await ready(name, "False");
  await edit({ replicas: 0 });
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1", "db-2 v1"], "db-2 is unwell, and not the lowest that is");
  await ready("db-2", "True");
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1"], "a pod that is well goes, whatever lower ones are like");
  api.remove(pods, "default", "db-2");
  await settle();
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1"], "db-1 is unwell, and not the lowest that is");
  await ready("db-0", "True");
  assert.deepEqual(where(), ["db-0 v1"], "db-1 is now the lowest that is unwell");
  await end();
});

test("parallel management waits for nobody", async () => {
  const { where, edit, end } = await scene({ podManagementPolicy: "Parallel" });
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1", "db-2 v1"]);
  await edit({ replicas: 0 });
  assert.deepEqual(where(), []);
  await end();
});

test("an update goes from the highest down and halts at one that does not become ready", async () => {
  const { api, converge, edit, live, where, set, end } = await scene();
  await converge();
  const before = set().status?.currentRevision;
  await edit({ template: template("v2") });
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1"]);
  await live();
  await live("db-2");
  await live("db-2");
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1", "db-2 v2"]);
  assert.deepEqual([set().status?.currentRevision, set().status?.updatedReplicas], [before, 1]);
  await edit({ template: template("v1") });
  await converge();
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1", "db-2 v2"], "as in Kubernetes a broken pod stays until a user deletes it");
  api.remove(pods, "default", "db-2");
  await converge();
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1", "db-2 v1"]);
  assert.deepEqual([set().status?.updateRevision, set().status?.currentRevision], [before, before], "the first revision is used again");
  await end();
});

test("a partition keeps the lower ones as they are, also when they are made anew", async () => {
  const { api, converge, edit, where, set, end } = await scene({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } });
  await converge();
  await edit({ template: template("v2") });
  await converge();
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1", "db-2 v2"]);
  api.remove(pods, "default", "db-0");
  await converge();
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1", "db-2 v2"]);
  await edit({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } } });
  await converge();
  assert.deepEqual(where(), ["db-0 v2", "db-1 v2", "db-2 v2"]);
  assert.equal(set().status?.currentRevision, set().status?.updateRevision);
  assert.equal(api.all(controllerRevisions).length, 2);
  await end();
});

test("a pod that failed is deleted and made again", async () => {
  const { api, converge, settle, found, where, events, end } = await scene({ replicas: 1 });
  await converge();
  const uid = found("db-0")!.metadata.uid;
  api.put(pods, { ...found("db-0")!, status: { phase: "Failed" } });
  await settle();
  await converge();
  assert.deepEqual(where(), ["db-0 v1"]);
  assert.notEqual(found("db-0")?.metadata.uid, uid);
  assert.ok(events.includes("RecreatingFailedPod: StatefulSet default/db is recreating failed Pod db-0"));
  await end();
});

test("OnDelete updates what users delete", async () => {
  const { api, converge, edit, where, end } = await scene({ updateStrategy: { type: "OnDelete" } });
  await converge();
  await edit({ template: template("v2") });
  await converge();
  assert.deepEqual(where(), ["db-0 v1", "db-1 v1", "db-2 v1"]);
  api.remove(pods, "default", "db-1");
  await converge();
  assert.deepEqual(where(), ["db-0 v1", "db-1 v2", "db-2 v1"]);
  await end();
});
