/**
 * What a Deployment does next, as a function of what was observed: a list of effects, ending in the status to write.
 * Only one kind of change a round (create, scale up, scale down); its events bring on the next round.
 */
import type { Deployment, DeploymentStatus } from "../../api/apps/v1/deployment.ts";
import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { sameJson } from "../../machinery/json.ts";
import { isTerminal } from "../shared/pod-state.ts";
import { deploymentAnnotations, maxRevision, needsScaleAnnotations, newSetAnnotations, revisionOf, scaleAnnotations } from "./annotations.ts";
import { desiredReplicas, fenceposts, findNewSet, isRollingUpdate, newSetDraft, newSetReplicas, replicasOf, totalOf, totalReplicas } from "./replica-sets.ts";
import { activeSets, isScalingEvent, type Scaling, scaleAll, scaleNewSet, scaleOldSets } from "./scaling.ts";
import { checkAgainMs, conditionOf, countedStatus, isComplete, newCondition, progressDeadlineMs, reasons, rolloutStatus, withCondition } from "./status.ts";

export type DeploymentEffect =
  | { readonly type: "createSet"; readonly set: ReplicaSet }
  /** `from` is the size before when the size changes. */
  | { readonly type: "updateSet"; readonly set: ReplicaSet; readonly from?: number }
  | { readonly type: "deleteSet"; readonly set: ReplicaSet }
  /** Status and annotations, which the status subresource of Deployments writes too. */
  | { readonly type: "writeStatus"; readonly deployment: Deployment }
  | { readonly type: "lookAgain"; readonly afterMs: number };

export interface DeploymentState {
  readonly deployment: Deployment;
  /** The sets that the Deployment owns. */
  readonly sets: readonly ReplicaSet[];
  readonly podsOf: (set: ReplicaSet) => Iterable<Pod>;
  readonly nowMs: number;
}

export function planDeployment(state: DeploymentState): DeploymentEffect[] {
  return new Planner(state).plan();
}

class Planner {
  readonly #deployment: Deployment;
  readonly #podsOf: DeploymentState["podsOf"];
  readonly #nowMs: number;
  readonly #effects: DeploymentEffect[] = [];
  #newSet: ReplicaSet | undefined;
  readonly #oldSets: readonly ReplicaSet[];
  #annotations: Record<string, string> | undefined;
  /** Conditions that this round itself sets, over those that the Deployment has. */
  #status: DeploymentStatus;

  constructor({ deployment, sets, podsOf, nowMs }: DeploymentState) {
    this.#deployment = deployment;
    this.#podsOf = podsOf;
    this.#nowMs = nowMs;
    this.#status = deployment.status ?? {};
    this.#newSet = findNewSet(deployment, sets);
    this.#oldSets = sets.filter((set) => set !== this.#newSet);
  }

