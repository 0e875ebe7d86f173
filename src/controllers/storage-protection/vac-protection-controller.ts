/** An attributes class goes only when no claim or volume names it any more (finalizer kubernetes.io/vac-protection). */
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts";
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import { persistentVolumeClaims, persistentVolumes, volumeAttributesClasses } from "../../client/resources.ts";
import type { Controller } from "../controller.ts";
import { runProtection } from "./protection.ts";

/** Classes a claim asks for, has, or is being moved to. */
export function classesOfClaim({ spec, status }: PersistentVolumeClaim): string[] {
  return named(spec.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName);
}

export function classesOfVolume({ spec }: PersistentVolume): string[] {
  return named(spec.volumeAttributesClassName);
}

function named(...names: (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined && name !== ""))] as string[];
}

const byClass = "volumeAttributesClass";

export const vacProtectionController: Controller = {
  name: "volumeattributesclass-protection-controller",
  account: "volumeattributesclass-protection-controller",
  run: (context) => {
    const claims = context.informers.informer(persistentVolumeClaims);
    const volumes = context.informers.informer(persistentVolumes);
    claims.addIndex(byClass, classesOfClaim);
    volumes.addIndex(byClass, classesOfVolume);
    return runProtection(context, {
      resource: volumeAttributesClasses,
      finalizer: "kubernetes.io/vac-protection",
      watchUsers: (queue) => {
        const released = (names: readonly string[]) => {
          for (const name of names) queue.add(name);
        };
        claims.addHandler({ delete: (claim) => released(classesOfClaim(claim)), update: (_, old) => released(classesOfClaim(old)) });
        volumes.addHandler({ delete: (volume) => released(classesOfVolume(volume)), update: (_, old) => released(classesOfVolume(old)) });
      },
      isUsed: ({ metadata: { name } }) => [claims, volumes].some((users) => [...users.byIndex(byClass, name)].length > 0),
    });
  },
};
