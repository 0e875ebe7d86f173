/** Moves the objects of a stopped cluster from a file to an etcd, or from an etcd to a file, and the cluster with them. */
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { fillEtcd, fillSqlite, syncFolder, type Target, type VerifiedSnapshot } from "../storage/snapshot/index.ts";
import { snapshotCluster } from "./cluster-snapshot.ts";
import { type ClusterConfig, saveClusterConfig } from "./config.ts";
import type { Layout } from "./layout.ts";
import { machineLock } from "./machine-lock.ts";
import { connectEtcd, storeFile } from "./open-store.ts";
import type { Progress } from "./progress.ts";
import { setAside } from "./set-aside.ts";
import { percent } from "./snapshot-restore.ts";
import { stamp } from "./snapshot-schedule.ts";
import { whileStopped } from "./stopped-cluster.ts";
import type { StoreConfig } from "./store-choice.ts";

export interface MigrateOptions {
  readonly config: ClusterConfig;
  readonly layout: Layout;
  readonly to: StoreConfig;
  /** Replaces the keys of a cluster that lie in the etcd already. */
  readonly force: boolean;
  readonly progress: Progress;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface MigratedCluster {
  /** What was copied; it stays as a way back. */
  readonly snapshot: VerifiedSnapshot;
  readonly target: Target;
  /** Where the file lies that is no longer the store. */
  readonly replaced: string | undefined;
}

/**
 * Copies by way of a snapshot, reads back what was written, and only then switches the configuration: until that moment
 * the cluster is what it was. The old store's objects are not removed. Clients that had seen everything go on from a file
 * as if nothing had happened; an etcd has revisions of its own, and there they read everything anew.
 */
export async function migrateCluster(options: MigrateOptions): Promise<MigratedCluster> {
  const { config, layout, to, progress, clock, logger, signal } = options;
  const doing = `cannot move cluster ${JSON.stringify(config.name)} to ${to.kind}`;
  if (config.store.kind === to.kind) throw new Error(`${doing}: its objects lie there already`);
  using _lock = await machineLock("up", clock, signal);
  using _stopped = whileStopped(doing, config, layout);
  const path = join(layout.snapshots, `${config.name}-before-migration-${stamp(clock.now())}.snapshot`);
  const snapshot = await progress.step(`Reading everything from ${config.store.kind}`, (tell) =>
    snapshotCluster({ config, layout, clock, logger, path, signal, progress: (keys, of) => tell(percent(keys, of)) }),
  );
  const staging = join(layout.data, ".migrating");
  await rm(staging, { recursive: true, force: true });
  try {
    const target = await progress.step(`Writing ${snapshot.keys} keys to ${to.kind}, and reading them back`, (tell) =>
      write(options, staging, snapshot, (keys) => tell(percent(keys, snapshot.keys))),
    );
    // A file that is no longer, or not yet again, the store must not be taken for it.
    const replaced = await setAside(layout.data, [layout.store], clock.now());
    if (to.kind === "sqlite") await rename(staging, layout.store);
    await saveClusterConfig(layout.configFile, { ...config, store: to });
    await syncFolder(layout.data);
    return { snapshot, target, replaced };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function write(
  { to, force, clock, logger, signal }: MigrateOptions,
  staging: string,
  snapshot: VerifiedSnapshot,
  progress: (keys: number) => void,
): Promise<Target> {
  const target = { snapshot: snapshot.path, revision: snapshot.revision, signal, progress };
  if (to.kind === "sqlite") {
    await mkdir(staging, { recursive: true, mode: 0o700 });
    return fillSqlite(storeFile(staging), target);
  }
  const etcd = await connectEtcd(to, { clock, logger });
  try {
    return await fillEtcd(etcd, { ...target, replace: force });
  } finally {
    await etcd.close();
  }
}
