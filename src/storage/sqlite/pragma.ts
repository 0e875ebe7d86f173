import type { DatabaseSync } from "node:sqlite";

/** The number that `PRAGMA name` answers with. */
export function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}
