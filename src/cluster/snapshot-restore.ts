/** From a snapshot to a cluster that `up` can start, here or on another machine. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { fillEtcd, fillSqlite, syncFolder, type TargetOptions, type VerifiedSnapshot, verifySnapshot } from "../storage/snapshot/index.ts";
import { type ClusterConfig, checkClusterName, loadClusterConfig, saveClusterConfig } from "./config.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { machineLock } from "./machine-lock.ts";
import { connectEtcd, storeFile } from "./open-store.ts";
import type { Progress } from "./progress.ts";
import { setAside } from "./set-aside.ts";
import { configOf, writeClusterFiles } from "./snapshot-files.ts";
import { whileStopped } from "./stopped-cluster.ts";
import { chooseStore, type StoreConfig, type StoreFlags } from "./store-choice.ts";

export interface RestoreOptions extends StoreFlags {
  readonly file: string;
  /** Default: the name of the cluster the snapshot is of. */
  readonly name?: string;
  readonly dataDir?: string;
  /** Replaces a cluster that is there. */
  readonly force: boolean;
}

export interface RestoredCluster {
  readonly config: ClusterConfig;
  readonly snapshot: VerifiedSnapshot;
  /** Where the store begins. */
  readonly revision: number;
  /** Where what was there before lies now. */
  readonly replaced: string | undefined;
}

/** As etcd's `snapshot restore --bump-revision` advises: more than is written between any two snapshots. */
const REVISION_BUMP = 1_000_000_000;
/**
 * A second restore of the same snapshot must come out above all that was written since the first: no store writes this
 * much a second. Even a snapshot of a century ago stays far below 2^53.
 */
const REVISIONS_A_SECOND = 10_000;

/** Above every revision that the snapshot's cluster can have given out by now, and every restore of it so far. */
export function revisionAfterRestore({ revision, takenAt }: Pick<VerifiedSnapshot, "revision" | "takenAt">, now: number): number {
  const ageSeconds = Math.max(0, Math.ceil((now - Date.parse(takenAt)) / 1000));
  return revision + REVISION_BUMP + ageSeconds * REVISIONS_A_SECOND;
}

export interface RestoreSurroundings {
  readonly progress: Progress;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Everything is written beside what is there, and takes its place only when it is whole. */
export async function restoreCluster(options: RestoreOptions, surroundings: RestoreSurroundings): Promise<RestoredCluster> {
  const { progress, clock, signal } = surroundings;
  const snapshot = await progress.step("Checking the snapshot", () => verifySnapshot(options.file, { signal }));
  const name = options.name ?? snapshot.cluster;
  checkClusterName(name);
  const layout = layoutOf({ name, ...(options.dataDir === undefined ? {} : { dataDir: resolve(options.dataDir) }) });
  const store = storeOf(options, snapshot);
  const config = configOf(snapshot.files, { name, dataDir: layout.data, store });
  using _lock = await machineLock("up", clock, signal);
  const doing = `cannot restore cluster ${JSON.stringify(name)}`;
  const existing = await loadClusterConfig(layout.configFile);
  using _stopped = whileStopped(doing, existing ?? config, layout);
  const there = [layout.configFile, layout.store, layout.pki].filter((path) => existsSync(path));
  if (there.length > 0 && !options.force) throw new Error(`${doing}: there is one already (${there.join(", ")}); --force sets it aside`);
  const revision = revisionAfterRestore(snapshot, clock.now());
  const staging = join(layout.data, ".restoring");
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o700 });
  try {
    await writeClusterFiles(snapshot.files, staging);
    await progress.step(`Restoring ${snapshot.keys} keys`, (tell) => {
      const target = { snapshot: options.file, revision, signal, progress: (keys: number) => tell(percent(keys, snapshot.keys)) };
      return fillStore(store, target, options.force, staging, surroundings);
    });
    const replaced = await putInPlace(staging, layout, clock.now());
    await saveClusterConfig(layout.configFile, config);
    await syncFolder(layout.data);
    return { config, snapshot, revision, replaced };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** A cluster in an etcd is not moved out of it in passing, nor back into whatever etcd has that address now. */
function storeOf(options: RestoreOptions, snapshot: VerifiedSnapshot): StoreConfig {
  const { name = snapshot.cluster, store } = options;
  if (snapshot.store === "etcd" && store === undefined) {
    throw new Error(
      `cannot restore cluster ${JSON.stringify(name)}: its objects lay in an etcd; say where they go, --store etcd --etcd-endpoints … or --store sqlite`,
    );
  }
  return chooseStore(name, options, undefined);
}

async function fillStore(store: StoreConfig, target: TargetOptions, replace: boolean, staging: string, { clock, logger }: RestoreSurroundings): Promise<void> {
  if (store.kind === "sqlite") {
    await fillSqlite(storeFile(join(staging, "store")), target);
    return;
  }
  const etcd = await connectEtcd(store, { clock, logger });
  try {
    await fillEtcd(etcd, { ...target, replace });
  } finally {
    await etcd.close();
  }
}

/** The configuration is written last: a restore that is cut off here leaves no cluster rather than half of one. */
async function putInPlace(staging: string, layout: Layout, now: number): Promise<string | undefined> {
  const parts = ["pki", "config", "store"];
  const places = parts.map((part) => join(layout.data, part));
  const replaced = await setAside(layout.data, [layout.configFile, layout.kubeconfig, ...places], now);
  for (const part of parts) if (existsSync(join(staging, part))) await rename(join(staging, part), join(layout.data, part));
  return replaced;
}

export function percent(done: number, of: number): string {
  return `${of === 0 ? 100 : Math.floor((100 * done) / of)}%`;
}
