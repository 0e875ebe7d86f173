/** `coracle snapshot …` and `coracle store …`. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { MigrateFlags, ScheduleFlags } from "../cluster/snapshot-commands.ts";
import type { StoreFlags } from "../cluster/store-choice.ts";
import { addEtcdFlags, addStoreFlags } from "./store-flags.ts";

interface ClusterFlags {
  readonly name: string;
  readonly dataDir?: string;
}

const load = () => import("../cluster/snapshot-commands.ts");

export function addSnapshot(program: Command, signal: AbortSignal): void {
  const snapshot = program.command("snapshot").description("save a cluster to a file, look at one, restore it, take them by schedule, move between stores");

  clusterCommand(snapshot, "save", "write everything there is, as of one moment, to a file; the cluster may run or not")
    .argument("[file]", "where to (default: a new file in the folder `snapshots` of the cluster's data)")
    .action(async (file: string | undefined, flags: ClusterFlags) => (await load()).snapshotSave(flags, file, signal));

  snapshot
    .command("status")
    .description("check every byte of a snapshot and show what it is; exit code 0 only when it is whole")
    .argument("<file>")
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json"]).default("table"))
    .action(async (file: string, { output }: { output: "table" | "json" }) => (await load()).snapshotStatus(file, output, signal));

  addStoreFlags(
    snapshot
      .command("restore")
      .description("make a stopped cluster of a snapshot, here or on another machine; `up` then starts it")
      .argument("<file>")
      .option("--name <name>", "name of the cluster (default: as in the snapshot)")
      .option("--data-dir <folder>", "where the cluster is to keep its data (default: /var/lib/coracle/NAME)")
      .option("--force", "set aside a cluster that is there; in an etcd, replace its keys"),
  ).action(async (file: string, { force, ...flags }: StoreFlags & Partial<ClusterFlags> & { force?: boolean }) =>
    (await load()).snapshotRestore({ ...flags, file, force: force === true }, signal),
  );

  clusterCommand(snapshot, "schedule", "take snapshots while the cluster runs; without flags show the schedule")
    .option("--every <time>", "such as 6h, 90m or 1d")
    .option("--keep <count>", "how many of them to keep (default: 7)", positive)
    .option("--dir <folder>", "where to keep them (default: the folder `snapshots` of the cluster's data)")
    .option("--off", "take no more")
    .action(async (flags: ScheduleFlags) => (await load()).snapshotSchedule(flags, signal));

  addEtcdFlags(
    clusterCommand(snapshot, "migrate", "move the objects of a stopped cluster to another kind of store")
      .addOption(new Option("--to <kind>", "where to").choices(["sqlite", "etcd"]).makeOptionMandatory())
      .option("--force", "replace the keys of a cluster that lie in the etcd already"),
  ).action(async ({ force, ...flags }: Omit<MigrateFlags, "force"> & { force?: boolean }) =>
    (await load()).snapshotMigrate({ ...flags, force: force === true }, signal),
  );
}

export function addStore(program: Command, signal: AbortSignal): void {
  const store = program.command("store").description("the file that a cluster's objects lie in");
  const commands = () => import("../cluster/store-commands.ts");

  clusterCommand(store, "verify", "check every byte of it; exit code 0 only when it is sound").action(async (flags: ClusterFlags) => {
    process.exitCode = await (await commands()).storeVerify(flags);
  });

  clusterCommand(store, "salvage", "the last resort for a damaged file without a snapshot: keep what can still be read").action(async (flags: ClusterFlags) =>
    (await commands()).storeSalvage(flags, signal),
  );
}

function clusterCommand(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option("--name <name>", "name of the cluster", "default")
    .option("--data-dir <folder>", "where the cluster keeps its data (default: /var/lib/coracle/NAME)");
}

function positive(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("it must be a whole number above 0.");
  return count;
}
