/** hostPath volumes: checks what is there, makes what may be made. */

import type { Stats } from "node:fs";
import { chmod, mkdir, open, stat } from "node:fs/promises";
import { VolumeError } from "./payload.ts";

const kinds: Record<string, { readonly holds: (found: Stats) => boolean; readonly text: string }> = {
  Directory: { holds: (found) => found.isDirectory(), text: "a directory" },
  DirectoryOrCreate: { holds: (found) => found.isDirectory(), text: "a directory" },
  File: { holds: (found) => found.isFile(), text: "a file" },
  FileOrCreate: { holds: (found) => found.isFile(), text: "a file" },
  Socket: { holds: (found) => found.isSocket(), text: "a socket file" },
  CharDevice: { holds: (found) => found.isCharacterDevice(), text: "a character device" },
  BlockDevice: { holds: (found) => found.isBlockDevice(), text: "a block device" },
};

/** `type` as in HostPathVolumeSource; "" checks nothing, and the runtime makes a folder if there is none. */
export async function prepareHostPath(path: string, type: string): Promise<void> {
  if (type === "") return;
  const kind = kinds[type];
  if (kind === undefined) throw new VolumeError(`hostPath type check failed: ${type} is an invalid volume type`);
  const found = await statOrUndefined(path);
  if (found === undefined && type === "DirectoryOrCreate") return makeDirectory(path);
  if (found === undefined && type === "FileOrCreate") return makeFile(path);
  if (found === undefined || !kind.holds(found)) throw new VolumeError(`hostPath type check failed: ${path} is not ${kind.text}`);
}

async function statOrUndefined(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
}

async function makeFile(path: string): Promise<void> {
  await (await open(path, "a", 0o644)).close();
}
