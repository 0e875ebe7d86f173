/** What a claim needs next (syncClaim of kube-controller-manager's volume binder). */
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts";
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import type { StorageClass } from "../../api/storage/v1/storage-class.ts";
import { bind, claimPhase, type Decision, decision, normal, warning } from "./effects.ts";
import { bestVolume } from "./match.ts";
import {
  betaStorageProvisioner,
  bindCompleted,
  classOf,
  defaultClass,
  hasNoClassSaid,
  mismatch,
  refersTo,
  selectedNode,
  storageProvisioner,
} from "./storage.ts";

export interface StorageView {
  volume(name: string): PersistentVolume | undefined;
  volumes(): Iterable<PersistentVolume>;
  storageClass(name: string): StorageClass | undefined;
  storageClasses(): Iterable<StorageClass>;
}

export function decideClaim(claim: PersistentVolumeClaim, view: StorageView): Decision {
  if (claim.metadata.annotations?.[bindCompleted] !== undefined) return decideBound(claim, view);
  const { volumeName = "" } = claim.spec;
  return volumeName === "" ? decideFree(claim, view) : decideReserved(claim, view.volume(volumeName));
}

function decideBound(claim: PersistentVolumeClaim, view: StorageView): Decision {
  const { volumeName = "" } = claim.spec;
  const lost = (reason: string, message: string): Decision => {
    const write = claimPhase(claim, "Lost");
    return write === undefined ? {} : decision(write, warning(reason, message));
  };
  if (volumeName === "") return lost("ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
  const volume = view.volume(volumeName);
  if (volume === undefined) return lost("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
  if (volume.spec.claimRef === undefined || volume.spec.claimRef.uid === claim.metadata.uid) return decision(bind(claim, volume));
  return lost("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly");
}

/** The claim names its volume. */
function decideReserved(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): Decision {
  if (volume === undefined) return decision(claimPhase(claim, "Pending"));
  if (volume.spec.claimRef === undefined) {
    const why = mismatch(volume, claim);
    if (why === undefined) return decision(bind(claim, volume));
    return decision(claimPhase(claim, "Pending"), warning("VolumeMismatch", `Cannot bind to requested volume "${volume.metadata.name}": ${why}`));
  }
  if (refersTo(volume, claim)) return decision(bind(claim, volume));
  const { namespace = "", name = "" } = volume.spec.claimRef;
  const notice = warning("FailedBinding", `volume "${volume.metadata.name}" already bound to a different claim ("${namespace}/${name}").`);
  return decision(claimPhase(claim, "Pending"), notice);
}

function decideFree(claim: PersistentVolumeClaim, view: StorageView): Decision {
  const className = classOf(claim);
  const storageClass = className === "" ? undefined : view.storageClass(className);
  const delayed = storageClass?.volumeBindingMode === "WaitForFirstConsumer" && claim.metadata.annotations?.[selectedNode] === undefined;
  const volume = bestVolume(claim, view.volumes(), delayed);
  if (volume !== undefined) return decision(bind(claim, volume));
  // Claims made before there was a default class get it, too (KEP-3333).
  const chosen = hasNoClassSaid(claim) ? defaultClass(view.storageClasses()) : undefined;
  if (chosen !== undefined) {
    return decision({ action: "updateClaim", object: { ...claim, spec: { ...claim.spec, storageClassName: chosen.metadata.name } } });
  }
  const pending = claimPhase(claim, "Pending");
  if (delayed) return decision(pending, normal("WaitForFirstConsumer", "waiting for first consumer to be created before binding"));
  if (className === "") return decision(pending, normal("FailedBinding", "no persistent volumes available for this claim and no storage class is set"));
  if (storageClass === undefined) return decision(pending, warning("ProvisioningFailed", `storageclass.storage.k8s.io "${className}" not found`));
  return decideProvisioning(claim, storageClass, pending);
}

/** Volumes are made by provisioners outside: they look for their name on the claim. */
function decideProvisioning(claim: PersistentVolumeClaim, { provisioner }: StorageClass, pending: Decision["write"]): Decision {
  if (provisioner.startsWith("kubernetes.io/")) {
    return decision(pending, warning("ProvisioningFailed", `no volume plugin matched name: ${provisioner}`));
  }
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  const annotations = { ...claim.metadata.annotations, [storageProvisioner]: provisioner, [betaStorageProvisioner]: provisioner };
  const isCalled = claim.metadata.annotations?.[storageProvisioner] === provisioner;
  if (isCalled) return decision(pending, normal("ExternalProvisioning", message));
  return decision({ action: "updateClaim", object: { ...claim, metadata: { ...claim.metadata, annotations } } }, normal("ExternalProvisioning", message));
}
