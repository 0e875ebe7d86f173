import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobSpec } from "../../api/batch/v1/common.ts";
import type { Job } from "../../api/batch/v1/job.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { jobs, pods } from "../../client/resources.ts";
import { StatusError } from "../../machinery/status.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { timeText } from "../shared/time.ts";
import { jobController } from "./job-controller.ts";
import { indexAnnotation, trackingFinalizer } from "./job-pod.ts";

async function scene(spec: Partial<JobSpec> = {}) {
  const all = controllerScene();
  const { api, clock } = all;
  const selector = { matchLabels: { job: "j" } };
  const template = { metadata: { labels: { job: "j" } }, spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } };
  api.put(jobs, { metadata: { name: "j", namespace: "default" }, spec: { parallelism: 1, completions: 1, backoffLimit: 6, selector, template, ...spec } });
  const job = () => api.all(jobs)[0]!;
  const live = () =>
    api.all(pods).filter((pod) => pod.metadata.deletionTimestamp === undefined && (pod.status?.phase === "Pending" || pod.status?.phase === "Running"));
  const indexOf = (pod: Pod) => pod.metadata.annotations?.[indexAnnotation];
  const finish = (pod: Pod, phase: "Succeeded" | "Failed", exitCode = phase === "Failed" ? 1 : 0) => {
    const terminated = { exitCode, finishedAt: timeText(clock.now()) };
    const containerStatuses = [{ name: "c", ready: false, restartCount: 0, image: "i", imageID: "", state: { terminated } }];
    api.put(pods, { ...pod, status: { ...pod.status, phase, containerStatuses } });
  };
  const condition = (type: string) => job().status?.conditions?.find((item) => item.type === type && item.status === "True");
  const edit = async (change: Partial<JobSpec>) => {
    await all.context.client.of(jobs).update({ ...job(), spec: { ...job().spec, ...change } } as Job);
    await all.settle();
  };
  await all.start(jobController);
  return { ...all, job, live, indexOf, finish, condition, edit };
}

test("a job runs its pods a few at a time, counts each once, and is complete when enough succeeded", async () => {
  const { api, settle, job, live, finish, condition, events, end } = await scene({ completions: 4, parallelism: 2 });
  assert.deepEqual([live().length, job().status?.active, job().status?.startTime], [2, 2, "2026-01-01T00:00:00Z"]);
  assert.deepEqual(live()[0]?.metadata.finalizers, [trackingFinalizer]);
  for (let round = 0; round < 2; round++) {
    for (const pod of live()) finish(pod, "Succeeded");
    await settle();
  }
  const { conditions, ...status } = job().status!;
  assert.deepEqual(status, {
    startTime: "2026-01-01T00:00:00Z",
    completionTime: conditions?.[1]?.lastTransitionTime,
    succeeded: 4,
    uncountedTerminatedPods: {},
    ready: 0,
    terminating: 0,
  });
  assert.deepEqual(
    conditions?.map((item) => [item.type, item.status, item.reason]),
    [
      ["SuccessCriteriaMet", "True", "CompletionsReached"],
      ["Complete", "True", "CompletionsReached"],
    ],
  );
  assert.equal(condition("Complete")?.message, "Reached expected number of succeeded pods");
  assert.ok(events.includes("Completed: Job completed"));
  assert.ok(api.all(pods).every((pod) => (pod.metadata.finalizers ?? []).length === 0));
  await end();
});

test("failed pods are replaced after a growing pause; beyond the limit the job fails, and its other pods with it", async () => {
  const { settle, job, live, finish, condition, events, end } = await scene({ completions: 3, parallelism: 2, backoffLimit: 1 });
  finish(live()[0]!, "Failed");
  await settle(1000);
  assert.equal(live().length, 1, "it pauses");
  await settle(10_000);
  assert.equal(live().length, 2);
  finish(live()[0]!, "Failed");
  await settle(1000);
  assert.equal(condition("Failed")?.reason, "BackoffLimitExceeded");
  assert.equal(condition("Failed")?.message, "Job has reached the specified backoff limit");
  assert.deepEqual([live().length, job().status?.failed, job().status?.active], [0, 3, undefined]);
  assert.ok(events.includes("BackoffLimitExceeded: Job has reached the specified backoff limit"));
  await end();
});

