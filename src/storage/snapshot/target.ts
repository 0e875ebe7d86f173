import type { Content } from "./content-hash.ts";

/** What a snapshot is written to a store with. */
export interface TargetOptions {
  /** Path of the snapshot. */
  readonly snapshot: string;
  /**
   * No revision up to this one is given out again, and none can be watched from: clients that know the cluster from
   * before read everything anew.
   */
  readonly revision: number;
  readonly signal: AbortSignal;
  /** Keys written so far. */
  readonly progress?: (keys: number) => void;
}

/** What the store holds now, read back from it. */
export interface Target extends Content {
  readonly revision: number;
}
