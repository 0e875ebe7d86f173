/**
 * What makes a cluster besides its objects: without its keys, the objects restored elsewhere would have Secrets that nobody
 * can read, tokens that nobody believes and clients that are turned away.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import type { SnapshotFile } from "../storage/snapshot/index.ts";
import { fileFlags } from "./api-server-flags.ts";
import type { ClusterConfig } from "./config.ts";
import type { Layout } from "./layout.ts";

const CONFIG = "cluster.json";
/** Files that lie where the user wanted them are kept here in a restored cluster. */
const NAMED_FILES = { encryptionConfig: "config/encryption-config.yaml", auditPolicy: "config/audit-policy.yaml" } as const;
/** Folders of the data directory that a snapshot's files may go to. */
const FOLDERS = ["pki", "config"];

/** Keys and certificates, the cluster's configuration and the files it names, as they are now. */
export function clusterFiles(config: ClusterConfig, layout: Layout): SnapshotFile[] {
  const pki = existsSync(layout.pki) ? readdirSync(layout.pki, { withFileTypes: true, recursive: true }) : [];
  const keys = pki.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const named = namedFiles(config).map(({ path, file }) => ({ path, bytes: readFileSync(file) }));
  return [
    { path: CONFIG, bytes: Buffer.from(JSON.stringify(config)) },
    ...keys.sort().map((file) => ({ path: `pki/${relative(layout.pki, file).split(sep).join("/")}`, bytes: readFileSync(file) })),
    ...named,
  ];
}

function namedFiles({ apiServer = {}, ...config }: ClusterConfig): { path: string; file: string }[] {
  const settings = Object.entries(NAMED_FILES).map(([field, path]) => ({ path, file: config[field as keyof typeof NAMED_FILES] }));
  const flags = fileFlags.map((flag) => ({ path: flagPath(flag), file: apiServer[flag] }));
  return [...settings, ...flags].flatMap(({ path, file }) => (file === undefined ? [] : [{ path, file }]));
}

function flagPath(flag: string): string {
  return `config/api-server/${flag}`;
}

/** The configuration as it was, but for what belongs to the place: the files it names lie in the data folder now. */
export function configOf(files: readonly SnapshotFile[], place: Pick<ClusterConfig, "name" | "dataDir" | "store">): ClusterConfig {
  const file = files.find(({ path }) => path === CONFIG);
  if (file === undefined) throw new Error("cannot restore a cluster: the snapshot holds no configuration");
  const config = JSON.parse(Buffer.from(file.bytes).toString()) as ClusterConfig;
  const named = Object.entries(NAMED_FILES).flatMap(([field, path]) =>
    files.some((each) => each.path === path) ? [[field, join(place.dataDir, path)] as const] : [],
  );
  const flags = fileFlags.flatMap((flag) => (files.some(({ path }) => path === flagPath(flag)) ? [[flag, join(place.dataDir, flagPath(flag))] as const] : []));
  const apiServer = { ...config.apiServer, ...Object.fromEntries(flags) };
  return { ...config, ...place, ...Object.fromEntries(named), ...(config.apiServer === undefined ? {} : { apiServer }) };
}

/** Writes all but the configuration below `folder`, synced, readable by their owner only. */
export async function writeClusterFiles(files: readonly SnapshotFile[], folder: string): Promise<void> {
  for (const { path, bytes } of files) {
    if (path === CONFIG) continue;
    const parts = path.split("/");
    if (parts.length < 2 || !FOLDERS.includes(parts[0] ?? "") || parts.includes(".."))
      throw new Error(`cannot restore file ${JSON.stringify(path)}: no cluster has one`);
    const file = join(folder, ...parts);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
