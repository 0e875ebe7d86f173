/** batch/v1 Job: the shell around `planJob`. */
import type { Job } from "../../api/batch/v1/job.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ComponentContext } from "../../client/component.ts";
import { isConflict, isNamespaceTerminating, isNotFound } from "../../client/errors.ts";
import type { Informer } from "../../client/informer.ts";
import { jobs, pods } from "../../client/resources.ts";
import type { Requeue } from "../../client/run-workers.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import { sameJson } from "../../machinery/json.ts";
import { objectKey } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { claim } from "../shared/claim.ts";
import { Expectations } from "../shared/expectations.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { claimablePods, watchOwnedPods } from "../shared/owned-pods.ts";
import { controllerIndex, controllerOf, controllerReference } from "../shared/owners.ts";
import { createPod, deletePod } from "../shared/pod-control.ts";
import { matcherOf } from "../shared/selector.ts";
import { slowStart } from "../shared/slow-start.ts";
import { isTracked, jobPod, trackingFinalizer } from "./job-pod.ts";
import { type FailureRecord, isFinished, type JobPlan, planJob } from "./plan.ts";

/** Jobs with another value in spec.managedBy belong to someone else (KEP-4368). */
const managerName = "kubernetes.io/job-controller";

export const jobController: Controller = {
  name: "job-controller",
  account: "job-controller",
  run: (context) => new JobLoop(context).run(),
};

