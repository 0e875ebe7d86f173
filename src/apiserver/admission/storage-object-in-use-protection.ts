/** Finalizers that keep storage objects alive while something uses them; the protection controllers take them off. */
import { persistentVolumes } from "../../api/core/v1/persistent-volume.ts";
import { persistentVolumeClaims } from "../../api/core/v1/persistent-volume-claim.ts";
import { volumeAttributesClasses } from "../../api/storage/v1/volume-attributes-class.ts";
import type { AdmissionPlugin } from "../contract.ts";
import { handlesObjects } from "./plugin.ts";

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: "kubernetes.io/pvc-protection",
  persistentvolumes: "kubernetes.io/pv-protection",
  volumeattributesclasses: "kubernetes.io/vac-protection",
};

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  handles: handlesObjects(["CREATE"], persistentVolumes, persistentVolumeClaims, volumeAttributesClasses),
  admit({ definition, object }) {
    const finalizer = finalizers[definition.resource];
    if (finalizer === undefined || object === undefined || object.metadata.finalizers?.includes(finalizer)) return;
    object.metadata.finalizers = [...(object.metadata.finalizers ?? []), finalizer];
  },
};
