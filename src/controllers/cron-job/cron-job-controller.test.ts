import assert from "node:assert/strict";
import { test } from "node:test";
import type { CronJobSpec } from "../../api/batch/v1/cron-job.ts";
import type { Job } from "../../api/batch/v1/job.ts";
import { cronJobs, jobs } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { timeText } from "../shared/time.ts";
import { cronJobController } from "./cron-job-controller.ts";

const minute = 60_000;

async function scene(spec: Partial<CronJobSpec> = {}) {
  const all = controllerScene();
  const { api, clock } = all;
  const jobTemplate = { metadata: { labels: { a: "b" } }, spec: { template: {} } };
  api.put(cronJobs, {
    metadata: { name: "tick", namespace: "default" },
    spec: { schedule: "*/1 * * * ?", concurrencyPolicy: "Allow", successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1, jobTemplate, ...spec },
  });
  const finish = async (job: Job, type = "Complete") => {
    const now = timeText(clock.now());
    api.put(jobs, { ...job, status: { startTime: now, completionTime: now, conditions: [{ type, status: "True", lastTransitionTime: now }] } });
    await all.settle();
  };
  const active = () => (api.all(cronJobs)[0]?.status?.active ?? []).map((reference) => reference.name);
  await all.start(cronJobController);
  await all.settle(200);
  return { ...all, finish, active, cron: () => api.all(cronJobs)[0]!, all: () => api.all(jobs) };
}

test("a job is started at each time, named by it, and listed while it runs", async () => {
  const { settle, all, active, cron, finish, events, end } = await scene();
  assert.equal(all().length, 0);
  await settle(2 * minute);
  assert.equal(all().length, 2);
  const [job] = all();
  assert.equal(job?.metadata.name, `tick-${Date.UTC(2026, 0, 1, 0, 1) / minute}`);
  assert.equal(job?.metadata.annotations?.["batch.kubernetes.io/cronjob-scheduled-timestamp"], "2026-01-01T00:01:00Z");
  assert.deepEqual([job?.metadata.ownerReferences?.[0]?.kind, job?.metadata.labels], ["CronJob", { a: "b" }]);
  assert.deepEqual(
    active(),
    all().map((item) => item.metadata.name),
  );
  assert.equal(cron().status?.lastScheduleTime, "2026-01-01T00:02:00Z");
  await finish(job!);
  assert.deepEqual(active(), [all()[1]?.metadata.name]);
  assert.equal(cron().status?.lastSuccessfulTime, "2026-01-01T00:02:00Z");
  assert.ok(events.includes(`SawCompletedJob: Saw completed job: ${job?.metadata.name}, condition: Complete`));
  await end();
});

test("Forbid waits for the job that runs", async () => {
  const { settle, all, finish, end, events } = await scene({ concurrencyPolicy: "Forbid" });
  await settle(3 * minute);
  assert.equal(all().length, 1);
  assert.ok(events.some((event) => event.startsWith("JobAlreadyActive: ")));
  await finish(all()[0]!);
  await settle(minute);
  assert.equal(all().length, 2);
  await end();
});

test("Replace deletes the job that runs before it starts the next", async () => {
  const { api, settle, all, active, end } = await scene({ concurrencyPolicy: "Replace" });
  await settle(minute);
  const first = all()[0]!.metadata.name;
  const mark = api.requests.length;
  await settle(minute);
  assert.equal(all().length, 1);
  assert.deepEqual(active(), [all()[0]!.metadata.name]);
  assert.notEqual(all()[0]!.metadata.name, first);
  const verbs = api.requests
    .slice(mark)
    .filter((request) => request.resource === "jobs" && request.verb !== "watch")
    .map((request) => request.verb);
  assert.deepEqual(verbs, ["delete", "create"]);
  await end();
});

test("suspended, nothing starts; resumed, only the latest missed time counts", async () => {
  const { api, settle, all, cron, end } = await scene({ suspend: true });
  await settle(5 * minute);
  assert.equal(all().length, 0);
  api.put(cronJobs, { ...cron(), spec: { ...cron().spec, suspend: false } });
  await settle();
  assert.deepEqual(
    all().map((job) => job.metadata.annotations?.["batch.kubernetes.io/cronjob-scheduled-timestamp"]),
    ["2026-01-01T00:05:00Z"],
  );
  await end();
});

test("of finished jobs only the newest are kept", async () => {
  const { settle, all, finish, end } = await scene({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 });
  for (const type of ["Complete", "Failed", "Complete", "Complete"]) {
    await settle(minute);
    await finish(all().at(-1)!, type);
  }
  assert.equal(all().length, 1);
  await end();
});

test("what cannot be read is told, and nothing starts", async () => {
  const { settle, all, events, end } = await scene({ timeZone: "Mars/Olympus" });
  await settle(2 * minute);
  assert.equal(all().length, 0);
  assert.match(events[0] ?? "", /^UnknownTimeZone: invalid timeZone: "Mars\/Olympus"/);
  await end();
});

test("a cron job that slept for a year starts once, at the last time", async () => {
  const { api, settle, all, cron, events, end } = await scene({ suspend: true });
  api.put(cronJobs, { ...cron(), metadata: { ...cron().metadata, creationTimestamp: "2025-01-01T00:00:00Z" }, spec: { ...cron().spec, suspend: false } });
  await settle();
  assert.deepEqual(
    all().map((job) => job.metadata.annotations?.["batch.kubernetes.io/cronjob-scheduled-timestamp"]),
    ["2026-01-01T00:00:00Z"],
  );
  assert.match(events[0] ?? "", /^TooManyMissedTimes/);
  await end();
});
