/** What may be thrown away: pure choices, made from what the runtime holds. */
import type { Image } from "../cri/types.ts";
import type { PodRuntime } from "../pod/runtime-state.ts";

/** Dead containers kept for each container of a pod, for `kubectl logs --previous` and status.lastState. */
const keptPerContainer = 1;

/** Ended containers beyond those kept; never the newest record of a name. */
export function deadContainers(runtime: PodRuntime): string[] {
  const kept = new Map<string, number>();
  return runtime.containers
    .filter((record) => record.state === "exited")
    .filter((record) => {
      const seen = (kept.get(record.name) ?? 0) + 1;
      kept.set(record.name, seen);
      return seen > keptPerContainer;
    })
    .map((record) => record.id);
}

/** Dead sandboxes that are neither the newest nor hold a container any more. */
export function deadSandboxes(runtime: PodRuntime): string[] {
  return runtime.sandboxes
    .slice(1)
    .filter((sandbox) => !sandbox.ready && !runtime.containers.some((record) => record.sandboxId === sandbox.id))
    .map((sandbox) => sandbox.id);
}

export interface ImageUse {
  /** Milliseconds since the epoch. */
  readonly firstSeenMs: number;
  readonly lastUsedMs: number;
}

export interface ImageGcFacts {
  readonly images: readonly Image[];
  /** Image ids and references that containers use. */
  readonly inUse: ReadonlySet<string>;
  readonly uses: ReadonlyMap<string, ImageUse>;
  readonly capacityBytes: number;
  readonly availableBytes: number;
  readonly nowMs: number;
}

const highPercent = 85;
const lowPercent = 80;
/** An image younger than this may be about to be used. */
const minAgeMs = 120_000;

/** Ids of images to remove, least recently used first, until usage is back at the low threshold. */
export function imagesToRemove(facts: ImageGcFacts): string[] {
  const { images, inUse, uses, capacityBytes, availableBytes, nowMs } = facts;
  const usedPercent = 100 - (availableBytes * 100) / capacityBytes;
  if (capacityBytes === 0 || usedPercent < highPercent) return [];
  let toFree = (capacityBytes * (100 - lowPercent)) / 100 - availableBytes;
  const candidates = images
    .filter((image) => !image.pinned && ![image.id, ...image.repoDigests, ...image.repoTags].some((name) => inUse.has(name)))
    .filter((image) => nowMs - (uses.get(image.id)?.firstSeenMs ?? nowMs) >= minAgeMs)
    .sort((a, b) => (uses.get(a.id)?.lastUsedMs ?? 0) - (uses.get(b.id)?.lastUsedMs ?? 0));
  const removed: string[] = [];
  for (const image of candidates) {
    if (toFree <= 0) break;
    removed.push(image.id);
    toFree -= image.size;
  }
  return removed;
}
