/** All pods of this node: a worker each, from the first sight of the API object to the last trace on the node. */
import type { Pod, PodStatus } from "../../api/core/v1/pod.ts";
import { errorText } from "../../client/errors.ts";
import { sameJson } from "../../machinery/json.ts";
import { podLogDirectory } from "../container/sandbox-config.ts";
import type { ReferencedObjects } from "../objects.ts";
import type { Prober } from "../probes/prober.ts";
import type { RuntimeCache } from "../runtime-cache.ts";
import type { Refusal } from "./admission.ts";
import { AdmissionDesk, type NodeView } from "./admission-desk.ts";
import { refuseResize } from "./allocation.ts";
import type { PodRunner } from "./runner.ts";
import { rejectedStatus } from "./status.ts";
import type { StatusWriter } from "./status-writer.ts";
import { PodWorker, type WorkerOptions } from "./worker.ts";

export interface PodsOptions extends Omit<WorkerOptions, "report" | "probes" | "runner"> {
  readonly runner: PodRunner;
  readonly cache: RuntimeCache;
  readonly objects: ReferencedObjects;
  readonly prober: Prober;
  readonly writer: StatusWriter;
  readonly podLogsDirectory: string;
  /** This node as the API was last heard to hold it, or as this kubelet would register it. */
  node(): NodeView;
  /** This node as the API holds it now. */
  latestNode(): Promise<NodeView>;
}

interface Entry {
  readonly worker: PodWorker;
  /** The API object no longer exists. */
  gone: boolean;
  removing: boolean;
}

export class Pods {
  readonly #options: PodsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #refused = new Map<string, { pod: Pod; status: PodStatus }>();
  readonly #removals = new Set<Promise<void>>();
  readonly #desk: AdmissionDesk;

