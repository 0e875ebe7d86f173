/**
 * One pod on this node: observes, asks `decidePod`, performs, and reports. Everything that may matter to the pod calls
 * `poke`; a poke while a step runs leads to one more step, so nothing is missed and nothing runs twice.
 */
import type { Pod, PodStatus } from "../../api/core/v1/pod.ts";
import { errorText } from "../../client/errors.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { Clock } from "../../machinery/clock.ts";
import { sameJson } from "../../machinery/json.ts";
import type { Logger } from "../../machinery/logger.ts";
import { podCgroupLimits, podResources } from "../container/resources.ts";
import type { ProbeView } from "../probes/prober.ts";
import type { RuntimeCache } from "../runtime-cache.ts";
import { VolumeSetUpError, type Volumes } from "../volumes/volumes.ts";
import { type Allocation, adoptedAllocation, allocationOf, type ResizeRefusal, resizeText, withAllocation } from "./allocation.ts";
import { type BackOffEntry, restartedBackOff } from "./back-off.ts";
import { containersResize, type Decision, decidePod, type Effect, type StartFailure, type VolumesState, type Waiting } from "./decide.ts";
import { nextLifecycle, type PodLifecycle } from "./lifecycle.ts";
import { locate, type PodRunner, StartError } from "./runner.ts";
import { emptyRuntime, latestContainer, type PodRuntime, readySandbox, withoutHooked } from "./runtime-state.ts";
import { containerHash, podText } from "./spec.ts";
import { podStatus } from "./status.ts";

export interface WorkerOptions {
  readonly runner: PodRunner;
  readonly cache: RuntimeCache;
  readonly volumes: Volumes;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly nodeIps: readonly string[];
  readonly runtimeName: string;
  /** Follows the pod's containers with probes; returns what they say. */
  probes(pod: Pod, runtime: PodRuntime, podIp: string): ProbeView;
  /** `final`: nothing of the pod is left on the node. */
  report(pod: Pod, status: PodStatus, final: boolean): void;
}

const volumeRetryMinMs = 500;
const volumeRetryMaxMs = 122_000;

export class PodWorker {
  readonly #options: WorkerOptions;
  readonly #killing = new Map<string, number>();
  readonly #resizing = new Set<string>();
  readonly #backOff = new Map<string, BackOffEntry>();
  readonly #failures = new Map<string, StartFailure>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  /** As the API holds it; `#pod` is the same with the resources it has been given. */
  #wanted: Pod;
  #pod: Pod;
  #allocation: Allocation;
  #resizeRefusal: ResizeRefusal | undefined;
  #isResizing = false;
  /** The pod for which its cgroup was last made; a kubelet that finds the pod running does not know. */
  #boundFor: Pod | undefined;
  #bounding = false;
  #lifecycle: PodLifecycle = { phase: "running" };
  #volumes: VolumesState = { state: "absent" };
  #volumeRetryMs = volumeRetryMinMs;
  #starting: string | undefined;
  #stoppingSandbox = false;
  #stepping = false;
  #again = false;
  #wake: Disposable | undefined;
  #status: PodStatus | undefined;

  constructor(pod: Pod, options: WorkerOptions) {
    this.#wanted = pod;
    this.#allocation = options.cache.get(pod.metadata.uid) === undefined ? allocationOf(pod) : adoptedAllocation(pod);
    this.#pod = withAllocation(pod, this.#allocation);
    this.#options = options;
  }

  get pod(): Pod {
    return this.#pod;
  }

  get lifecycle(): PodLifecycle {
    return this.#lifecycle;
  }

  get status(): PodStatus | undefined {
    return this.#status;
  }

