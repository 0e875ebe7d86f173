/** What `coracle store …` does, with its output: a look at the file of a cluster, and the last resort when it is damaged. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { salvageSqliteStore, verifySqliteStore } from "../storage/sqlite/index.ts";
import { machineLock } from "./machine-lock.ts";
import { storeFile } from "./open-store.ts";
import { consoleProgress } from "./progress.ts";
import { type ClusterSelection, requireCluster, type SelectedCluster } from "./selection.ts";
import { setAside } from "./set-aside.ts";
import { whileStopped } from "./stopped-cluster.ts";
import { systemClock as clock } from "./system-clock.ts";

/** The problems there is room for on a screen. */
const SHOWN = 20;

/** Returns the exit code: 0 when every byte is as it was written. The cluster may run meanwhile. */
export async function storeVerify(selection: ClusterSelection): Promise<number> {
  const cluster = await requireCluster(selection);
  const file = fileOf(cluster);
  const progress = consoleProgress();
  const { rows, revision, problems } = await progress.step(`Reading all of ${file}`, () => verifySqliteStore(file));
  if (problems.length === 0) {
    progress.note(`Sound: ${rows} versions up to revision ${revision}.`);
    return 0;
  }
  progress.note(`Damaged: ${problems.length} problems; ${rows} versions are as they were written.`);
  for (const problem of problems.slice(0, SHOWN)) progress.note(`  ${problem}`);
  if (problems.length > SHOWN) progress.note(`  … and ${problems.length - SHOWN} more`);
  progress.note("Restore a snapshot (`coracle snapshot restore FILE --force`), or keep what can still be read (`coracle store salvage`).");
  return 1;
}

/** Puts a new file with what can still be read in the place of a damaged one, which it keeps. */
export async function storeSalvage(selection: ClusterSelection, signal: AbortSignal): Promise<void> {
  const cluster = await requireCluster(selection);
  const { config, layout } = cluster;
  const file = fileOf(cluster);
  if (!existsSync(file)) throw new Error(`cannot salvage the store of cluster ${JSON.stringify(config.name)}: there is no "${file}"`);
  using _lock = await machineLock("up", clock, signal);
  using _stopped = whileStopped(`cannot salvage the store of cluster ${JSON.stringify(config.name)}`, config, layout);
  const progress = consoleProgress();
  const staging = join(layout.data, ".salvaging");
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { mode: 0o700 });
  try {
    const salvage = await progress.step("Copying what can be read", () => salvageSqliteStore(file, storeFile(staging)));
    const replaced = await setAside(layout.data, [layout.store], clock.now());
    await rename(staging, layout.store);
    progress.note(`${salvage.rows} versions were copied, ${salvage.damaged} are damaged. The damaged store lies in ${replaced}`);
    for (const reason of salvage.stoppedBy) progress.note(`  pages could not be read: ${reason}`);
    progress.note("Keys whose newest version was lost are in an older state, or gone: `coracle up`, and look at what the cluster holds.");
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function fileOf({ config, layout }: SelectedCluster): string {
  if (config.store.kind === "sqlite") return storeFile(layout.store);
  throw new Error(
    `cannot read the store of cluster ${JSON.stringify(config.name)}: its objects lie in an etcd (${config.store.endpoints.join(", ")}); see etcdctl endpoint status`,
  );
}
