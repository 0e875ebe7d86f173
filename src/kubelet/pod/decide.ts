/**
 * What a pod needs next, from what it should be and what the runtime holds. Pure: the worker runs the effects, learns
 * what came of them and asks again, so no effect here has to look further than one step ahead.
 */
import type { Container } from "../../api/core/v1/container.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { effectiveResources } from "../container/resources.ts";
import { type BackOffEntry, goSeconds, restartBackOff, retryAtMs } from "./back-off.ts";
import { deadlineMs, type PodLifecycle } from "./lifecycle.ts";
import { type ContainerRecord, latestContainer, type PodRuntime, readySandbox, runningContainers, type SandboxRecord } from "./runtime-state.ts";
import {
  type AnyContainer,
  containerHash,
  ephemeralContainers,
  gracePeriodSeconds,
  initContainers,
  isSidecar,
  podText,
  restartsAfter,
  sidecars,
} from "./spec.ts";

export type ContainerRole = "init" | "main" | "ephemeral";

export type Effect =
  | { readonly type: "setUpVolumes" }
  | { readonly type: "createSandbox"; readonly attempt: number }
  /** Stops what is left of a dead sandbox before a new one takes its place, or the last one of a pod that ends. */
  | { readonly type: "stopSandbox"; readonly id: string }
  | { readonly type: "startContainer"; readonly name: string; readonly role: ContainerRole; readonly attempt: number }
  | { readonly type: "killContainer"; readonly record: ContainerRecord; readonly graceSeconds: number; readonly message: string }
  /** New requests or limits that do not need a restart (KEP-1287). */
  | { readonly type: "resizeContainer"; readonly record: ContainerRecord; readonly container: Container }
  /** The pod's own cgroup is to bound what its containers have come to, and what the pod asks for as a whole (KEP-5419). */
  | { readonly type: "resizePod" }
  /** Volumes, cgroup and the like are released: nothing of the pod runs any more. */
  | { readonly type: "cleanUp" };

export interface Waiting {
  readonly reason: string;
  readonly message: string;
}

/** A start that failed, and when it may be tried again. */
export interface StartFailure extends Waiting {
  readonly retryAtMs: number;
}

export type VolumesState =
  | { readonly state: "absent" }
  | { readonly state: "pending" }
  | { readonly state: "ready" }
  | { readonly state: "failed"; readonly retryAtMs: number }
  | { readonly state: "removed" };

export interface PodObservation {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly lifecycle: PodLifecycle;
  readonly volumes: VolumesState;
  /** Name of the container that is being started, "" for the sandbox: one at a time, in the order of the spec. */
  readonly starting: string | undefined;
  readonly stoppingSandbox: boolean;
  /** Container ids being stopped, with the time by which they will have been killed. */
  readonly killing: ReadonlyMap<string, number>;
  /** Container ids whose resources are being changed. */
  readonly resizing: ReadonlySet<string>;
  /** Whether the pod's cgroup is what the pod is allocated; `changing` while it is being made so. */
  readonly cgroup: "current" | "stale" | "changing";
  /** By container name. */
  readonly backOff: ReadonlyMap<string, BackOffEntry>;
  /** By container name; "" holds the sandbox's. */
  readonly failures: ReadonlyMap<string, StartFailure>;
  /** Container ids whose liveness or startup probe has failed for good, and which. */
  readonly unhealthy: ReadonlyMap<string, "liveness" | "startup">;
  /** Container ids whose startup probe has passed, or that have none and run. */
  readonly started: ReadonlySet<string>;
  readonly nowMs: number;
}

export interface Decision {
  readonly effects: readonly Effect[];
  /** Containers that wait for a reason the runtime does not know of. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  /** Ask again then, even if nothing happens. */
  readonly wakeAtMs: number | undefined;
}

