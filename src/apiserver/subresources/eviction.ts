/** pods/eviction: a deletion that disruption budgets may put off (k8s.io/kubernetes pkg/registry/core/pod/storage). */
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import { type Eviction, eviction as evictionSchema } from "../../api/policy/v1/eviction.ts";
import { type PodDisruptionBudget, podDisruptionBudgets } from "../../api/policy/v1/pod-disruption-budget.ts";
import { withCondition } from "../../machinery/conditions.ts";
import type { DeleteOptions } from "../../machinery/meta.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { selectorOf } from "../../machinery/selectors/label-selector.ts";
import { matchesLabels } from "../../machinery/selectors/labels.ts";
import { badRequest, forbidden, notFound, StatusError } from "../../machinery/status.ts";
import { timeText } from "../../machinery/time.ts";
import type { ObjectRequest, ServerServices, SubresourceHandler } from "../contract.ts";
import { checkPreconditions } from "../registry/delete.ts";
import { checkDeleteOptions } from "../write-options.ts";
import { success } from "./success.ts";

/** Evictions that the disruption controller has not confirmed yet; more mean that it is not running. */
const maxDisruptedPods = 2000;
const stillProcessedRetrySeconds = 10;
/** Of an eviction whose pod changes whenever it is looked at. */
const maxAttempts = 20;

export function evictionHandler(services: ServerServices): SubresourceHandler {
  return {
    definition: pods,
    subresource: "eviction",
    kind: { group: "policy", version: "v1", kind: "Eviction" },
    alsoAccepts: ["policy/v1beta1"],
    verbs: ["create"],
    body: evictionSchema,
    handle: (request) => evict(services, request),
  };
}

