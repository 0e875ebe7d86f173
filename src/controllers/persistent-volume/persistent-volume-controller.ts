/** Binds claims to volumes and tells both how they stand. */
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts";
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import type { ComponentContext } from "../../client/component.ts";
import { isNotFound } from "../../client/errors.ts";
import type { Informer } from "../../client/informer.ts";
import { persistentVolumeClaims, persistentVolumes, storageClasses } from "../../client/resources.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import { type KubeObject, objectKey } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop, runPeriodically } from "../shared/loop.ts";
import { decideClaim, type StorageView } from "./decide-claim.ts";
import { decideVolume } from "./decide-volume.ts";
import type { Decision, Write } from "./effects.ts";

/** Claims that wait are told so again now and then, as upstream does by resyncing. */
const resyncMs = 15_000;

export const persistentVolumeController: Controller = {
  name: "persistentvolume-binder-controller",
  account: "persistent-volume-binder",
  eventSource: "persistentvolume-controller",
  run: (context) => new PersistentVolumeController(context).run(),
};

class PersistentVolumeController {
  readonly #context: ComponentContext;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #claimQueue: WorkQueue;
  readonly #volumeQueue: WorkQueue;
  readonly #view: StorageView;

  constructor(context: ComponentContext) {
    const { informers } = context;
    this.#context = context;
    this.#claims = informers.informer(persistentVolumeClaims);
    this.#volumes = informers.informer(persistentVolumes);
    const classes = informers.informer(storageClasses);
    this.#view = {
      volume: (name) => this.#volumes.get(name),
      volumes: () => this.#volumes.list(),
      storageClass: (name) => classes.get(name),
      storageClasses: () => classes.list(),
    };
    this.#claimQueue = createQueue(context);
    this.#volumeQueue = createQueue(context);
    const claimChanged = (claim: PersistentVolumeClaim) => {
      this.#claimQueue.add(objectKey(claim));
      const { volumeName = "" } = claim.spec;
      if (volumeName !== "") this.#volumeQueue.add(volumeName);
    };
    // Whatever volume the claim had, named by itself or only by the volume's reference, is released.
    const claimGone = (claim: PersistentVolumeClaim) => {
      for (const { metadata, spec } of this.#volumes.list()) if (spec.claimRef?.uid === claim.metadata.uid) this.#volumeQueue.add(metadata.name);
    };
    this.#claims.addHandler({
      add: claimChanged,
      update: (claim, old) => {
        if (claim.metadata.uid !== old.metadata.uid) claimGone(old);
        claimChanged(claim);
      },
      delete: claimGone,
    });
    const volumeChanged = (volume: PersistentVolume) => {
      this.#volumeQueue.add(volume.metadata.name);
      this.#enqueueClaimsOf(volume);
    };
    this.#volumes.addHandler({ add: volumeChanged, update: volumeChanged, delete: volumeChanged });
    classes.addHandler({ add: () => this.#enqueueFree(), update: () => this.#enqueueFree() });
  }

  async run(): Promise<void> {
    // One at a time: every choice of a volume must see the choice before it.
    const claims = { queue: this.#claimQueue, concurrency: 1, reconcile: (key: string) => this.#reconcileClaim(key) };
    const volumes = { queue: this.#volumeQueue, concurrency: 1, reconcile: (key: string) => this.#reconcileVolume(key) };
    await Promise.all([runLoop(this.#context, claims, volumes), runPeriodically(this.#context, resyncMs, async () => this.#enqueueFree())]);
  }

  /** The claim that has the volume; of one that has come free, all that wait. */
  #enqueueClaimsOf({ metadata, spec }: PersistentVolume): void {
    if (spec.claimRef === undefined) this.#enqueueFree();
    else this.#claimQueue.add(`${spec.claimRef.namespace ?? ""}/${spec.claimRef.name ?? ""}`);
    for (const claim of this.#claims.list()) if (claim.spec.volumeName === metadata.name) this.#claimQueue.add(objectKey(claim));
  }

  #enqueueFree(): void {
    for (const claim of this.#claims.list()) if (claim.status?.phase !== "Bound") this.#claimQueue.add(objectKey(claim));
  }

  async #reconcileClaim(key: string): Promise<undefined> {
    const claim = this.#claims.get(key);
    // A claim that goes is bound to nothing new.
    if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return;
    await this.#perform(claim, decideClaim(claim, this.#view));
  }

  async #reconcileVolume(key: string): Promise<undefined> {
    const volume = this.#volumes.get(key);
    if (volume === undefined) return;
    await this.#perform(volume, decideVolume(volume, await this.#claimOf(volume)));
  }

  /** That a claim is gone must be beyond doubt: a released volume is lost to it. */
  async #claimOf({ spec: { claimRef }, status }: PersistentVolume): Promise<PersistentVolumeClaim | undefined> {
    if (claimRef === undefined || (claimRef.uid ?? "") === "") return undefined;
    const { namespace = "", name = "" } = claimRef;
    const known = this.#claims.get(`${namespace}/${name}`);
    if (known?.metadata.uid === claimRef.uid || status?.phase === "Released" || status?.phase === "Failed") return known;
    return this.#context.client.of(persistentVolumeClaims).in(namespace).find(name);
  }

  async #perform(about: KubeObject, { write, notice }: Decision): Promise<void> {
    if (notice !== undefined) this.#context.events.event(about, notice.type, notice.reason, notice.message);
    if (write === undefined) return;
    try {
      await this.#write(write);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #write(write: Write): Promise<void> {
    const { client } = this.#context;
    switch (write.action) {
      case "updateVolume":
        await client.of(persistentVolumes).update(write.object);
        break;
      case "updateVolumeStatus":
        await client.of(persistentVolumes).updateStatus(write.object);
        break;
      case "updateClaim":
        await client.of(persistentVolumeClaims).update(write.object);
        break;
      case "updateClaimStatus":
        await client.of(persistentVolumeClaims).updateStatus(write.object);
        break;
    }
  }
}