  /** A newer version of the pod. A start that failed is tried again at once: the change may be what it waited for. */
  update(pod: Pod): void {
    if (pod.metadata.generation !== this.#pod.metadata.generation || !sameJson(pod.metadata.annotations, this.#pod.metadata.annotations)) this.#retryAll();
    this.#wanted = pod;
    this.#pod = withAllocation(pod, this.#allocation);
    if (this.#pod === pod) this.#resizeRefusal = undefined;
    this.poke();
  }

  /** The pod as it asks to be, while that is not what it has been given. */
  get wantsResize(): Pod | undefined {
    return this.#wanted === this.#pod || this.#lifecycle.phase !== "running" ? undefined : this.#wanted;
  }

  /** The node's answer to `wantsResize`: undefined gives the pod what it asks for. */
  answerResize(refusal: ResizeRefusal | undefined): void {
    const { events } = this.#options;
    if (refusal === undefined) {
      this.#allocation = allocationOf(this.#wanted);
      this.#pod = this.#wanted;
      events.event(this.#pod, "Normal", "ResizeStarted", resizeText("started", this.#pod));
    } else if (!sameJson(refusal, this.#resizeRefusal)) {
      events.event(this.#pod, "Warning", `Resize${refusal.reason}`, resizeText(refusal.reason, this.#wanted, refusal.message));
    }
    this.#resizeRefusal = refusal;
    this.poke();
  }

  /** Something the pod refers to has changed. */
  dependencyChanged(): void {
    this.#retryAll();
    this.poke();
  }

  /** Ends the pod for a reason of the node's. */
  fail(reason: string, message: string, graceSeconds: number): void {
    if (this.#lifecycle.phase === "running") this.#lifecycle = { phase: "terminating", ending: { type: "failed", reason, message, graceSeconds } };
    this.poke();
  }

  /** The API object is gone: whatever still runs is stopped. */
  orphan(): void {
    if (this.#lifecycle.phase === "running") this.#lifecycle = { phase: "terminating", ending: { type: "orphaned" } };
    this.poke();
  }

  poke(): void {
    if (this.#options.signal.aborted) return;
    this.#again = true;
    if (this.#stepping) return;
    this.#stepping = true;
    queueMicrotask(() => {
      try {
        while (this.#again) {
          this.#again = false;
          this.#step();
        }
      } finally {
        this.#stepping = false;
      }
    });
  }

  /** Ends timers and waits; what runs in the runtime goes on. Resolves when no task of this worker is left. */
  async stop(): Promise<void> {
    this.#wake?.[Symbol.dispose]();
    this.#ending.abort();
    await Promise.allSettled(this.#tasks);
  }

  #step(): void {
    const { clock } = this.#options;
    const nowMs = clock.now();
    const { uid, namespace = "", name } = this.#pod.metadata;
    const runtime = this.#options.cache.get(uid) ?? emptyRuntime(uid, namespace, name);
    this.#advance(runtime, nowMs);
    const shown = withoutHooked(runtime, this.#pod, this.#starting);
    const probes = this.#options.probes(this.#pod, shown, readySandbox(runtime)?.ips[0] ?? this.#options.nodeIps[0] ?? "127.0.0.1");
    const decision = decidePod({
      pod: this.#pod,
      runtime,
      lifecycle: this.#lifecycle,
      volumes: this.#volumes,
      starting: this.#starting,
      stoppingSandbox: this.#stoppingSandbox,
      killing: this.#killing,
      resizing: this.#resizing,
      cgroup: this.#bounding ? "changing" : this.#isBound() ? "current" : "stale",
      backOff: this.#backOff,
      failures: this.#failures,
      ...probes,
      nowMs,
    });
    for (const effect of decision.effects) this.#perform(effect, runtime, nowMs);
    this.#announceBackOff(decision, nowMs);
    this.#sleepUntil(decision.wakeAtMs, nowMs);
    this.#announceResize(runtime);
    this.#report(shown, decision.waiting, probes, nowMs);
  }

  #advance(runtime: PodRuntime, nowMs: number): void {
    const idle = this.#starting === undefined && !this.#stoppingSandbox && this.#killing.size === 0;
    for (;;) {
      const next = nextLifecycle(this.#lifecycle, { pod: this.#pod, runtime, nowMs, idle, cleanedUp: this.#volumes.state === "removed" });
      if (next === this.#lifecycle) return;
      if (this.#lifecycle.phase === "running") this.#ending.abort();
      this.#lifecycle = next;
    }
  }

  #perform(effect: Effect, runtime: PodRuntime, nowMs: number): void {
    switch (effect.type) {
      case "setUpVolumes":
        this.#volumes = { state: "pending" };
        this.#task("set up volumes", () => this.#setUpVolumes());
        break;
      case "createSandbox":
        this.#start("", () => this.#bind((pod) => this.#options.runner.createSandbox(pod, effect.attempt)));
        break;
      case "stopSandbox":
        this.#stoppingSandbox = true;
        this.#task("stop the sandbox", () =>
          this.#options.runner.stopSandbox(this.#pod, effect.id).finally(() => {
            this.#stoppingSandbox = false;
          }),
        );
        break;
      case "startContainer":
        this.#startContainer(effect, runtime, nowMs);
        break;
      case "killContainer":
        this.#kill(effect, nowMs);
        break;
      case "resizeContainer":
        this.#resizing.add(effect.record.id);
        this.#task(`resize container ${effect.record.name}`, () =>
          this.#options.runner.resizeContainer(this.#pod, effect.record, effect.container).finally(() => this.#resizing.delete(effect.record.id)),
        );
        break;
      case "resizePod":
        this.#bounding = true;
        this.#task("resize the pod", () =>
          this.#bind((pod) => this.#options.runner.resizePod(pod)).finally(() => {
            this.#bounding = false;
          }),
        );
        break;
      case "cleanUp":
        if (this.#volumes.state === "pending") break;
        this.#volumes = { state: "pending" };
        this.#task("clean up", () => this.#cleanUp());
        break;
    }
  }

  /** `make` makes the pod's cgroup. */
  async #bind(make: (pod: Pod) => Promise<void>): Promise<void> {
    const pod = this.#pod;
    await make(pod);
    this.#boundFor = pod;
  }

  /** Whether the pod's cgroup is as this version of the pod wants it, too. */
  #isBound(): boolean {
    if (this.#boundFor === this.#pod) return true;
    if (this.#boundFor === undefined || !sameJson(podCgroupLimits(this.#boundFor), podCgroupLimits(this.#pod))) return false;
    this.#boundFor = this.#pod;
    return true;
  }

  #startContainer(effect: Effect & { type: "startContainer" }, runtime: PodRuntime, nowMs: number): void {
    const container = locate(this.#pod, effect.name)!.container;
    const before = latestContainer(runtime, effect.name);
    if (before?.state === "exited") this.#backOff.set(effect.name, restartedBackOff(this.#backOff.get(effect.name), before, containerHash(container), nowMs));
    const pod = this.#pod;
    this.#start(effect.name, () => this.#options.runner.startContainer(pod, container, effect.role, effect.attempt, this.#ending.signal));
  }

  /** Starts a sandbox ("") or a container; what went wrong is what it waits for. */
  #start(name: string, run: () => Promise<void>): void {
    this.#starting = name;
    this.#task(name === "" ? "create the sandbox" : `start container ${name}`, async () => {
      try {
        await run();
        this.#failures.delete(name);
      } catch (error) {
        if (!(error instanceof StartError)) throw error;
        this.#failures.set(name, error.failure);
        this.#options.logger.info({ pod: podText(this.#pod), container: name, reason: error.failure.reason, error: errorText(error.cause) }, "cannot start");
      } finally {
        this.#starting = undefined;
      }
    });
  }

  #kill(effect: Effect & { type: "killContainer" }, nowMs: number): void {
    const { record, graceSeconds, message } = effect;
    const deadline = nowMs + graceSeconds * 1000;
    this.#killing.set(record.id, deadline);
    this.#task(`kill container ${record.name}`, () =>
      this.#options.runner.killContainer(this.#pod, record, graceSeconds, message, this.#options.signal).finally(() => {
        // A shorter kill that overtook this one answers for the container.
        if (this.#killing.get(record.id) === deadline) this.#killing.delete(record.id);
      }),
    );
  }

  async #setUpVolumes(): Promise<void> {
    const { volumes, events, clock } = this.#options;
    try {
      await volumes.setUp(this.#pod);
      this.#volumes = this.#lifecycle.phase === "running" ? { state: "ready" } : { state: "absent" };
      this.#volumeRetryMs = volumeRetryMinMs;
    } catch (error) {
      this.#volumes = { state: "failed", retryAtMs: clock.now() + this.#volumeRetryMs };
      this.#volumeRetryMs = Math.min(this.#volumeRetryMs * 2, volumeRetryMaxMs);
      if (!(error instanceof VolumeSetUpError)) throw error;
      events.event(this.#pod, "Warning", "FailedMount", error.message);
    }
  }

  async #cleanUp(): Promise<void> {
    try {
      await this.#options.runner.cleanUp(this.#pod.metadata.uid);
      this.#volumes = { state: "removed" };
    } catch (error) {
      this.#volumes = { state: "failed", retryAtMs: 0 };
      throw error;
    }
  }

  /** Runs beside the steps; the worker looks again when it has ended. */
  #task(what: string, run: () => Promise<void>): void {
    const task = this.#guarded(what, run);
    this.#tasks.add(task);
    void task.finally(() => {
      this.#tasks.delete(task);
      this.poke();
    });
  }

  /** A failure nobody has a name for is logged and tried again after a while. */
  async #guarded(what: string, run: () => Promise<void>): Promise<void> {
    const { logger, clock, signal } = this.#options;
    try {
      await run();
    } catch (error) {
      if (signal.aborted || error === this.#ending.signal.reason) {
        logger.debug({ pod: podText(this.#pod) }, `gave up to ${what}`);
        return;
      }
      logger.warn({ pod: podText(this.#pod), error: errorText(error) }, `cannot ${what}`);
      await clock.sleep(1000, signal).catch(() => {});
    }
  }

  #retryAll(): void {
    for (const [name, failure] of this.#failures) if (!failure.reason.includes("Image")) this.#failures.set(name, { ...failure, retryAtMs: 0 });
    if (this.#volumes.state === "failed") this.#volumes = { state: "failed", retryAtMs: 0 };
  }

  readonly #announced = new Set<string>();

  /** One BackOff Event a restart that waits. */
  #announceBackOff(decision: Decision, nowMs: number): void {
    for (const [name, waiting] of decision.waiting) {
      if (waiting.reason !== "CrashLoopBackOff") continue;
      const key = `${name} ${this.#backOff.get(name)?.updatedAtMs ?? nowMs}`;
      if (this.#announced.has(key)) continue;
      this.#announced.add(key);
      this.#options.events.event(this.#pod, "Warning", "BackOff", `Back-off restarting failed container ${name} in pod ${podText(this.#pod)}`);
    }
  }

  #announceResize(runtime: PodRuntime): void {
    const before = this.#isResizing;
    const isBehind = (this.#boundFor !== undefined && !this.#isBound()) || containersResize(this.#pod, runtime);
    this.#isResizing = this.#lifecycle.phase === "running" && isBehind;
    if (!before || this.#isResizing || this.#lifecycle.phase !== "running") return;
    this.#options.events.event(this.#pod, "Normal", "ResizeCompleted", resizeText("completed", this.#pod));
  }

  #sleepUntil(wakeAtMs: number | undefined, nowMs: number): void {
    this.#wake?.[Symbol.dispose]();
    this.#wake = wakeAtMs === undefined ? undefined : this.#options.clock.after(Math.max(wakeAtMs - nowMs, 1), () => this.poke());
  }

  #report(runtime: PodRuntime, waiting: ReadonlyMap<string, Waiting>, probes: ProbeView, nowMs: number): void {
    const { nodeIps, runtimeName } = this.#options;
    const status = podStatus({
      pod: this.#pod,
      runtime,
      lifecycle: this.#lifecycle,
      waiting,
      ...probes,
      nodeIps,
      runtimeName,
      resizeRefusal: this.#resizeRefusal,
      isResizing: this.#isResizing,
      resources: this.#boundFor === undefined ? undefined : podResources(this.#boundFor),
      nowMs,
    });
    this.#status = status;
    this.#options.report(this.#pod, status, this.#lifecycle.phase === "finished");
  }
}