  constructor(options: PodsOptions) {
    this.#options = options;
    this.#desk = new AdmissionDesk({
      ...options,
      others: () => this.#active(),
      take: (pod) => this.#take(pod),
      refuse: (pod, refusal) => this.#refuse(pod, refusal),
    });
  }

  /** Pods this node has taken, whatever state they are in. */
  list(): Pod[] {
    return [...[...this.#entries.values()].map(({ worker }) => worker.pod), ...[...this.#refused.values()].map(({ pod }) => pod)];
  }

  worker(podUid: string): PodWorker | undefined {
    return this.#entries.get(podUid)?.worker;
  }

  has(podUid: string): boolean {
    return this.#entries.has(podUid) || this.#refused.has(podUid) || this.#desk.has(podUid);
  }

  poke(podUid: string): void {
    this.#entries.get(podUid)?.worker.poke();
  }

  /** A new pod or a newer version of one. */
  set(pod: Pod): void {
    const { uid } = pod.metadata;
    const entry = this.#entries.get(uid);
    const refused = this.#refused.get(uid);
    if (entry !== undefined) this.#update(entry, pod);
    else if (refused !== undefined) this.#report(pod, refused.status);
    else if (this.#isSettled(pod)) this.#take(pod);
    else this.#desk.judge(pod);
  }

  /** The API object is gone; `last` is what is known of it, the grace period of a forced deletion included. */
  delete(last: Pod): void {
    const podUid = last.metadata.uid;
    this.#refused.delete(podUid);
    this.#desk.forget(podUid);
    const entry = this.#entries.get(podUid);
    this.#options.writer.forget(podUid);
    if (entry === undefined) return;
    entry.gone = true;
    if (last.metadata.deletionTimestamp !== undefined) entry.worker.update(last);
    entry.worker.orphan();
  }

  dependencyChanged(podUid: string): void {
    const { volumes, logger } = this.#options;
    const worker = this.#entries.get(podUid)?.worker;
    if (worker === undefined || worker.lifecycle.phase !== "running") return;
    volumes.refresh(worker.pod).catch((error: unknown) => logger.warn({ pod: worker.pod.metadata.name, error: errorText(error) }, "cannot refresh volumes"));
    worker.dependencyChanged();
  }

  /** Ends all workers; pods go on running. */
  async stop(): Promise<void> {
    await this.#desk.settled();
    await Promise.all([...this.#entries.values()].map(({ worker }) => worker.stop()));
    await Promise.all(this.#removals);
  }

  #take(pod: Pod): void {
    this.#desk.forget(pod.metadata.uid);
    this.#options.objects.register(pod);
    const worker = new PodWorker(pod, this.#workerOptions());
    this.#entries.set(pod.metadata.uid, { worker, gone: false, removing: false });
    worker.poke();
  }

  #update(entry: Entry, pod: Pod): void {
    const { objects, volumes, logger } = this.#options;
    const before = entry.worker.pod;
    if (before.metadata.resourceVersion === pod.metadata.resourceVersion) return;
    if (before.metadata.generation !== pod.metadata.generation) objects.register(pod);
    entry.worker.update(pod);
    // Room that a pod gives up may be what the resize of another waits for.
    this.#answerResizes();
    const described = !sameJson(before.metadata.labels, pod.metadata.labels) || !sameJson(before.metadata.annotations, pod.metadata.annotations);
    if (!described || entry.worker.lifecycle.phase !== "running") return;
    volumes.refresh(pod).catch((error: unknown) => logger.warn({ pod: pod.metadata.name, error: errorText(error) }, "cannot refresh volumes"));
  }

  /** Pods that run here already, or have ended, are not judged again. */
  #isSettled({ metadata: { uid, deletionTimestamp }, status }: Pod): boolean {
    return deletionTimestamp !== undefined || this.#options.cache.get(uid) !== undefined || status?.phase === "Succeeded" || status?.phase === "Failed";
  }

  /** Pods that hold resources, with what they have been given. */
  #active(): Pod[] {
    return [...this.#entries.values()]
      .filter(({ worker }) => worker.lifecycle.phase === "running" || worker.lifecycle.phase === "terminating")
      .map(({ worker }) => worker.pod);
  }

  /** Pods of higher priority are served first. */
  #answerResizes(): void {
    const waiting = [...this.#entries.values()].flatMap(({ worker }) => (worker.wantsResize === undefined ? [] : [{ worker, wanted: worker.wantsResize }]));
    for (const { worker, wanted } of waiting.sort((a, b) => (b.wanted.spec.priority ?? 0) - (a.wanted.spec.priority ?? 0))) {
      const others = this.#active().filter(({ metadata }) => metadata.uid !== wanted.metadata.uid);
      worker.answerResize(refuseResize(wanted, others, this.#options.node()));
    }
  }

  #refuse(pod: Pod, { reason, message }: Refusal): void {
    const { events, clock } = this.#options;
    events.event(pod, "Warning", reason, message);
    this.#report(pod, rejectedStatus(pod, reason, message, clock.now()));
  }

  #report(pod: Pod, status: PodStatus): void {
    this.#refused.set(pod.metadata.uid, { pod, status });
    this.#options.writer.set(pod, status, pod.metadata.deletionTimestamp !== undefined);
  }

  #workerOptions(): WorkerOptions {
    const { prober, writer } = this.#options;
    return {
      ...this.#options,
      probes: (pod, runtime, podIp) => {
        prober.follow(pod, runtime.containers, podIp);
        return prober.view(pod.metadata.uid, runtime.containers);
      },
      report: (pod, status, final) => {
        const entry = this.#entries.get(pod.metadata.uid);
        if (entry?.gone !== true) writer.set(pod, status, final && pod.metadata.deletionTimestamp !== undefined);
        else if (final && !entry.removing) this.#remove(pod, entry);
      },
    };
  }

  #remove(pod: Pod, entry: Entry): void {
    entry.removing = true;
    const removal = this.#removeTraces(pod, entry);
    this.#removals.add(removal);
    void removal.finally(() => this.#removals.delete(removal));
  }

  async #removeTraces(pod: Pod, entry: Entry): Promise<void> {
    const { runner, objects, prober, podLogsDirectory, clock, logger, signal } = this.#options;
    const { uid } = pod.metadata;
    await entry.worker.stop();
    for (;;) {
      try {
        await runner.remove({ uid, logDirectory: podLogDirectory(pod, podLogsDirectory) });
        break;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ pod: pod.metadata.name, error: errorText(error) }, "cannot remove what is left of a pod");
        await clock.sleep(1000, signal).catch(() => {});
      }
    }
    prober.stop(uid);
    objects.unregister(uid);
    this.#entries.delete(uid);
    this.#answerResizes();
  }
}
