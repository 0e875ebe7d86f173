/** Drives one watch for its reader: waits for events, adds bookmarks, ends it in time. */
import type { Clock, Random } from "../../machinery/clock.ts";
import type { Follower } from "./follower.ts";
import type { Watcher, WatchItem } from "./watcher.ts";

/** How often a watch that allows bookmarks gets one. */
const bookmarkEveryMs = 60_000;
/** A last bookmark goes out so long before the end, so that the client resumes from there. */
const bookmarkBeforeEndMs = 2_000;
const defaultMinTimeoutSeconds = 1800;

export interface WatchSession {
  readonly watcher: Watcher;
  readonly bookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
}

export interface SessionContext {
  readonly follower: Follower;
  readonly clock: Clock;
  readonly random: Random;
  /** Watches that name no timeout live between one and two times this long (kube-apiserver --min-request-timeout); 0: for ever. Default 1800. */
  readonly minRequestTimeoutSeconds?: number;
}

/** Yields what has come up, in order, until the watch ends; never an empty batch. Leaving the loop ends the watch. */
export async function* watchBatches(session: WatchSession, context: SessionContext, signal: AbortSignal): AsyncGenerator<readonly WatchItem[]> {
  const { watcher } = session;
  const stop = () => watcher.end();
  signal.addEventListener("abort", stop, { once: true });
  using timers = startTimers(session, context);
  try {
    while (!signal.aborted) {
      await watcher.ready();
      if (signal.aborted) return;
      const items = watcher.take();
      if (items.length > 0) yield items;
      else if (watcher.ended) return;
    }
  } finally {
    timers[Symbol.dispose]();
    signal.removeEventListener("abort", stop);
    watcher.end();
  }
}

/** Infinite for a watch that nothing ends. */
function limitOf({ timeoutSeconds = 0 }: WatchSession, { random, minRequestTimeoutSeconds = defaultMinTimeoutSeconds }: SessionContext): number {
  if (timeoutSeconds > 0) return 1000 * timeoutSeconds;
  return minRequestTimeoutSeconds > 0 ? 1000 * minRequestTimeoutSeconds * (1 + random()) : Number.POSITIVE_INFINITY;
}

function startTimers(session: WatchSession, context: SessionContext): Disposable {
  const { watcher, bookmarks } = session;
  const { follower, clock } = context;
  const limitMs = limitOf(session, context);
  const timers = new Set<Disposable>();
  const after = (ms: number, callback: () => void) => {
    const timer = clock.after(ms, () => {
      timers.delete(timer);
      callback();
    });
    timers.add(timer);
  };
  const bookmark = () => watcher.bookmark(follower.revision);
  const repeat = () => {
    bookmark();
    after(bookmarkEveryMs, repeat);
  };
  if (limitMs < Number.POSITIVE_INFINITY) after(limitMs, () => watcher.end());
  if (bookmarks) {
    after(bookmarkEveryMs, repeat);
    if (limitMs > bookmarkBeforeEndMs && limitMs < Number.POSITIVE_INFINITY) after(limitMs - bookmarkBeforeEndMs, bookmark);
  }
  return {
    [Symbol.dispose]: () => {
      for (const timer of timers) timer[Symbol.dispose]();
      timers.clear();
    },
  };
}