async function evict(services: ServerServices, request: ObjectRequest): Promise<KubeObject> {
  const { namespace, name } = request.info;
  const eviction = request.body as Eviction | undefined;
  if (eviction === undefined) throw badRequest("the request has no body");
  if ((eviction.metadata.name ?? "") !== name) throw badRequest("name in URL does not match name in Eviction object");
  const options = eviction.deleteOptions ?? {};
  const dryRun = isDryRun(request, eviction.deleteOptions);
  for (let left = maxAttempts - 1; ; left--) {
    const pod = await services.reader.getFresh(pods, namespace, name);
    if (pod === undefined) throw notFound({ group: "", resource: "pods" }, name);
    checkDeleteOptions(options);
    // A pod that is not the one meant costs the budget nothing.
    checkPreconditions(pods, options.preconditions === undefined ? {} : { preconditions: options.preconditions }, pod);
    const permitted = await permit(services, request, pod, dryRun);
    try {
      await remove(services, request, pod, options, permitted !== "whatever", dryRun);
      return success();
    } catch (error) {
      if (permitted === "whatever" || !isConflict(error) || options.preconditions?.resourceVersion !== undefined) throw error;
      if (permitted.budget !== undefined) throw stillProcessed(permitted.budget);
      // It has changed meanwhile: what it is now may be another matter.
      if (left === 0) throw error;
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.code === 409;
}

/** What may go: the pod whatever becomes of it, or only the version that was found to cost its budget, if it has one, nothing. */
type Permit = "whatever" | { readonly budget?: string };

/** Throws 429 when the pod's budget has nothing to spend. */
async function permit(services: ServerServices, request: ObjectRequest, pod: Pod, dryRun: boolean): Promise<Permit> {
  if (isOver(pod)) return "whatever";
  // It might be serving by the time that it goes.
  if (pod.status?.phase === "Pending") return {};
  const budget = budgetOf(services, pod);
  if (budget === undefined) return "whatever";
  if (isFreeOf(budget, pod)) return { budget: budget.metadata.name };
  await spend(services, request, budget, pod.metadata.name, dryRun);
  return "whatever";
}

/** The query and the body may both ask for it, if they agree. */
function isDryRun({ dryRun }: ObjectRequest, options: DeleteOptions | undefined): boolean {
  const asked = options?.dryRun ?? [];
  if (dryRun && asked.some((value) => value !== "All")) {
    throw badRequest(`Non-matching dry-run options in request and content: [All] and [${asked.join(" ")}]`);
  }
  return dryRun || asked.length > 0;
}

/** Its going disrupts nobody any more. */
function isOver({ status, metadata }: Pod): boolean {
  return ["Succeeded", "Failed"].includes(status?.phase ?? "") || metadata.deletionTimestamp !== undefined;
}

function budgetOf(services: ServerServices, pod: Pod): PodDisruptionBudget | undefined {
  const matching: PodDisruptionBudget[] = [];
  for (const budget of services.reader.list(podDisruptionBudgets, pod.metadata.namespace)) {
    if (matchesLabels(selectorOf(budget.spec.selector), pod.metadata.labels)) matching.push(budget);
  }
  if (matching.length <= 1) return matching[0];
  const message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
  throw new StatusError({ code: 500, reason: "", message });
}

/** A pod that is not ready does not count as healthy, so its going costs the budget nothing (unless the budget is short). */
function isFreeOf({ spec, status }: PodDisruptionBudget, pod: Pod): boolean {
  if (pod.status?.conditions?.some(({ type, status: state }) => type === "Ready" && state === "True") === true) return false;
  if (spec.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const desired = status?.desiredHealthy ?? 0;
  return (status?.currentHealthy ?? 0) >= desired && desired > 0;
}

/** Takes one disruption from the budget; throws 429 when there is none. */
async function spend(services: ServerServices, { user }: ObjectRequest, { metadata }: PodDisruptionBudget, podName: string, dryRun: boolean): Promise<void> {
  await services.writer.modify(
    podDisruptionBudgets,
    metadata.namespace ?? "",
    metadata.name,
    (budget) => {
      decrement(budget, podName, services.clock.now());
      return true;
    },
    { user, subresource: "status", dryRun },
  );
}

function decrement(budget: PodDisruptionBudget, podName: string, now: number): void {
  const { name, generation } = budget.metadata;
  const status = budget.status ?? { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  const gr = { group: "policy", resource: "poddisruptionbudget" };
  if (Number(status.observedGeneration ?? 0) < Number(generation ?? 0)) {
    throw stillProcessed(name);
  }
  const allowed = status.disruptionsAllowed ?? 0;
  if (allowed < 0) throw forbidden(gr, name, "pdb disruptions allowed is negative");
  if (Object.keys(status.disruptedPods ?? {}).length > maxDisruptedPods) {
    throw forbidden(gr, name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  }
  if (allowed === 0) {
    const failed = status.conditions?.find(({ type, reason }) => type === "DisruptionAllowed" && reason === "SyncFailed");
    if (failed !== undefined) {
      throw tooMany(`The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${failed.message ?? ""}`, 0);
    }
    throw tooMany(`The disruption budget ${name} needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`, 0);
  }
  const at = timeText(now);
  const spent = { ...status, disruptionsAllowed: allowed - 1, disruptedPods: { ...status.disruptedPods, [podName]: at } };
  const observedGeneration = Number(status.observedGeneration ?? 0);
  const used = { type: "DisruptionAllowed", status: "False", reason: "InsufficientPods", message: "", observedGeneration, lastTransitionTime: at };
  // Who waits for the condition need not wait for the disruption controller to find that the last one has been used.
  budget.status = allowed > 1 ? spent : { ...spent, conditions: withCondition(status.conditions, used, at) };
}

function stillProcessed(budget: string): StatusError {
  return tooMany(`The disruption budget ${budget} is still being processed by the server.`, stillProcessedRetrySeconds);
}

function tooMany(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError({
    code: 429,
    reason: "TooManyRequests",
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: "DisruptionBudget", message }], ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }) },
  });
}

/** `asFound`: only if the pod is as it was read. */
async function remove(services: ServerServices, { user }: ObjectRequest, pod: Pod, options: DeleteOptions, asFound: boolean, dryRun: boolean): Promise<void> {
  const { gracePeriodSeconds, orphanDependents, propagationPolicy } = options;
  const { name, namespace = "", uid } = pod.metadata;
  const resourceVersion = options.preconditions?.resourceVersion ?? (asFound ? pod.metadata.resourceVersion : undefined);
  await services.writer.delete(pods, namespace, name, {
    user,
    dryRun,
    preconditions: { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy: propagationPolicy as "Background" | "Foreground" | "Orphan" }),
  });
}
