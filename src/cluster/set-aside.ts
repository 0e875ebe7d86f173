/** What a restore or a migration replaces is moved out of the way, not removed: a wrong snapshot must not cost the right data. */
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { syncFolder } from "../storage/snapshot/index.ts";
import { stamp } from "./snapshot-schedule.ts";

/** Moves those of `paths`, all in `folder`, that exist to a new folder in it, and returns that; undefined when none does. */
export async function setAside(folder: string, paths: readonly string[], now: number): Promise<string | undefined> {
  const existing = paths.filter((path) => existsSync(path));
  if (existing.length === 0) return undefined;
  const aside = freeName(join(folder, `replaced-${stamp(now)}`));
  await mkdir(aside, { mode: 0o700 });
  for (const path of existing) await rename(path, join(aside, basename(path)));
  await syncFolder(folder);
  return aside;
}

/** The wall clock's seconds are not fine enough for everybody. */
function freeName(wanted: string): string {
  for (let count = 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted}-${count}`;
    if (!existsSync(name)) return name;
  }
}