test("no pod is counted twice, however the steps of counting are interrupted", async () => {
  const { api, settle, job, live, finish, end } = await scene({ completions: 5, parallelism: 5 });
  let broken = 0;
  api.intercept = ({ verb, subresource, resource }) => {
    const mine = (verb === "update" && subresource === "status") || (verb === "patch" && resource === "pods");
    if (mine && broken++ % 3 !== 2) throw new StatusError({ code: 500, reason: "InternalError", message: "broken" });
  };
  for (const pod of live()) finish(pod, "Succeeded");
  await settle(60_000);
  assert.equal(job().status?.succeeded, 5);
  assert.deepEqual(job().status?.uncountedTerminatedPods, {});
  await end();
});

test("a job of no completions is done when one succeeded and the others have ended", async () => {
  const { settle, live, finish, condition, job, end } = await scene({ completions: undefined as never, parallelism: 3 });
  assert.equal(live().length, 3);
  finish(live()[0]!, "Succeeded");
  await settle();
  assert.deepEqual([live().length, condition("Complete")], [2, undefined]);
  for (const pod of live()) finish(pod, "Succeeded");
  await settle();
  assert.deepEqual([condition("Complete")?.status, job().status?.succeeded], ["True", 3]);
  await end();
});

test("suspending deletes the pods, resuming makes them again and counts time anew", async () => {
  const { settle, clock, live, job, edit, events, end } = await scene({ parallelism: 2, completions: 2, suspend: true });
  assert.deepEqual([live().length, job().status?.startTime, job().status?.conditions?.[0]?.reason], [0, undefined, "JobSuspended"]);
  await settle(5000);
  await edit({ suspend: false });
  assert.equal(live().length, 2);
  assert.equal(job().status?.startTime, timeText(clock.now()));
  await edit({ suspend: true });
  assert.equal(live().length, 0);
  assert.deepEqual(
    events.filter((event) => event.startsWith("Suspended") || event.startsWith("Resumed")),
    ["Suspended: Job suspended", "Resumed: Job resumed", "Suspended: Job suspended"],
  );
  await end();
});

test("past its deadline a job fails and its pods go", async () => {
  const { settle, live, condition, end } = await scene({ activeDeadlineSeconds: 30 });
  await settle(29_000);
  assert.equal(live().length, 1);
  await settle(3_000);
  assert.deepEqual(
    [live().length, condition("Failed")?.reason, condition("Failed")?.message],
    [0, "DeadlineExceeded", "Job was active longer than specified deadline"],
  );
  await end();
});

test("an indexed job has one pod an index, and tells which are completed", async () => {
  const { settle, live, finish, indexOf, job, condition, end } = await scene({ completionMode: "Indexed", completions: 4, parallelism: 3 });
  assert.deepEqual(live().map(indexOf).sort(), ["0", "1", "2"]);
  const pod = live().find((item) => indexOf(item) === "1")!;
  assert.equal(pod.spec.hostname, "j-1");
  assert.match(pod.metadata.name, /^j-1-/);
  assert.equal(pod.spec.containers[0]?.env?.[0]?.name, "JOB_COMPLETION_INDEX");
  finish(pod, "Succeeded");
  await settle();
  assert.deepEqual([live().map(indexOf).sort(), job().status?.completedIndexes], [["0", "2", "3"], "1"]);
  for (const item of live()) finish(item, "Succeeded");
  await settle();
  assert.deepEqual([job().status?.completedIndexes, job().status?.succeeded, condition("Complete")?.status], ["0-3", 4, "True"]);
  await end();
});

test("with a limit per index the others go on, and failures of an index outlive its pods", async () => {
  const { settle, live, finish, indexOf, job, condition, end } = await scene({
    completionMode: "Indexed",
    completions: 4,
    parallelism: 4,
    backoffLimit: 2 ** 31 - 1,
    backoffLimitPerIndex: 1,
  });
  for (let round = 0; round < 6; round++) {
    for (const pod of live()) finish(pod, Number(indexOf(pod)) % 2 === 1 ? "Failed" : "Succeeded");
    await settle(30_000);
  }
  assert.deepEqual([job().status?.failedIndexes, job().status?.completedIndexes, job().status?.failed, job().status?.succeeded], ["1,3", "0,2", 4, 2]);
  assert.deepEqual([condition("Failed")?.reason, condition("Failed")?.message], ["FailedIndexes", "Job has failed indexes"]);
  await end();
});

