/** What may only be done to a cluster that does not run. */
import { existsSync } from "node:fs";
import { lockStore } from "../storage/sqlite/database.ts";
import type { ClusterConfig } from "./config.ts";
import type { Layout } from "./layout.ts";
import { storeFile } from "./open-store.ts";
import { isAlive, readRecord } from "./processes.ts";
import { controlPlaneProcess } from "./status.ts";

/**
 * Throws when a process of the cluster lives on this machine or has its file open; keeps others from opening that until it
 * is disposed of. `doing` reads "cannot VERB OBJECT". Held together with the machine's lock, no `up` comes between.
 */
export function whileStopped(doing: string, config: Pick<ClusterConfig, "name" | "nodes">, layout: Layout): Disposable {
  const alive = [controlPlaneProcess, ...config.nodes].filter((name) => {
    const record = readRecord(layout.run, name);
    return record !== undefined && isAlive(record);
  });
  if (alive.length > 0) throw new Error(`${doing}: the cluster runs (${alive.join(", ")}); \`coracle down --name ${config.name}\` first`);
  if (!existsSync(storeFile(layout.store))) return { [Symbol.dispose]() {} };
  try {
    return lockStore(storeFile(layout.store));
  } catch (error) {
    throw new Error(`${doing}: ${(error as Error).message}`, { cause: error });
  }
}
