/**
 * Writes a volume's files so that readers see all of the old or all of the new ones:
 *
 *   ..2026_01_02_03_04_05.123   the files
 *   ..data -> ..2026_01_02_…    replaced in one rename
 *   key -> ..data/key           one link for each first path element
 *
 * The layout is visible to programs in pods (they watch ..data), so it is the one Kubernetes has.
 */
import { chmod, lchown, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Payload, PayloadFile } from "./payload.ts";

export interface AtomicWriteOptions {
  readonly directory: string;
  readonly payload: Payload;
  /** Group that owns the files and may read them. */
  readonly fsGroup: number | undefined;
  /** Names the folder of this version; any two versions must differ. */
  readonly nowMs: number;
}

const dataLink = "..data";

/** Returns false when the folder already held exactly these files. */
export async function writeAtomically(options: AtomicWriteOptions): Promise<boolean> {
  const { directory, payload } = options;
  for (const path of payload.keys()) validatePath(path);
  const current = await currentVersion(directory);
  if (current !== undefined && (await holds(join(directory, current), options))) return false;
  const version = versionName(options.nowMs, current);
  await writeVersion(join(directory, version), options);
  await symlink(version, join(directory, "..data_tmp"));
  await rename(join(directory, "..data_tmp"), join(directory, dataLink));
  await linkFirstElements(directory, payload, options.fsGroup);
  if (current !== undefined) await rm(join(directory, current), { recursive: true, force: true });
  return true;
}

function validatePath(path: string): void {
  const elements = path.split("/");
  if (path === "" || path.startsWith("/") || elements.includes("..") || elements[0]!.startsWith("..")) {
    throw new Error(`invalid path ${JSON.stringify(path)}: must be relative, must not contain '..' nor begin with it`);
  }
}

async function currentVersion(directory: string): Promise<string | undefined> {
  await rm(join(directory, "..data_tmp"), { force: true });
  try {
    return await readlink(join(directory, dataLink));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function versionName(nowMs: number, current: string | undefined): string {
  const stamp = new Date(nowMs).toISOString().replace(/[-:T]/g, "_").replace("Z", "");
  return `..${stamp}` === current ? `..${stamp}_1` : `..${stamp}`;
}

async function holds(directory: string, { payload, fsGroup }: AtomicWriteOptions): Promise<boolean> {
  const found = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  if (found.length !== payload.size) return false;
  for (const [path, file] of payload) {
    try {
      const target = join(directory, path);
      const { mode } = await stat(target);
      if ((mode & 0o777) !== fileMode(file, fsGroup) || !(await readFile(target)).equals(file.data)) return false;
    } catch {
      return false;
    }
  }
  return true;
}

/** The owning group may read, and owner and group keep what the file's own mode gives. */
function fileMode(file: PayloadFile, fsGroup: number | undefined): number {
  return fsGroup === undefined ? file.mode & 0o777 : (file.mode | 0o440) & 0o777;
}

async function writeVersion(directory: string, { payload, fsGroup }: AtomicWriteOptions): Promise<void> {
  await makeDirectory(directory, fsGroup);
  for (const [path, file] of payload) {
    const target = join(directory, path);
    if (path.includes("/")) await makeDirectory(dirname(target), fsGroup);
    await writeFile(target, file.data);
    if (fsGroup !== undefined || file.uid !== undefined) await lchown(target, file.uid ?? 0, fsGroup ?? 0);
    // After the change of owner, and past the umask.
    await chmod(target, fileMode(file, fsGroup));
  }
}

async function makeDirectory(path: string, fsGroup: number | undefined): Promise<void> {
  await mkdir(path, { recursive: true });
  if (fsGroup !== undefined) await lchown(path, 0, fsGroup);
  await chmod(path, fsGroup === undefined ? 0o755 : 0o2775);
}

async function linkFirstElements(directory: string, payload: Payload, fsGroup: number | undefined): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split("/")[0]!));
  const present = new Set((await readdir(directory)).filter((name) => !name.startsWith("..")));
  for (const name of wanted) {
    if (present.has(name)) continue;
    await symlink(join(dataLink, name), join(directory, name));
    if (fsGroup !== undefined) await lchown(join(directory, name), 0, fsGroup);
  }
  for (const name of present) if (!wanted.has(name)) await rm(join(directory, name), { force: true });
}
