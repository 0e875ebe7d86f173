/** A claim goes only when no pod uses it any more (finalizer kubernetes.io/pvc-protection). */
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { persistentVolumeClaims, pods } from "../../client/resources.ts";
import type { Controller } from "../controller.ts";
import { isControlledBy } from "../shared/owners.ts";
import { runProtection } from "./protection.ts";

/** Names of the claims a pod mounts, generic ephemeral ones (POD-VOLUME) included. */
export function claimNames(pod: Pod): string[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim !== undefined) return [volume.persistentVolumeClaim.claimName];
    return volume.ephemeral === undefined ? [] : [`${pod.metadata.name}-${volume.name}`];
  });
}

/**
 * Pods without a node do not count: the kubelet will not start one on a claim that is being deleted. Pods that have
 * ended do, until they are deleted: their volumes may still be mounted.
 */
export function podUsesClaim(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if ((pod.spec.nodeName ?? "") === "" || pod.metadata.namespace !== claim.metadata.namespace) return false;
  return (pod.spec.volumes ?? []).some((volume) => {
    if (volume.persistentVolumeClaim !== undefined) return volume.persistentVolumeClaim.claimName === claim.metadata.name;
    return volume.ephemeral !== undefined && `${pod.metadata.name}-${volume.name}` === claim.metadata.name && isControlledBy(claim, pod);
  });
}

const podsByClaim = "claim";

export const pvcProtectionController: Controller = {
  name: "persistentvolumeclaim-protection-controller",
  account: "pvc-protection-controller",
  run: (context) => {
    const all = context.informers.informer(pods);
    const keys = (pod: Pod) => claimNames(pod).map((name) => `${pod.metadata.namespace ?? ""}/${name}`);
    all.addIndex(podsByClaim, keys);
    return runProtection(context, {
      resource: persistentVolumeClaims,
      finalizer: "kubernetes.io/pvc-protection",
      watchUsers: (queue) => {
        const released = (pod: Pod) => {
          for (const key of keys(pod)) queue.add(key);
        };
        // A pod deleted and made anew between two lists comes as an update.
        all.addHandler({ delete: released, update: (pod, old) => pod.metadata.uid !== old.metadata.uid && released(old) });
      },
      isUsed: (claim) => [...all.byIndex(podsByClaim, `${claim.metadata.namespace ?? ""}/${claim.metadata.name}`)].some((pod) => podUsesClaim(pod, claim)),
      isUsedForSure: async (claim) => {
        const { items } = await context.client
          .of(pods)
          .in(claim.metadata.namespace ?? "")
          .list();
        return items.some((pod) => podUsesClaim(pod, claim));
      },
    });
  },
};