export function decidePod(observed: PodObservation): Decision {
  const plan = new Plan(observed);
  switch (observed.lifecycle.phase) {
    case "running":
      keepRunning(plan);
      break;
    case "terminating":
      stopAll(plan);
      break;
    case "terminated":
      if (observed.volumes.state !== "removed") plan.add({ type: "cleanUp" });
      break;
    case "finished":
      break;
  }
  return plan.decision();
}

class Plan {
  readonly observed: PodObservation;
  readonly #effects: Effect[] = [];
  readonly #waiting = new Map<string, Waiting>();
  #wakeAtMs: number | undefined;

  constructor(observed: PodObservation) {
    this.observed = observed;
  }

  add(effect: Effect): void {
    this.#effects.push(effect);
  }

  wait(name: string, waiting: Waiting): void {
    this.#waiting.set(name, waiting);
  }

  wakeAt(ms: number): void {
    if (this.#wakeAtMs === undefined || ms < this.#wakeAtMs) this.#wakeAtMs = ms;
  }

  kill(record: ContainerRecord, message: string, graceSeconds: number): void {
    const { killing, nowMs } = this.observed;
    const deadline = killing.get(record.id);
    // A second, shorter deletion overtakes a stop under way.
    if (deadline !== undefined && nowMs + graceSeconds * 1000 >= deadline - 1000) return;
    this.add({ type: "killContainer", record, graceSeconds, message });
  }

  decision(): Decision {
    return { effects: this.#effects, waiting: this.#waiting, wakeAtMs: this.#wakeAtMs };
  }
}

function keepRunning(plan: Plan): void {
  const { pod, runtime, volumes, nowMs } = plan.observed;
  const deadline = deadlineMs(pod);
  if (deadline !== undefined) plan.wakeAt(deadline);
  if (volumes.state === "absent") plan.add({ type: "setUpVolumes" });
  if (volumes.state === "failed") {
    if (volumes.retryAtMs <= nowMs) plan.add({ type: "setUpVolumes" });
    else plan.wakeAt(volumes.retryAtMs);
  }
  const sandbox = readySandbox(runtime);
  if (sandbox === undefined) renewSandbox(plan);
  else keepContainers(plan, sandbox);
}

function renewSandbox(plan: Plan): void {
  const { pod, runtime, starting, stoppingSandbox, failures, nowMs } = plan.observed;
  for (const record of runningContainers(runtime)) plan.kill(record, `Stopping container ${record.name}`, gracePeriodSeconds(pod));
  const dead = runtime.sandboxes[0];
  // A pod whose containers must not run again needs no new sandbox; `hasCompleted` will end it.
  if (dead !== undefined && !needsSandboxAgain(pod, runtime)) return;
  if (starting !== undefined || stoppingSandbox || runningContainers(runtime).length > 0) return;
  const failure = failures.get("");
  if (failure !== undefined && failure.retryAtMs > nowMs) plan.wakeAt(failure.retryAtMs);
  else plan.add({ type: "createSandbox", attempt: dead === undefined ? 0 : dead.attempt + 1 });
}

function needsSandboxAgain(pod: Pod, runtime: PodRuntime): boolean {
  return pod.spec.containers.some((container) => {
    const record = latestContainer(runtime, container.name);
    return record === undefined || record.state !== "exited" || restartsAfter(pod, container, record, false);
  });
}

function keepContainers(plan: Plan, sandbox: SandboxRecord): void {
  const { pod } = plan.observed;
  const here = new InSandbox(plan, sandbox);
  const initialized = keepInitContainers(here);
  if (initialized) for (const container of pod.spec.containers) here.keep(container, "main");
  for (const container of ephemeralContainers(pod)) if (here.record(container.name) === undefined) here.start(container, "ephemeral");
  resizePod(plan);
}

/** Once no container is left to resize: a cgroup cannot be smaller than what is below it, and was made room in before. */
function resizePod(plan: Plan): void {
  const { pod, runtime, cgroup, resizing } = plan.observed;
  if (cgroup === "stale" && resizing.size === 0 && !containersResize(pod, runtime)) plan.add({ type: "resizePod" });
}

/** True once the main containers may run. Records of earlier sandboxes do not count: a new sandbox initialises anew. */
function keepInitContainers(here: InSandbox): boolean {
  const { pod } = here.plan.observed;
  const alreadyInitialized = pod.spec.containers.some((container) => here.record(container.name) !== undefined);
  for (const container of initContainers(pod)) {
    if (isSidecar(container)) here.keep(container, "init");
    if (alreadyInitialized) continue;
    if (!isDone(here, container)) {
      if (!isSidecar(container)) here.keep(container, "init");
      else if (here.frontierBeyond(container)) continue;
      return false;
    }
  }
  return true;
}

function isDone(here: InSandbox, container: Container): boolean {
  const record = here.record(container.name);
  if (record === undefined) return false;
  if (isSidecar(container)) return record.state === "running" && here.plan.observed.started.has(record.id);
  return record.state === "exited" && record.exitCode === 0;
}

class InSandbox {
  readonly plan: Plan;
  readonly #sandbox: SandboxRecord;
  /** Containers start one after the other: later ones wait for the one that starts or is about to. */
  #startTaken: boolean;

  constructor(plan: Plan, sandbox: SandboxRecord) {
    this.plan = plan;
    this.#sandbox = sandbox;
    this.#startTaken = plan.observed.starting !== undefined;
  }

  record(name: string): ContainerRecord | undefined {
    const record = latestContainer(this.plan.observed.runtime, name);
    return record?.sandboxId === this.#sandbox.id ? record : undefined;
  }

  /** An init container after this one has begun: a sidecar that restarts does not hold it up. */
  frontierBeyond(container: Container): boolean {
    const all = initContainers(this.plan.observed.pod);
    return all.slice(all.indexOf(container) + 1).some((later) => this.record(later.name) !== undefined);
  }

  keep(container: Container, role: "init" | "main"): void {
    if (this.plan.observed.starting === container.name) return;
    const record = this.record(container.name);
    if (record === undefined || record.state === "created") this.start(container, role);
    else if (record.state === "exited") this.#afterExit(container, role, record);
    else if (record.state === "unknown") this.plan.kill(record, `Container ${container.name} is in an unknown state, try killing it before restart`, 30);
    else this.#whileRunning(container, record);
  }

  #whileRunning(container: Container, record: ContainerRecord): void {
    const { pod, unhealthy } = this.plan.observed;
    if (record.hash !== containerHash(container)) {
      this.plan.kill(record, `Container ${container.name} definition changed, will be restarted`, gracePeriodSeconds(pod));
      return;
    }
    const failed = unhealthy.get(record.id);
    if (failed === undefined) {
      this.#resize(container, record);
      return;
    }
    const probe = failed === "liveness" ? container.livenessProbe : container.startupProbe;
    const grace = probe?.terminationGracePeriodSeconds ?? gracePeriodSeconds(pod);
    const again = restartsAfter(pod, container, { exitCode: 137 }, false) ? ", will be restarted" : "";
    this.plan.kill(record, `Container ${container.name} failed ${failed} probe${again}`, grace);
  }

  #resize(container: Container, record: ContainerRecord): void {
    const changed = changedResources(record.applied, effectiveResources(this.plan.observed.pod, container));
    if (record.applied === undefined || changed.length === 0 || this.plan.observed.killing.has(record.id)) return;
    const restart = (container.resizePolicy ?? []).some(
      ({ resourceName, restartPolicy }) => restartPolicy === "RestartContainer" && changed.includes(resourceName),
    );
    if (restart) this.plan.kill(record, `Container ${container.name} resize requires restart`, gracePeriodSeconds(this.plan.observed.pod));
    else if (!this.plan.observed.resizing.has(record.id)) this.plan.add({ type: "resizeContainer", record, container });
  }

