/** Turns pod events into work for the pods' owners: the handlers that every controller of pods needs alike. */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Informer } from "../../client/informer.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import type { OwnerReference } from "../../machinery/meta.ts";
import { type KubeObject, objectKey, parseApiVersion, type ResourceRef } from "../../machinery/object.ts";
import type { Expectations } from "./expectations.ts";
import { controllerIndex, controllerIndexValues, controllerOf, orphanKey } from "./owners.ts";
import { isReady, isTerminating } from "./pod-state.ts";
import type { LabelMatcher } from "./selector.ts";

export interface OwnedPodsOptions<O extends KubeObject> {
  readonly pods: Informer<Pod>;
  readonly owners: Informer<O>;
  readonly resource: ResourceRef<O>;
  readonly matches: (owner: O) => LabelMatcher;
  readonly queue: WorkQueue;
  readonly expectations?: Expectations;
  /** Seconds after which a ready pod counts as available: the owner is asked again then. */
  readonly minReadySeconds?: (owner: O) => number;
}

export function watchOwnedPods<O extends KubeObject>(options: OwnedPodsOptions<O>): void {
  options.pods.addIndex(controllerIndex, controllerIndexValues);
  const { queue, expectations } = options;

  const gone = (pod: Pod) => {
    const owner = ownerOf(options, pod, controllerOf(pod));
    if (owner === undefined) return;
    expectations?.deletionObserved(objectKey(owner), pod.metadata.uid);
    queue.add(objectKey(owner));
  };

  const adoptable = (pod: Pod) => {
    for (const owner of options.owners.inNamespace(pod.metadata.namespace ?? "")) {
      if (options.matches(owner)(pod.metadata.labels)) queue.add(objectKey(owner));
    }
  };

  const add = (pod: Pod) => {
    if (isTerminating(pod)) return gone(pod);
    const reference = controllerOf(pod);
    if (reference === undefined) return adoptable(pod);
    const owner = ownerOf(options, pod, reference);
    if (owner === undefined) return;
    expectations?.creationObserved(objectKey(owner));
    queue.add(objectKey(owner));
  };

  const update = (pod: Pod, old: Pod) => {
    const [reference, before] = [controllerOf(pod), controllerOf(old)];
    if (before !== undefined && before.uid !== reference?.uid) enqueueOwner(options, old, before);
    // Asked to go: it counts as gone now, not only when its grace is over.
    if (isTerminating(pod)) return gone(pod);
    if (reference === undefined) return adoptable(pod);
    const owner = enqueueOwner(options, pod, reference);
    const waitSeconds = owner === undefined ? 0 : (options.minReadySeconds?.(owner) ?? 0);
    // A second more, because times have whole seconds.
    if (owner !== undefined && waitSeconds > 0 && !isReady(old) && isReady(pod)) queue.addAfter(objectKey(owner), (waitSeconds + 1) * 1000);
  };

  options.pods.addHandler({ add, update, delete: gone });
}

/** The pods that `owner` may claim: its own, and those in its namespace that nobody controls. */
export function* claimablePods(pods: Informer<Pod>, owner: KubeObject): Generator<Pod> {
  yield* pods.byIndex(controllerIndex, owner.metadata.uid);
  yield* pods.byIndex(controllerIndex, orphanKey(owner.metadata.namespace ?? ""));
}

function enqueueOwner<O extends KubeObject>(options: OwnedPodsOptions<O>, pod: Pod, reference: OwnerReference): O | undefined {
  const owner = ownerOf(options, pod, reference);
  if (owner !== undefined) options.queue.add(objectKey(owner));
  return owner;
}

/** The uid must match: an owner deleted and created anew under one name is another. */
function ownerOf<O extends KubeObject>({ owners, resource }: OwnedPodsOptions<O>, pod: Pod, reference: OwnerReference | undefined): O | undefined {
  if (reference === undefined || reference.kind !== resource.kind || parseApiVersion(reference.apiVersion).group !== resource.group) return undefined;
  const owner = owners.get(`${pod.metadata.namespace ?? ""}/${reference.name}`);
  return owner?.metadata.uid === reference.uid ? owner : undefined;
}
