/** Which of the volumes there are suits a claim best. */
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts";
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import { matcherOf } from "../shared/selector.ts";
import { classOf, hasAccessModes, refersTo, requestedSize, sameAttributesClass, sameMode, sizeOf } from "./storage.ts";

/**
 * A volume reserved for the claim, else the smallest free one that is large enough. With `delayed` (WaitForFirstConsumer,
 * no consumer yet) only a reserved one: which free one is right depends on the node.
 */
export function bestVolume(claim: PersistentVolumeClaim, volumes: Iterable<PersistentVolume>, delayed: boolean): PersistentVolume | undefined {
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (volume.metadata.deletionTimestamp !== undefined || !isLargeEnough(volume, claim)) continue;
    if (!sameMode(volume, claim) || !sameAttributesClass(volume, claim) || !hasAccessModes(volume, claim)) continue;
    if (refersTo(volume, claim)) return volume;
    if (!delayed && isFree(volume, claim) && (best === undefined || isBetter(volume, best))) best = volume;
  }
  return best;
}

function isLargeEnough(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return sizeOf(volume).nanos >= requestedSize(claim).nanos;
}

function isFree(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { selector } = claim.spec;
  if (volume.spec.claimRef !== undefined || volume.status?.phase !== "Available" || classOf(volume) !== classOf(claim)) return false;
  return selector === undefined || matcherOf(selector)(volume.metadata.labels);
}

/** Names break ties, so that every look at the same volumes gives the same choice. */
function isBetter(volume: PersistentVolume, best: PersistentVolume): boolean {
  const [size, known] = [sizeOf(volume).nanos, sizeOf(best).nanos];
  return size < known || (size === known && volume.metadata.name < best.metadata.name);
}