  #afterExit(container: Container, role: "init" | "main", record: ContainerRecord): void {
    const { pod, backOff, nowMs } = this.plan.observed;
    const changed = record.hash !== containerHash(container);
    if (!changed && !restartsAfter(pod, container, record, role === "init")) return;
    const entry = backOff.get(container.name);
    const at = retryAtMs(entry, record.finishedAtMs, restartBackOff);
    if (entry === undefined || changed || at <= nowMs) {
      this.start(container, role);
      return;
    }
    this.plan.wait(container.name, {
      reason: "CrashLoopBackOff",
      message: `back-off ${goSeconds(entry.delayMs)} restarting failed container=${container.name} pod=${podText(pod)}`,
    });
    this.plan.wakeAt(at);
  }

  start(container: AnyContainer, role: ContainerRole): void {
    const { failures, volumes, nowMs, runtime, pod, starting } = this.plan.observed;
    if (starting === container.name) return;
    const failure = failures.get(container.name);
    if (failure !== undefined) this.plan.wait(container.name, failure);
    if (volumes.state !== "ready") return;
    if (failure !== undefined && failure.retryAtMs > nowMs) this.plan.wakeAt(failure.retryAtMs);
    else if (!this.#startTaken) {
      this.#startTaken = true;
      this.plan.add({ type: "startContainer", name: container.name, role, attempt: nextAttempt(pod, runtime, container.name) });
    }
  }
}

