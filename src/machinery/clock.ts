/**
 * Time as a parameter. The composition root passes the system's clock; tests pass `VirtualClock` of src/testing.
 * Cores take `now` as an argument and never see a Clock.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted first. Holds no timer after either. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls back once after `ms`, unless disposed of before. */
  after(ms: number, callback: () => void): Disposable;
}

/** Uniform in [0, 1). */
export type Random = () => number;
