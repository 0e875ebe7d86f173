/** Taking a snapshot of a cluster: its objects and what makes it, in one file. */
import { join } from "node:path";
import { saveSnapshot, type VerifiedSnapshot } from "../storage/snapshot/index.ts";
import { type ClusterSourceOptions, openClusterSource } from "./cluster-source.ts";
import type { Layout } from "./layout.ts";
import { clusterFiles } from "./snapshot-files.ts";
import { stamp } from "./snapshot-schedule.ts";
import { productVersion } from "./version.ts";

export interface ClusterSnapshotOptions extends ClusterSourceOptions {
  readonly path: string;
  readonly signal: AbortSignal;
  /** Keys written, of how many. */
  readonly progress?: (keys: number, of: number) => void;
}

export async function snapshotCluster(options: ClusterSnapshotOptions): Promise<VerifiedSnapshot> {
  const { config, layout, clock, path, signal, progress } = options;
  await using source = await openClusterSource(options);
  const takenAt = new Date(clock.now()).toISOString();
  return await saveSnapshot({
    path,
    source,
    about: { cluster: config.name, takenAt, store: config.store.kind, program: productVersion },
    files: clusterFiles(config, layout),
    signal,
    progress: (keys) => progress?.(keys, source.keys),
  });
}

/** A name of its own for one that is taken now. */
export function snapshotPath(layout: Layout, cluster: string, now: number): string {
  return join(layout.snapshots, `${cluster}-${stamp(now)}.snapshot`);
}