/** Some running container has not been given what the pod is allocated. */
export function containersResize(pod: Pod, runtime: PodRuntime): boolean {
  return [...initContainers(pod), ...pod.spec.containers].some((container) => {
    const record = latestContainer(runtime, container.name);
    return record?.state === "running" && record.applied !== undefined && changedResources(record.applied, effectiveResources(pod, container)).length > 0;
  });
}

/** Names of resources (cpu, memory) whose request or limit differs. */
function changedResources(applied: Container["resources"], wanted: Container["resources"]): string[] {
  const differs = (name: string) => applied?.requests?.[name] !== wanted?.requests?.[name] || applied?.limits?.[name] !== wanted?.limits?.[name];
  return ["cpu", "memory"].filter(differs);
}

/** One more than the newest record; the API's count goes on where the records have been collected. */
function nextAttempt(pod: Pod, runtime: PodRuntime, name: string): number {
  const record = latestContainer(runtime, name);
  if (record !== undefined) return record.state === "created" ? record.attempt : record.attempt + 1;
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const known = [...initContainerStatuses, ...containerStatuses].find((status) => status.name === name);
  return known?.containerID === undefined || known.containerID === "" ? 0 : known.restartCount + 1;
}

/** Main containers first; sidecars, in reverse order, once they have ended (KEP-753); the sandbox last. */
function stopAll(plan: Plan): void {
  const { pod, runtime, lifecycle, starting, stoppingSandbox } = plan.observed;
  const ending = lifecycle.phase === "terminating" && lifecycle.ending.type === "failed" ? lifecycle.ending : undefined;
  const grace = Math.min(ending?.graceSeconds ?? Number.POSITIVE_INFINITY, gracePeriodSeconds(pod));
  const running = runningContainers(runtime);
  const late = sidecars(pod)
    .map((container) => container.name)
    .reverse();
  const mains = running.filter((record) => !late.includes(record.name));
  const nextSidecar = late.map((name) => running.filter((record) => record.name === name)).find((records) => records.length > 0) ?? [];
  const victims = mains.length > 0 ? mains : nextSidecar;
  for (const record of victims) plan.kill(record, `Stopping container ${record.name}`, grace);
  // What is still being started is stopped once it is there.
  if (running.length > 0 || stoppingSandbox || starting !== undefined) return;
  for (const sandbox of runtime.sandboxes) if (sandbox.ready) plan.add({ type: "stopSandbox", id: sandbox.id });
}
