/** Claims grow only when they are bound and their class can expand volumes. */
import { type PersistentVolumeClaim, persistentVolumeClaims } from "../../api/core/v1/persistent-volume-claim.ts";
import { storageClasses } from "../../api/storage/v1/storage-class.ts";
import { compareQuantities, parseQuantity } from "../../machinery/quantity.ts";
import type { AdmissionPlugin, ObjectReader } from "../contract.ts";
import { handlesObjects, refuse } from "./plugin.ts";

const classAnnotation = "volume.beta.kubernetes.io/storage-class";

export function persistentVolumeClaimResize(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "PersistentVolumeClaimResize",
    handles: handlesObjects(["UPDATE"], persistentVolumeClaims),
    validate(attributes) {
      const claim = attributes.object as PersistentVolumeClaim;
      const old = attributes.oldObject as PersistentVolumeClaim;
      // Shrinking is for validation to refuse.
      if (compareQuantities(storageOf(claim), storageOf(old)) <= 0) return;
      if (old.status?.phase !== "Bound") throw refuse(attributes, "Only bound persistent volume claims can be expanded");
      const className = claim.metadata.annotations?.[classAnnotation] ?? claim.spec?.storageClassName ?? "";
      if (reader.get(storageClasses, "", className)?.allowVolumeExpansion === true) return;
      throw refuse(attributes, "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize");
    },
  };
}

function storageOf({ spec }: PersistentVolumeClaim) {
  return parseQuantity(spec?.resources?.requests?.["storage"] ?? "0");
}
