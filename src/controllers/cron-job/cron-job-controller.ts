/** batch/v1 CronJob: the shell around `planCronJob`. */
import type { CronJob, CronJobStatus } from "../../api/batch/v1/cron-job.ts";
import type { Job } from "../../api/batch/v1/job.ts";
import type { ComponentContext } from "../../client/component.ts";
import { errorText, isAlreadyExists, isNamespaceTerminating, isNotFound } from "../../client/errors.ts";
import { cronJobs, jobs } from "../../client/resources.ts";
import type { Requeue } from "../../client/run-workers.ts";
import { sameJson } from "../../machinery/json.ts";
import { type Draft, objectKey } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { watchOwned } from "../shared/owned-objects.ts";
import { controllerIndex, isControlledBy } from "../shared/owners.ts";
import { timeText } from "../shared/time.ts";
import { type CronPlan, planCronJob } from "./plan.ts";

export const cronJobController: Controller = {
  name: "cronjob-controller",
  account: "cronjob-controller",
  run: (context) => {
    const known = context.informers.informer(cronJobs);
    const owned = context.informers.informer(jobs);
    const queue = createQueue(context);
    const enqueue = (object: CronJob) => queue.add(objectKey(object));
    known.addHandler({ add: enqueue, update: enqueue });
    watchOwned({ objects: owned, owners: known, resource: cronJobs, queue });
    const reconcile = async (key: string) => {
      const cronJob = known.get(key);
      if (cronJob === undefined) return undefined;
      const plan = planCronJob({ cronJob, jobs: [...owned.byIndex(controllerIndex, cronJob.metadata.uid)], nowMs: context.clock.now() });
      return perform(context, cronJob, plan);
    };
    return runLoop(context, { queue, reconcile });
  },
};

async function perform(context: ComponentContext, cronJob: CronJob, plan: CronPlan): Promise<Requeue | undefined> {
  for (const event of plan.events) context.events.event(cronJob, event.type, event.reason, event.message);
  for (const job of plan.delete) await deleteJob(context, cronJob, job);
  const status = plan.create === undefined ? plan.status : await start(context, cronJob, plan.status, plan.create);
  if (!sameJson(status, cronJob.status ?? {})) await context.client.of(cronJobs).updateStatus({ ...cronJob, status });
  return plan.againMs === undefined ? undefined : { afterMs: plan.againMs };
}

async function start(
  context: ComponentContext,
  cronJob: CronJob,
  status: CronJobStatus,
  { draft, scheduledMs }: CronPlan["create"] & object,
): Promise<CronJobStatus> {
  const job = await createJob(context, cronJob, draft);
  if (job === undefined) return status;
  const reference = {
    kind: "Job",
    namespace: job.metadata.namespace ?? "",
    name: job.metadata.name,
    uid: job.metadata.uid,
    apiVersion: "batch/v1",
    resourceVersion: job.metadata.resourceVersion ?? "",
  };
  const listed = (status.active ?? []).some((item) => item.uid === reference.uid);
  const finished = job.status?.conditions?.some((item) => (item.type === "Complete" || item.type === "Failed") && item.status === "True") === true;
  const active = listed || finished ? status.active : [...(status.active ?? []), reference];
  return { ...status, ...(active === undefined ? {} : { active }), lastScheduleTime: timeText(scheduledMs) };
}

/** undefined: nothing can be created here. A Job of the same name is ours from before a crash, or nothing of ours. */
async function createJob(context: ComponentContext, cronJob: CronJob, draft: Draft<Job>): Promise<Job | undefined> {
  const client = context.client.of(jobs).in(cronJob.metadata.namespace ?? "");
  try {
    const job = await client.create(draft);
    context.events.event(cronJob, "Normal", "SuccessfulCreate", `Created job ${job.metadata.name}`);
    return job;
  } catch (error) {
    if (isNamespaceTerminating(error)) return undefined;
    if (isAlreadyExists(error)) {
      const known = await client.find(draft.metadata.name ?? "");
      if (known !== undefined && isControlledBy(known, cronJob)) return known;
    }
    context.events.event(cronJob, "Warning", "FailedCreate", `Error creating job: ${errorText(error)}`);
    throw error;
  }
}

async function deleteJob(context: ComponentContext, cronJob: CronJob, job: Job): Promise<void> {
  const { name, uid, namespace = "" } = job.metadata;
  try {
    await context.client.of(jobs).in(namespace).delete(name, { propagationPolicy: "Background", preconditions: { uid } });
  } catch (error) {
    if (isNotFound(error)) return;
    context.events.event(cronJob, "Warning", "FailedDelete", `Deleted job: ${errorText(error)}`);
    throw error;
  }
  context.events.event(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${name}`);
}
