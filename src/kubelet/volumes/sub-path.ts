/**
 * Sub-paths of volumes, opened one element at a time: a container of the pod may own the volume and swap a folder for
 * a symbolic link while we look, and nothing outside the volume must ever be reached (CVE-2017-1002101).
 */
import { constants } from "node:fs";
import { chmod, chown, type FileHandle, lstat, mkdir, open, readlink, realpath, stat } from "node:fs/promises";
import { join, relative } from "node:path";

/** A sub-path as a user wrote it or an expression gave it: relative, and never upwards. */
export function validateSubPath(subPath: string): void {
  if (subPath.startsWith("/")) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split("/").includes("..")) throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
}

/** An open file or folder within a volume. `path` names it by descriptor, so that later renames do not matter. */
export interface OpenedSubPath extends AsyncDisposable {
  readonly path: string;
  readonly isDirectory: boolean;
}

/**
 * Opens `subPath` below `volume`, making missing folders as upstream does (0750 of the volume's own bits and owner).
 * Symbolic links are followed only while they stay inside the volume (those of atomic volumes do).
 */
export async function openSubPath(volume: string, subPath: string): Promise<OpenedSubPath> {
  const root = await realpath(volume);
  const target = await resolveInside(root, subPath);
  const handle = await openBeneath(root, relative(root, target));
  const isDirectory = (await handle.stat()).isDirectory();
  return { path: `/proc/${process.pid}/fd/${handle.fd}`, isDirectory, [Symbol.asyncDispose]: () => handle.close() };
}

async function resolveInside(root: string, subPath: string): Promise<string> {
  const model = await stat(root);
  let current = root;
  const pending = subPath.split("/").filter((element) => element !== "" && element !== ".");
  for (let links = 0; pending.length > 0; ) {
    const next = join(current, pending.shift()!);
    if (next !== root && !next.startsWith(`${root}/`)) throw new Error(`subpath ${JSON.stringify(subPath)} leads outside of the volume`);
    const found = await lstat(next).catch(ignoreMissing);
    if (found === undefined) await makeLike(next, model);
    if (found?.isSymbolicLink() !== true) {
      current = next;
      continue;
    }
    if (++links > 40) throw new Error(`subpath ${JSON.stringify(subPath)} has too many symbolic links`);
    const linked = await readlink(next);
    if (linked.startsWith("/")) throw new Error(`subpath ${JSON.stringify(subPath)} leads outside of the volume`);
    pending.unshift(...linked.split("/").filter((element) => element !== "" && element !== "."));
  }
  return current;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
  return undefined;
}

async function makeLike(path: string, model: { mode: number; uid: number; gid: number }): Promise<void> {
  await mkdir(path);
  await chown(path, model.uid, model.gid);
  await chmod(path, model.mode & 0o7777);
}

/** Descends by descriptors with O_NOFOLLOW: a link put in the way since the look above makes it fail. */
async function openBeneath(root: string, path: string): Promise<FileHandle> {
  const openPath = 0o10000000;
  let handle = await open(root, constants.O_DIRECTORY | openPath);
  for (const element of path.split("/").filter((part) => part !== "")) {
    const parent = handle;
    try {
      handle = await open(`/proc/self/fd/${parent.fd}/${element}`, constants.O_NOFOLLOW | openPath);
    } finally {
      await parent.close();
    }
    if ((await handle.stat()).isSymbolicLink()) {
      await handle.close();
      throw new Error(`subpath element ${JSON.stringify(element)} became a symbolic link`);
    }
  }
  return handle;
}
