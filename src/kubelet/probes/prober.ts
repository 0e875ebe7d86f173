/** A worker a probe: starts with its container, ends with it, and holds the verdicts the pod worker asks for. */
import type { Container, Probe } from "../../api/core/v1/container.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Clock, Random } from "../../machinery/clock.ts";
import type { ContainerRecord } from "../pod/runtime-state.ts";
import { initContainers, isSidecar } from "../pod/spec.ts";
import type { ProbeOutcome, ProbeTarget } from "./attempt.ts";
import { countResult, initialVerdict, type ProbeCount, type ProbeKind, type Verdict, verdictOf } from "./decide.ts";

export interface ProberOptions {
  readonly clock: Clock;
  readonly random: Random;
  attempt(probe: Probe, target: ProbeTarget): Promise<ProbeOutcome>;
  /** An attempt that did not plainly succeed: the Event Unhealthy or ProbeWarning. */
  onTrouble(pod: Pod, container: Container, kind: ProbeKind, outcome: ProbeOutcome): void;
  /** A verdict has changed. */
  onChange(podUid: string): void;
}

interface ProbedContainer {
  readonly stop: AbortController;
  readonly verdicts: Map<ProbeKind, Verdict>;
  readonly container: Container;
}

export interface ProbeView {
  readonly started: ReadonlySet<string>;
  readonly ready: ReadonlySet<string>;
  readonly unhealthy: ReadonlyMap<string, "liveness" | "startup">;
}

export class Prober {
  readonly #options: ProberOptions;
  /** Pod uid, then container id. */
  readonly #pods = new Map<string, Map<string, ProbedContainer>>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Probes exactly the running containers of the pod that have probes; call whenever the pod's containers change. */
  follow(pod: Pod, records: readonly ContainerRecord[], podIp: string): void {
    const probed = this.#pods.get(pod.metadata.uid) ?? new Map<string, ProbedContainer>();
    const running = new Map(records.filter(({ state }) => state === "running").map((record) => [record.id, record]));
    for (const [id, entry] of probed) {
      if (running.has(id)) continue;
      entry.stop.abort();
      probed.delete(id);
    }
    for (const record of running.values()) {
      const container = probedContainer(pod, record.name);
      if (container === undefined || probed.has(record.id)) continue;
      const entry: ProbedContainer = { stop: new AbortController(), verdicts: reportedVerdicts(pod, record.id), container };
      probed.set(record.id, entry);
      void this.#probe(pod, record, entry, podIp);
    }
    this.#pods.set(pod.metadata.uid, probed);
  }

  stop(podUid: string): void {
    for (const entry of this.#pods.get(podUid)?.values() ?? []) entry.stop.abort();
    this.#pods.delete(podUid);
  }

  stopAll(): void {
    for (const uid of [...this.#pods.keys()]) this.stop(uid);
  }

  /** Liveness and startup go on while a pod ends, readiness does not decide any more; the worker stops them by `stop`. */
  view(podUid: string, records: readonly ContainerRecord[]): ProbeView {
    const probed = this.#pods.get(podUid);
    const started = new Set<string>();
    const ready = new Set<string>();
    const unhealthy = new Map<string, "liveness" | "startup">();
    for (const { id, state } of records) {
      if (state !== "running") continue;
      const entry = probed?.get(id);
      const { startupProbe, readinessProbe } = entry?.container ?? {};
      const hasStarted = startupProbe === undefined || entry?.verdicts.get("startup") === "success";
      if (hasStarted) started.add(id);
      if (hasStarted && (readinessProbe === undefined || entry?.verdicts.get("readiness") === "success")) ready.add(id);
      if (entry?.verdicts.get("startup") === "failure") unhealthy.set(id, "startup");
      else if (entry?.verdicts.get("liveness") === "failure") unhealthy.set(id, "liveness");
    }
    return { started, ready, unhealthy };
  }

  async #probe(pod: Pod, record: ContainerRecord, entry: ProbedContainer, podIp: string): Promise<void> {
    const target: ProbeTarget = { container: entry.container, containerId: record.id, podIp };
    const { startupProbe, livenessProbe, readinessProbe } = entry.container;
    try {
      // Nothing else is probed before the container has started up.
      if (startupProbe !== undefined && entry.verdicts.get("startup") !== "success") await this.#run(pod, "startup", startupProbe, record, entry, target);
      const rest: Promise<void>[] = [];
      if (livenessProbe !== undefined) rest.push(this.#run(pod, "liveness", livenessProbe, record, entry, target));
      if (readinessProbe !== undefined) rest.push(this.#run(pod, "readiness", readinessProbe, record, entry, target));
      await Promise.all(rest);
    } catch (error) {
      if (!entry.stop.signal.aborted) throw error;
    }
  }

  async #run(pod: Pod, kind: ProbeKind, probe: Probe, record: ContainerRecord, entry: ProbedContainer, target: ProbeTarget): Promise<void> {
    const { clock } = this.#options;
    const { signal } = entry.stop;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    await clock.sleep(this.#firstDelayMs(probe, record, periodMs), signal);
    let count: ProbeCount | undefined;
    for (;;) {
      const outcome = await this.#options.attempt(probe, target);
      signal.throwIfAborted();
      if (outcome.result !== "success") this.#options.onTrouble(pod, entry.container, kind, outcome);
      if (outcome.result !== "unknown") count = countResult(count, outcome.result === "failure" ? "failure" : "success");
      const verdict = outcome.result === "unknown" ? undefined : verdictOf(probe, count!);
      const before = entry.verdicts.get(kind) ?? initialVerdict(kind);
      if (verdict !== undefined) {
        entry.verdicts.set(kind, verdict);
        // A first failure of startup is news too: before it there was no verdict at all.
        if (verdict !== before || kind !== "readiness") this.#options.onChange(pod.metadata.uid);
        if (kind === "startup" && verdict === "success") return;
      }
      await clock.sleep(periodMs, signal);
    }
  }

  /** The delay counts from the container's start. A kubelet that has just restarted spreads its probes over a period. */
  #firstDelayMs(probe: Probe, record: ContainerRecord, periodMs: number): number {
    const { clock, random } = this.#options;
    const dueMs = record.startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000;
    const wait = dueMs - clock.now();
    return wait > -1000 ? Math.max(wait, 0) : random() * Math.min(periodMs, 1000);
  }
}

/**
 * What the pod's status says of this very container: a kubelet that has restarted goes on from there, lest every pod of
 * its node leave its Services for the time of a probe (KEP-4781).
 */
function reportedVerdicts(pod: Pod, id: string): Map<ProbeKind, Verdict> {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const reported = [...containerStatuses, ...initContainerStatuses].find(({ containerID }) => containerID?.endsWith(`//${id}`) === true);
  const verdicts = new Map<ProbeKind, Verdict>();
  if (reported?.started === true) verdicts.set("startup", "success");
  if (reported?.ready === true) verdicts.set("readiness", "success");
  return verdicts;
}

/** Ephemeral and plain init containers are not probed. */
function probedContainer(pod: Pod, name: string): Container | undefined {
  const container = pod.spec.containers.find((main) => main.name === name) ?? initContainers(pod).find((init) => init.name === name && isSidecar(init));
  return container?.startupProbe === undefined && container?.livenessProbe === undefined && container?.readinessProbe === undefined ? undefined : container;
}
