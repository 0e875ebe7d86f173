/** Default storage and ingress classes: objects that name none get the one annotated as default. */
import { type PersistentVolumeClaim, persistentVolumeClaims } from "../../api/core/v1/persistent-volume-claim.ts";
import { type Ingress, ingresses } from "../../api/networking/v1/ingress.ts";
import { type IngressClass, ingressClasses } from "../../api/networking/v1/ingress-class.ts";
import { type StorageClass, storageClasses } from "../../api/storage/v1/storage-class.ts";
import type { AdmissionPlugin, ObjectReader } from "../contract.ts";
import { handlesObjects } from "./plugin.ts";

const storageDefault = "storageclass.kubernetes.io/is-default-class";
const storageDefaultBeta = "storageclass.beta.kubernetes.io/is-default-class";
const claimClassAnnotation = "volume.beta.kubernetes.io/storage-class";
const ingressDefault = "ingressclass.kubernetes.io/is-default-class";
const ingressClassAnnotation = "kubernetes.io/ingress.class";

export function defaultStorageClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "DefaultStorageClass",
    handles: handlesObjects(["CREATE"], persistentVolumeClaims),
    admit(attributes) {
      const claim = attributes.object as PersistentVolumeClaim;
      // An empty name is a wish, too: no dynamic provisioning.
      if (claim.spec?.storageClassName !== undefined || claim.metadata.annotations?.[claimClassAnnotation] !== undefined) return;
      const chosen = newest([...reader.list(storageClasses)].filter((item) => isDefault(item, storageDefault) || isDefault(item, storageDefaultBeta)));
      if (chosen !== undefined) claim.spec = { ...claim.spec, storageClassName: chosen.metadata.name };
    },
  };
}

export function defaultIngressClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "DefaultIngressClass",
    handles: handlesObjects(["CREATE"], ingresses),
    admit(attributes) {
      const ingress = attributes.object as Ingress;
      if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.[ingressClassAnnotation] !== undefined) return;
      const chosen = newest([...reader.list(ingressClasses)].filter((item) => isDefault(item, ingressDefault)));
      if (chosen !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: chosen.metadata.name };
    },
  };
}

function isDefault({ metadata }: StorageClass | IngressClass, annotation: string): boolean {
  return metadata.annotations?.[annotation] === "true";
}

/** Of several defaults the youngest wins, then the first by name. */
function newest<T extends StorageClass | IngressClass>(classes: T[]): T | undefined {
  const time = (item: T): string => item.metadata.creationTimestamp ?? "";
  return classes.sort((a, b) => (time(a) !== time(b) ? (time(a) > time(b) ? -1 : 1) : a.metadata.name < b.metadata.name ? -1 : 1))[0];
}
