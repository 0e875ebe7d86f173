/** Tells when something in a folder has changed. */
import { type FSWatcher, watch } from "node:fs";
import type { Clock } from "../../../machinery/clock.ts";

/** Hints only: a change may be reported late, or not at all where the system has no watches left, so callers look again after `maxWaitMs`. */
export class FolderWatch implements Disposable {
  readonly #clock: Clock;
  readonly #watcher: FSWatcher | undefined;
  #changed = false;
  #wake: (() => void) | undefined;

  constructor(folder: string, clock: Clock) {
    this.#clock = clock;
    this.#watcher = startWatching(folder, () => {
      this.#changed = true;
      this.#wake?.();
    });
  }

  /** Resolves at a change since the last call, after `maxWaitMs`, or when the signal aborts. */
  async wait(maxWaitMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(maxWaitMs, () => this.#wake?.());
        this.#wake = () => {
          this.#wake = undefined;
          timer[Symbol.dispose]();
          signal.removeEventListener("abort", wake);
          resolve();
        };
        const wake = () => this.#wake?.();
        signal.addEventListener("abort", wake, { once: true });
      });
    }
    this.#changed = false;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#wake?.();
  }
}

function startWatching(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    // The folder went away, or the watch did: the wait's upper bound takes over.
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
