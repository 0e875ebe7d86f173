/** What a volume needs next (syncVolume of kube-controller-manager's volume binder). */
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts";
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import { type Decision, decision, volumePhase, warning } from "./effects.ts";
import { boundByController, provisionedBy } from "./storage.ts";

/** `claim`: the one that claimRef names, if it is there. A claim of another uid is another: the one meant has gone. */
export function decideVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): Decision {
  const { claimRef } = volume.spec;
  // Reserved by a user: free for that claim.
  if (claimRef === undefined || (claimRef.uid ?? "") === "") return decision(volumePhase(volume, "Available"));
  if (claim === undefined || claim.metadata.uid !== claimRef.uid) return decideReleased(volume);
  const { volumeName = "" } = claim.spec;
  // The claim's own turn completes the binding.
  if (volumeName === "") return {};
  return volumeName === volume.metadata.name ? decision(volumePhase(volume, "Bound")) : unbind(volume);
}

function decideReleased(volume: PersistentVolume): Decision {
  const { phase } = volume.status ?? {};
  if (phase !== "Released" && phase !== "Failed") return decision(volumePhase(volume, "Released"));
  if (phase === "Failed") return {};
  switch (volume.spec.persistentVolumeReclaimPolicy) {
    case "Delete":
      return decideDeletion(volume);
    case "Recycle":
      return fail(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!");
    default:
      return {};
  }
}

/** What a provisioner outside has made it deletes, too. Nobody can delete the storage behind any other volume. */
function decideDeletion(volume: PersistentVolume): Decision {
  const provisioner = volume.metadata.annotations?.[provisionedBy] ?? "";
  if (provisioner !== "" && !provisioner.startsWith("kubernetes.io/")) return {};
  const message = `error getting deleter volume plugin for volume "${volume.metadata.name}": no deletable volume plugin matched`;
  return fail(volume, "VolumeFailedDelete", message);
}

function fail(volume: PersistentVolume, reason: string, message: string): Decision {
  return decision(volumePhase(volume, "Failed", message), warning(reason, message));
}

/** The claim has been bound to another volume. What a user reserved stays reserved. */
function unbind(volume: PersistentVolume): Decision {
  const { claimRef, ...spec } = volume.spec;
  const { [boundByController]: ours, ...annotations } = volume.metadata.annotations ?? {};
  if (ours !== undefined) return decision({ action: "updateVolume", object: { ...volume, metadata: { ...volume.metadata, annotations }, spec } });
  const { uid: _, resourceVersion: __, ...reserved } = claimRef ?? {};
  return decision({ action: "updateVolume", object: { ...volume, spec: { ...spec, claimRef: reserved } } });
}
