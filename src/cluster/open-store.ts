/** Opens the store that a cluster has chosen. Loads only the code of that one: an etcd's client costs a small cluster nothing. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { EtcdTls } from "../storage/etcd/cluster.ts";
import type { EtcdStore } from "../storage/etcd/etcd-store.ts";
import type { Store } from "../storage/store.ts";
import type { EtcdStoreConfig, StoreConfig } from "./store-choice.ts";

export interface OpenStoreOptions {
  /** Folder of the sqlite store. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Throws StoreUnavailableError when no member of the etcd answers, StoreCorruptError when the file is damaged. */
export async function openStore(config: StoreConfig, { folder, clock, logger }: OpenStoreOptions): Promise<Store> {
  if (config.kind === "etcd") return openEtcd(config, { clock, logger });
  const { openSqliteStore } = await import("../storage/sqlite/open-sqlite-store.ts");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return openSqliteStore({ path: storeFile(folder), clock, logger });
}

/** The file of a sqlite store in its folder. */
export function storeFile(folder: string): string {
  return join(folder, "store.db");
}

/** The etcd as it is: for a cluster's revisions, see `src/storage/etcd/revision-offset.ts`. */
export async function connectEtcd(config: EtcdStoreConfig, { clock, logger }: Pick<OpenStoreOptions, "clock" | "logger">): Promise<EtcdStore> {
  const { connectEtcdStore } = await import("../storage/etcd/etcd-store.ts");
  return connectEtcdStore({ endpoints: config.endpoints, tls: etcdTls(config), clock, logger });
}

async function openEtcd(config: EtcdStoreConfig, options: Pick<OpenStoreOptions, "clock" | "logger">): Promise<Store> {
  const { readRevisionOffset, withRevisionOffset } = await import("../storage/etcd/revision-offset.ts");
  const etcd = await connectEtcd(config, options);
  try {
    const offset = await readRevisionOffset(etcd);
    return offset === 0 ? etcd : withRevisionOffset(etcd, offset);
  } catch (error) {
    await etcd.close();
    throw error;
  }
}

function etcdTls({ ca, cert, key }: EtcdStoreConfig): EtcdTls {
  return {
    ...(ca === undefined ? {} : { ca: readFileSync(ca, "utf8") }),
    ...(cert === undefined ? {} : { certificate: readFileSync(cert, "utf8") }),
    ...(key === undefined ? {} : { key: readFileSync(key, "utf8") }),
  };
}