  plan(): DeploymentEffect[] {
    const { spec, metadata } = this.#deployment;
    if (metadata.deletionTimestamp !== undefined) return this.#finish("counted");
    this.#notePause();
    this.#updateNewSet();
    if (spec.paused === true || isScalingEvent(this.#deployment, this.#all())) return this.#scaleOnly();
    return isRollingUpdate(this.#deployment) ? this.#roll() : this.#recreate();
  }

  #all(): ReplicaSet[] {
    return this.#newSet === undefined ? [...this.#oldSets] : [...this.#oldSets, this.#newSet];
  }

  #scaleOnly(): DeploymentEffect[] {
    this.#scale(scaleAll(this.#deployment, this.#newSet, this.#oldSets));
    if (this.#deployment.spec.paused === true) this.#cleanUp();
    return this.#finish("counted");
  }

  #roll(): DeploymentEffect[] {
    const newSet = this.#newSet ?? this.#createSet();
    if (this.#scale(scaleNewSet(this.#deployment, newSet, this.#all()))) return this.#finish("rollout");
    if (this.#scale(scaleOldSets(this.#deployment, this.#newSet, this.#oldSets))) return this.#finish("rollout");
    if (isComplete(this.#deployment, this.#deployment.status)) this.#cleanUp();
    return this.#finish("rollout");
  }

  /** Old pods must have ended, not only been asked to, before a new one starts: that is what Recreate is for. */
  #recreate(): DeploymentEffect[] {
    const down = activeSets(this.#oldSets).map((set) => ({ set, replicas: 0 }));
    if (this.#scale(down) || this.#oldPodsRun()) return this.#finish("rollout");
    const newSet = this.#newSet ?? this.#createSet();
    if (replicasOf(newSet) !== desiredReplicas(this.#deployment)) this.#scale([{ set: newSet, replicas: desiredReplicas(this.#deployment) }]);
    if (isComplete(this.#deployment, this.#deployment.status)) this.#cleanUp();
    return this.#finish("rollout");
  }

  #oldPodsRun(): boolean {
    if (totalOf(this.#oldSets, "replicas") > 0) return true;
    return this.#oldSets.some((set) => [...this.#podsOf(set)].some((pod) => !isTerminal(pod)));
  }

  #notePause(): void {
    if (progressDeadlineMs(this.#deployment) === undefined) return;
    const reason = conditionOf(this.#status, "Progressing")?.reason;
    const paused = this.#deployment.spec.paused === true;
    // A reported lack of progress is not glossed over by a pause.
    if (reason === reasons.timedOut || paused === (reason === reasons.paused)) return;
    this.#setCondition("Unknown", paused ? reasons.paused : reasons.resumed, paused ? "Deployment is paused" : "Deployment is resumed");
  }

  /** Brings the new set's annotations and minReadySeconds up to date, and the Deployment's revision with them. */
  #updateNewSet(): void {
    const set = this.#newSet;
    if (set === undefined) return;
    const annotations = newSetAnnotations(this.#deployment, set.metadata.annotations, maxRevision(this.#oldSets) + 1n);
    const minReadySeconds = this.#deployment.spec.minReadySeconds ?? 0;
    if (!sameJson(annotations, set.metadata.annotations ?? {}) || minReadySeconds !== (set.spec.minReadySeconds ?? 0)) {
      this.#newSet = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, minReadySeconds } };
      this.#change(this.#newSet);
    }
    this.#annotations = deploymentAnnotations(this.#deployment, this.#newSet ?? set);
    if (conditionOf(this.#status, "Progressing") === undefined) this.#setCondition("True", reasons.found, `Found new replica set "${set.metadata.name}"`);
  }

  #createSet(): ReplicaSet {
    const draft = newSetDraft(this.#deployment);
    const desired = desiredReplicas(this.#deployment);
    const replicas = newSetReplicas(this.#deployment, 0, totalReplicas(this.#oldSets));
    const annotations = {
      ...newSetAnnotations(this.#deployment, undefined, maxRevision(this.#oldSets) + 1n),
      ...scaleAnnotations(desired, desired + fenceposts(this.#deployment).maxSurge),
    };
    const set: ReplicaSet = { ...draft, metadata: { ...draft.metadata, annotations }, spec: { ...draft.spec, replicas } };
    this.#newSet = set;
    this.#effects.push({ type: "createSet", set });
    this.#annotations = deploymentAnnotations(this.#deployment, set);
    this.#setCondition("True", reasons.created, `Created new replica set "${set.metadata.name}"`);
    return set;
  }

  /** True when any size changed. */
  #scale(scalings: readonly Scaling[]): boolean {
    const desired = desiredReplicas(this.#deployment);
    const max = desired + fenceposts(this.#deployment).maxSurge;
    let changed = false;
    for (const { set, replicas } of scalings) {
      const from = replicasOf(set);
      if (from === replicas && !needsScaleAnnotations(set, desired, max)) continue;
      const annotations = { ...set.metadata.annotations, ...scaleAnnotations(desired, max) };
      const scaled = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas } };
      if (set === this.#newSet) this.#newSet = scaled;
      this.#change(scaled, from === replicas ? undefined : from);
      changed ||= from !== replicas;
    }
    return changed;
  }

  /** One update for all changes of a set: it would conflict with itself otherwise. */
  #change(set: ReplicaSet, from?: number): void {
    const index = this.#effects.findIndex(
      (effect) => (effect.type === "updateSet" || effect.type === "createSet") && effect.set.metadata.name === set.metadata.name,
    );
    const known = this.#effects[index];
    if (known?.type === "createSet") this.#effects[index] = { type: "createSet", set };
    else if (known !== undefined) this.#effects[index] = { type: "updateSet", set, ...(from === undefined ? {} : { from }) };
    else this.#effects.push({ type: "updateSet", set, ...(from === undefined ? {} : { from }) });
  }

  /** Old sets beyond the history limit, the oldest revisions first; only those that are empty and know it. */
  #cleanUp(): void {
    const limit = this.#deployment.spec.revisionHistoryLimit;
    if (limit === undefined || limit === 2 ** 31 - 1) return;
    const alive = this.#oldSets.filter((set) => set.metadata.deletionTimestamp === undefined);
    alive.sort((a, b) => Number(revisionOf(a) - revisionOf(b)));
    for (const set of alive.slice(0, Math.max(0, alive.length - limit))) {
      const settled = (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0);
      if (replicasOf(set) === 0 && (set.status?.replicas ?? 0) === 0 && settled) this.#effects.push({ type: "deleteSet", set });
    }
  }

  #setCondition(status: string, reason: string, message: string): void {
    if (progressDeadlineMs(this.#deployment) === undefined) return;
    this.#status = withCondition(this.#status, newCondition("Progressing", status, reason, message, this.#nowMs));
  }

  #finish(kind: "counted" | "rollout"): DeploymentEffect[] {
    const sets = this.#all();
    const { conditions } = this.#status;
    const base = { ...this.#deployment, status: { ...this.#deployment.status, ...(conditions === undefined ? {} : { conditions }) } };
    const counted = countedStatus(base, this.#newSet, sets, this.#nowMs);
    const status = kind === "counted" ? counted : rolloutStatus(this.#deployment, this.#newSet, sets, counted, this.#nowMs);
    if (!sameJson(status, this.#deployment.status) || this.#annotations !== undefined) {
      const metadata = this.#annotations === undefined ? this.#deployment.metadata : { ...this.#deployment.metadata, annotations: this.#annotations };
      this.#effects.push({ type: "writeStatus", deployment: { ...this.#deployment, metadata, status } });
    }
    const afterMs = kind === "rollout" ? checkAgainMs(this.#deployment, status, this.#nowMs) : undefined;
    if (afterMs !== undefined) this.#effects.push({ type: "lookAgain", afterMs });
    return this.#effects;
  }
}