test("more failed indexes than allowed end the job", async () => {
  const { settle, live, finish, job, condition, end } = await scene({
    completionMode: "Indexed",
    completions: 4,
    parallelism: 1,
    backoffLimitPerIndex: 0,
    maxFailedIndexes: 0,
  });
  finish(live()[0]!, "Failed");
  await settle(1000);
  assert.deepEqual([job().status?.failedIndexes, job().status?.failed, condition("Failed")?.reason], ["0", 1, "MaxFailedIndexesExceeded"]);
  await end();
});

test("FailIndex fails the index at once", async () => {
  const rules = [{ action: "FailIndex", onExitCodes: { operator: "In", values: [1] } }];
  const { settle, live, finish, indexOf, job, end } = await scene({
    completionMode: "Indexed",
    completions: 2,
    parallelism: 2,
    backoffLimitPerIndex: 1,
    podFailurePolicy: { rules },
  });
  for (const pod of live()) finish(pod, indexOf(pod) === "1" ? "Failed" : "Succeeded");
  await settle(60_000);
  const { failedIndexes, completedIndexes, failed, succeeded } = job().status!;
  assert.deepEqual([failedIndexes, completedIndexes, failed, succeeded], ["1", "0", 1, 1]);
  await end();
});

test("a success policy that is met ends the job, once the pods left have gone", async () => {
  const { api, settle, live, finish, indexOf, job, condition, end } = await scene({
    completionMode: "Indexed",
    completions: 3,
    parallelism: 3,
    successPolicy: { rules: [{ succeededIndexes: "0" }] },
  });
  for (const pod of live()) api.put(pods, { ...pod, spec: { ...pod.spec, nodeName: "n" }, status: { phase: "Running" } });
  await settle();
  finish(live().find((pod) => indexOf(pod) === "0")!, "Succeeded");
  await settle(1000);
  assert.deepEqual([condition("SuccessCriteriaMet")?.reason, condition("Complete"), job().status?.terminating], ["SuccessPolicy", undefined, 2]);
  for (const pod of api.all(pods)) if (pod.metadata.deletionTimestamp !== undefined) api.remove(pods, "default", pod.metadata.name);
  await settle(1000);
  assert.deepEqual(
    [condition("Complete")?.reason, job().status?.completedIndexes, job().status?.terminating, job().status?.active],
    ["SuccessPolicy", "0", 0, undefined],
  );
  await end();
});

test("failures that a rule ignores neither count nor end the job", async () => {
  const rules = [{ action: "Ignore", onExitCodes: { operator: "In", values: [7] } }];
  const { settle, live, finish, job, end } = await scene({ backoffLimit: 0, podFailurePolicy: { rules } });
  finish(live()[0]!, "Failed", 7);
  await settle(30_000);
  assert.deepEqual([live().length, job().status?.failed], [1, undefined]);
  await end();
});

test("an orphan that matches is adopted with its finalizer, a pod whose label goes is released without it", async () => {
  const { api, settle, live, job, end } = await scene();
  const pod = live()[0]!;
  api.put(pods, { ...pod, metadata: { ...pod.metadata, ownerReferences: [] } });
  await settle();
  assert.equal(api.all(pods)[0]?.metadata.ownerReferences?.[0]?.uid, job().metadata.uid);
  assert.deepEqual(api.all(pods)[0]?.metadata.finalizers, [trackingFinalizer]);
  const { labels: _, ...metadata } = api.all(pods)[0]!.metadata;
  api.put(pods, { ...api.all(pods)[0]!, metadata });
  await settle();
  const released = api.all(pods).find((item) => item.metadata.uid === pod.metadata.uid)!;
  assert.deepEqual([released.metadata.ownerReferences ?? [], released.metadata.finalizers ?? []], [[], []]);
  await end();
});

test("pods whose job has gone lose the finalizer that only the job would take off", async () => {
  const { api, settle, end } = await scene();
  api.remove(jobs, "default", "j");
  await settle();
  assert.deepEqual(api.all(pods)[0]?.metadata.finalizers ?? [], []);
  await end();
});
