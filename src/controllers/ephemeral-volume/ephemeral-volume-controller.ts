/** Makes the claims of pods' generic ephemeral volumes (KEP-1698): POD-VOLUME, owned by the pod and collected with it. */
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import { isAlreadyExists, isNamespaceTerminating } from "../../client/errors.ts";
import { persistentVolumeClaims, pods } from "../../client/resources.ts";
import { type Draft, objectKey } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { controllerReference, isControlledBy } from "../shared/owners.ts";
import { isTerminating } from "../shared/pod-state.ts";

export interface EphemeralVolumes {
  readonly create: readonly Draft<PersistentVolumeClaim>[];
  /** Claims of the right name that are not the pod's: it must never get at somebody else's data. */
  readonly foreign: readonly PersistentVolumeClaim[];
}

export function decideEphemeralVolumes(pod: Pod, claimOf: (name: string) => PersistentVolumeClaim | undefined): EphemeralVolumes {
  const create: Draft<PersistentVolumeClaim>[] = [];
  const foreign: PersistentVolumeClaim[] = [];
  if (isTerminating(pod)) return { create, foreign };
  for (const { name, ephemeral } of pod.spec.volumes ?? []) {
    const template = ephemeral?.volumeClaimTemplate;
    if (template === undefined) continue;
    const claimName = `${pod.metadata.name}-${name}`;
    const existing = claimOf(claimName);
    if (existing === undefined) create.push(claimFor(pod, claimName, template));
    else if (!isControlledBy(existing, pod)) foreign.push(existing);
  }
  return { create, foreign };
}

function claimFor(
  pod: Pod,
  name: string,
  { metadata, spec }: { metadata?: { labels?: object; annotations?: object }; spec: object },
): Draft<PersistentVolumeClaim> {
  const { labels = {}, annotations = {} } = metadata ?? {};
  const own = { name, labels: { ...labels }, annotations: { ...annotations }, ownerReferences: [controllerReference(pod, pods)] };
  return { metadata: own, spec: { ...spec } } as Draft<PersistentVolumeClaim>;
}

export const ephemeralVolumeController: Controller = {
  name: "ephemeral-volume-controller",
  account: "ephemeral-volume-controller",
  eventSource: "ephemeral_volume",
  run: (context) => {
    const all = context.informers.informer(pods);
    const claims = context.informers.informer(persistentVolumeClaims);
    const queue = createQueue(context);
    all.addHandler({ add: (pod) => hasEphemeralVolumes(pod) && queue.add(objectKey(pod)) });
    claims.addHandler({
      delete: ({ metadata }) => {
        for (const owner of metadata.ownerReferences ?? [])
          if (owner.kind === "Pod" && owner.controller) queue.add(`${metadata.namespace ?? ""}/${owner.name}`);
      },
    });
    const reconcile = async (key: string) => {
      const pod = all.get(key);
      if (pod === undefined) return undefined;
      const namespace = pod.metadata.namespace ?? "";
      const { create, foreign } = decideEphemeralVolumes(pod, (name) => claims.get(`${namespace}/${name}`));
      for (const claim of create) {
        try {
          await context.client.of(persistentVolumeClaims).in(namespace).create(claim);
        } catch (error) {
          if (isNamespaceTerminating(error)) return undefined;
          if (isAlreadyExists(error)) throw error;
          const message = error instanceof Error ? error.message : String(error);
          context.events.event(pod, "Warning", "FailedCreate", `ephemeral PVC creation failed: ${message}`);
          throw error;
        }
      }
      const [claim] = foreign;
      if (claim === undefined) return undefined;
      const message = `PVC "${objectKey(claim)}" was not created for pod "${key}" (pod is not owner)`;
      throw new Error(`cannot provide ephemeral volume: ${message}`);
    };
    return runLoop(context, { queue, reconcile });
  },
};

function hasEphemeralVolumes(pod: Pod): boolean {
  return (pod.spec.volumes ?? []).some((volume) => volume.ephemeral !== undefined);
}
