/** Rotates container logs: the runtime reopens its file, older ones are compressed, the oldest removed. */
import { createReadStream, createWriteStream } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { ComponentContext } from "../../client/component.ts";
import { errorText } from "../../client/errors.ts";
import type { RuntimeService } from "../cri/service.ts";
import type { RuntimeCache } from "../runtime-cache.ts";

export interface LogRotationOptions {
  readonly context: ComponentContext;
  readonly runtime: RuntimeService;
  readonly cache: RuntimeCache;
  readonly maxBytes: number;
  /** Files of one container, the current one included; at least 2. */
  readonly maxFiles: number;
}

const periodMs = 10_000;

export async function rotateLogs(options: LogRotationOptions): Promise<void> {
  const { context, cache } = options;
  while (!context.signal.aborted) {
    await context.clock.sleep(periodMs, context.signal).catch(() => {});
    for (const pod of cache.all()) {
      for (const record of pod.containers) {
        if (record.state !== "running" || record.logPath === "" || context.signal.aborted) continue;
        try {
          await rotateIfLarge(record.id, record.logPath, options);
        } catch (error) {
          context.logger.warn({ log: record.logPath, error: errorText(error) }, "cannot rotate a container's log");
        }
      }
    }
  }
}

async function rotateIfLarge(containerId: string, path: string, { context, runtime, maxBytes, maxFiles }: LogRotationOptions): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.size < maxBytes) return;
  const rotated = await rotatedFiles(path);
  for (const file of rotated.filter((name) => !name.endsWith(".gz"))) await compress(file);
  const { remove } = surplus(await rotatedFiles(path), maxFiles - 2);
  for (const file of remove) await rm(file, { force: true });
  const stamp = new Date(context.clock.now()).toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  const target = `${path}.${stamp}`;
  await rename(path, target);
  try {
    await runtime.reopenContainerLog(containerId);
  } catch (error) {
    // The runtime still writes to the old file: give it its name back.
    await rename(target, path);
    throw error;
  }
}

/** Oldest first: names carry the time of rotation. */
export function surplus(files: readonly string[], keep: number): { remove: string[] } {
  const sorted = [...files].sort();
  return { remove: sorted.slice(0, Math.max(0, sorted.length - keep)) };
}

async function rotatedFiles(path: string): Promise<string[]> {
  const prefix = `${basename(path)}.`;
  return (await readdir(dirname(path))).filter((name) => name.startsWith(prefix) && !name.endsWith(".tmp")).map((name) => join(dirname(path), name));
}

async function compress(path: string): Promise<void> {
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.tmp`, { mode: 0o640 }));
  await rename(`${path}.tmp`, `${path}.gz`);
  await rm(path);
}