class JobLoop {
  readonly #context: ComponentContext;
  readonly #jobs: Informer<Job>;
  readonly #pods: Informer<Pod>;
  readonly #queue: WorkQueue;
  /** Pods whose Job has gone, with the finalizer that it would have taken off. */
  readonly #orphans: WorkQueue;
  readonly #expectations: Expectations;
  readonly #records = new Map<string, FailureRecord>();

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#jobs = context.informers.informer(jobs);
    this.#pods = context.informers.informer(pods);
    this.#queue = createQueue(context);
    this.#orphans = createQueue(context);
    this.#expectations = new Expectations(context.clock);
  }

  run(): Promise<void> {
    const enqueue = (job: Job) => this.#queue.add(objectKey(job));
    this.#jobs.addHandler({ add: enqueue, update: enqueue, delete: (job) => this.#jobDeleted(job) });
    watchOwnedPods({
      pods: this.#pods,
      owners: this.#jobs,
      resource: jobs,
      matches: (job) => matcherOf(job.spec.selector),
      queue: this.#queue,
      expectations: this.#expectations,
    });
    const checkOrphan = (pod: Pod) => {
      if (this.#isOrphan(pod)) this.#orphans.add(objectKey(pod));
    };
    this.#pods.addHandler({ add: checkOrphan, update: checkOrphan });
    return runLoop(
      this.#context,
      { queue: this.#queue, reconcile: (key) => this.#reconcile(key) },
      { queue: this.#orphans, reconcile: (key) => this.#releaseOrphan(key) },
    );
  }

  #jobDeleted(job: Job): void {
    const key = objectKey(job);
    this.#expectations.forget(key);
    this.#records.delete(key);
    for (const pod of this.#pods.byIndex(controllerIndex, job.metadata.uid)) if (isTracked(pod)) this.#orphans.add(objectKey(pod));
  }

  #isOrphan(pod: Pod): boolean {
    if (!isTracked(pod) || !this.#jobs.synced) return false;
    const reference = controllerOf(pod);
    if (reference === undefined) return !this.#mayBeAdopted(pod);
    return reference.kind === "Job" && this.#jobs.get(`${pod.metadata.namespace ?? ""}/${reference.name}`)?.metadata.uid !== reference.uid;
  }

  /** Adoption wants the finalizer that release would take. */
  #mayBeAdopted(pod: Pod): boolean {
    return [...this.#jobs.inNamespace(pod.metadata.namespace ?? "")].some((job) => matcherOf(job.spec.selector)(pod.metadata.labels));
  }

  /** The cache may lag behind: a Job that exists after all keeps its pods. */
  async #releaseOrphan(key: string): Promise<undefined> {
    const pod = this.#pods.get(key);
    if (pod === undefined || !this.#isOrphan(pod)) return undefined;
    const reference = controllerOf(pod);
    if (reference !== undefined) {
      const job = await this.#context.client
        .of(jobs)
        .in(pod.metadata.namespace ?? "")
        .find(reference.name);
      if (job?.metadata.uid === reference.uid) return undefined;
    }
    await this.#release(pod);
    return undefined;
  }

  async #reconcile(key: string): Promise<Requeue | undefined> {
    const job = this.#jobs.get(key);
    if (job === undefined || (job.spec.managedBy ?? managerName) !== managerName) return undefined;
    if (isFinished(job)) {
      this.#records.delete(key);
      await this.#releaseAll(job);
      return undefined;
    }
    // Asked before the pods are listed: what arrives in between is then seen, not expected.
    const mayManage = this.#expectations.satisfied(key);
    const owned = await this.#claim(job);
    const record = this.#records.get(key) ?? { failures: 0, lastMs: 0 };
    const plan = planJob({ job, pods: owned, mayManage, record, nowMs: this.#context.clock.now() });
    const { missing, failure } = await this.#managePods(key, job, plan);
    await this.#writeStatus(job, plan, missing);
    this.#records.set(key, plan.record);
    for (const event of plan.events) this.#context.events.event(job, event.type, event.reason, event.message);
    await Promise.all(plan.release.map((pod) => this.#release(pod)));
    if (failure !== undefined) throw failure;
    return plan.againMs === undefined ? undefined : { afterMs: plan.againMs };
  }

  /** Pods counted while the Job was finishing in another process. */
  async #releaseAll(job: Job): Promise<void> {
    for (const pod of [...this.#pods.byIndex(controllerIndex, job.metadata.uid)]) if (isTracked(pod)) await this.#release(pod);
  }

  #claim(job: Job): Promise<Pod[]> {
    const { client } = this.#context;
    const namespace = job.metadata.namespace ?? "";
    return claim({
      owner: job,
      reference: controllerReference(job, jobs),
      matches: matcherOf(job.spec.selector),
      candidates: claimablePods(this.#pods, job),
      owners: client.of(jobs).in(namespace),
      objects: client.of(pods).in(namespace),
      finalizer: trackingFinalizer,
    });
  }

  /** `missing`: how many pods were not created, less those not deleted. */
  async #managePods(key: string, job: Job, plan: JobPlan): Promise<{ missing: number; failure: unknown }> {
    if (plan.create.length + plan.delete.length === 0) return { missing: 0, failure: undefined };
    this.#expectations.expect(
      key,
      plan.create.length,
      plan.delete.map((pod) => pod.metadata.uid),
    );
    const deletions = await Promise.allSettled(plan.delete.map((pod) => this.#delete(key, job, pod)));
    const created = await slowStart(plan.create.length, async (index) => {
      await createPod(this.#context, job, jobPod(job, plan.create[index]!));
    });
    const failed = plan.create.length - created.succeeded;
    this.#expectations.creationObserved(key, failed);
    const kept = deletions.filter((result) => result.status === "rejected");
    const failure = kept[0]?.reason ?? (isNamespaceTerminating(created.error) ? undefined : created.error);
    return { missing: failed - kept.length, failure };
  }

  async #delete(key: string, job: Job, pod: Pod): Promise<void> {
    let deleted = false;
    try {
      deleted = await deletePod(this.#context, job, pod);
    } finally {
      if (!deleted) this.#expectations.deletionObserved(key, pod.metadata.uid);
    }
  }

  async #writeStatus(job: Job, plan: JobPlan, missing: number): Promise<void> {
    const { active: _, ...rest } = plan.status;
    const active = plan.active - missing;
    const status = active === 0 ? rest : { ...rest, active };
    if (sameJson(status, job.status)) return;
    try {
      await this.#context.client.of(jobs).updateStatus({ ...job, status });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #release(pod: Pod): Promise<void> {
    const { name, uid, namespace = "" } = pod.metadata;
    const patch = { metadata: { uid, "$deleteFromPrimitiveList/finalizers": [trackingFinalizer] } };
    try {
      await this.#context.client.of(pods).in(namespace).patch(name, patch, { type: "strategic" });
    } catch (error) {
      // Gone, or another by the same name: there is no finalizer left to take off.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}
