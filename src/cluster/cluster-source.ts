/** A cluster's objects at one revision, whether it runs or not. */
import { existsSync } from "node:fs";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { readRevisionOffset, withRevisionOffset } from "../storage/etcd/revision-offset.ts";
import { CLUSTER_PREFIX, openSqliteSource, openStoreSource, type SnapshotSource } from "../storage/snapshot/index.ts";
import type { ClusterConfig } from "./config.ts";
import type { Layout } from "./layout.ts";
import { connectEtcd, storeFile } from "./open-store.ts";

export interface ClusterSourceOptions {
  readonly config: ClusterConfig;
  readonly layout: Layout;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** sqlite: the file, in a read transaction beside the control plane's own connections. etcd: its KV API, in pages. */
export async function openClusterSource({ config, layout, clock, logger }: ClusterSourceOptions): Promise<SnapshotSource> {
  if (config.store.kind === "sqlite") {
    const file = storeFile(layout.store);
    if (!existsSync(file)) throw new Error(`cannot read the store of cluster ${JSON.stringify(config.name)}: there is no "${file}"`);
    return openSqliteSource(file);
  }
  const etcd = await connectEtcd(config.store, { clock, logger });
  try {
    const store = withRevisionOffset(etcd, await readRevisionOffset(etcd));
    const source = await openStoreSource({ store, prefix: CLUSTER_PREFIX, describeLease: (id) => etcd.describeLease(id) });
    return { ...source, [Symbol.asyncDispose]: () => etcd.close() };
  } catch (error) {
    await etcd.close();
    throw error;
  }
}
