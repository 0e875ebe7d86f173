/** What `coracle snapshot …` does, with its output. */
import { resolve } from "node:path";
import { type VerifiedSnapshot, verifySnapshot } from "../storage/snapshot/index.ts";
import { snapshotCluster, snapshotPath } from "./cluster-snapshot.ts";
import { type ClusterConfig, loadClusterConfig, saveClusterConfig } from "./config.ts";
import { createLogger } from "./logger.ts";
import { machineLock } from "./machine-lock.ts";
import { consoleProgress } from "./progress.ts";
import { type ClusterSelection, requireCluster } from "./selection.ts";
import { migrateCluster } from "./snapshot-migrate.ts";
import { percent, type RestoreOptions, restoreCluster } from "./snapshot-restore.ts";
import { formatEvery, parseEvery, type SnapshotSchedule } from "./snapshot-schedule.ts";
import { chooseStore, type StoreFlags } from "./store-choice.ts";
import { systemClock as clock } from "./system-clock.ts";

/** Only what a person has to know: steps tell the rest. */
const quiet = () => createLogger(process.env["CORACLE_LOG_LEVEL"] ?? "error");

export async function snapshotSave(selection: ClusterSelection, file: string | undefined, signal: AbortSignal): Promise<void> {
  const { config, layout } = await requireCluster(selection);
  const progress = consoleProgress();
  const path = file === undefined ? snapshotPath(layout, config.name, clock.now()) : resolve(file);
  const saved = await progress.step(`Saving cluster ${config.name}`, (tell) =>
    snapshotCluster({ config, layout, clock, logger: quiet(), path, signal, progress: (keys, of) => tell(`${percent(keys, of)} of ${of} keys`) }),
  );
  progress.note(`${path}: ${saved.keys} keys at revision ${saved.revision}, ${saved.sizeBytes} bytes, SHA-256 ${saved.hash}`);
  progress.note("It holds the cluster's Secrets and private keys: whoever has it can be its administrator.");
}

/** Throws when the file is not whole. */
export async function snapshotStatus(file: string, output: "table" | "json", signal: AbortSignal): Promise<void> {
  const description = describe(await verifySnapshot(file, { signal }));
  if (output === "json") console.log(JSON.stringify(description, undefined, 2));
  else for (const [name, value] of Object.entries(description)) console.log(`${name.padEnd(16)}${Array.isArray(value) ? value.join(" ") : value}`);
}

/** Without the contents of files. */
function describe({ files, leases, ...snapshot }: VerifiedSnapshot): Readonly<Record<string, unknown>> {
  const { path, cluster, takenAt, store, program, revision, compactRevision, keys, valueBytes, sizeBytes, hash, content } = snapshot;
  const paths = files.map((file) => file.path);
  return { path, cluster, takenAt, store, program, revision, compactRevision, keys, valueBytes, sizeBytes, hash, content, leases: leases.length, files: paths };
}

export async function snapshotRestore(options: RestoreOptions, signal: AbortSignal): Promise<void> {
  const progress = consoleProgress();
  const { config, snapshot, revision, replaced } = await restoreCluster(options, { progress, clock, logger: quiet(), signal });
  if (replaced !== undefined) progress.note(`What was there before lies in ${replaced}`);
  progress.note(
    `Cluster ${config.name} is as it was at ${snapshot.takenAt} (${snapshot.keys} keys, revision ${snapshot.revision}); its store begins at revision ${revision}.`,
  );
  progress.note(`Start it: ${startCommand(config)}${options.dataDir === undefined ? "" : ` --data-dir ${config.dataDir}`}`);
}

export interface MigrateFlags extends ClusterSelection, Omit<StoreFlags, "store"> {
  readonly to: "sqlite" | "etcd";
  readonly force: boolean;
}

/** What the cluster was started by before. */
function startCommand({ name, server }: ClusterConfig): string {
  return `coracle ${server === undefined ? "up" : "server"}${named(name)}`;
}

export async function snapshotMigrate({ to, force, ...flags }: MigrateFlags, signal: AbortSignal): Promise<void> {
  const { config, layout } = await requireCluster(flags);
  const progress = consoleProgress();
  const store = chooseStore(config.name, { ...flags, store: to }, undefined);
  const { snapshot, target, replaced } = await migrateCluster({ config, layout, to: store, force, progress, clock, logger: quiet(), signal });
  progress.note(`${target.keys} keys lie in ${to} now, the same as before: SHA-256 of keys and values ${target.content}`);
  if (replaced !== undefined) progress.note(`The file that held them lies in ${replaced}`);
  if (config.store.kind === "etcd") progress.note("The etcd keeps its copy; nothing writes there any more.");
  progress.note(`A way back: ${snapshot.path}\nStart it: ${startCommand(config)}`);
}

export interface ScheduleFlags extends ClusterSelection {
  /** As `parseEvery` reads it. */
  readonly every?: string;
  readonly keep?: number;
  readonly dir?: string;
  readonly off?: boolean;
}

const DEFAULT_KEEP = 7;

/** Without any flag prints what is in force. */
export async function snapshotSchedule(flags: ScheduleFlags, signal: AbortSignal): Promise<void> {
  const { layout } = await requireCluster(flags);
  using _lock = await machineLock("up", clock, signal);
  const config = await loadClusterConfig(layout.configFile);
  if (config === undefined) throw new Error(`cannot schedule snapshots: ${layout.configFile} has gone`);
  const wanted = wantedSchedule(flags, config.snapshots);
  if (wanted !== config.snapshots) {
    const { snapshots: _before, ...rest } = config;
    await saveClusterConfig(layout.configFile, wanted === undefined ? rest : { ...rest, snapshots: wanted });
  }
  console.log(wanted === undefined ? "No snapshots are scheduled." : scheduleText(wanted, layout.snapshots));
}

function wantedSchedule(flags: ScheduleFlags, existing: SnapshotSchedule | undefined): SnapshotSchedule | undefined {
  const { every, keep, dir, off } = flags;
  const given = every !== undefined || keep !== undefined || dir !== undefined;
  if (off && given) throw new Error("cannot schedule snapshots: --off stands alone");
  if (off) return undefined;
  if (!given) return existing;
  if (every === undefined && existing === undefined) throw new Error("cannot schedule snapshots: --every is missing");
  const folder = dir === undefined ? existing?.folder : resolve(dir);
  return {
    everySeconds: every === undefined ? (existing as SnapshotSchedule).everySeconds : parseEvery(every),
    keep: keep ?? existing?.keep ?? DEFAULT_KEEP,
    ...(folder === undefined ? {} : { folder }),
  };
}

function scheduleText({ everySeconds, keep, folder }: SnapshotSchedule, defaultFolder: string): string {
  const text = `A snapshot every ${formatEvery(everySeconds)} while the cluster runs, the newest ${keep} are kept, in ${folder ?? defaultFolder}`;
  return folder === undefined ? `${text}\nThat folder goes with \`down --purge\`, and with the disk of this machine: --dir names another.` : text;
}

function named(name: string): string {
  return name === "default" ? "" : ` --name ${name}`;
}
