/** Lines of a log file as they are written, across rotations. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../../machinery/clock.ts";
import { FolderWatch } from "./folder-watch.ts";
import { tailOffset } from "./tail.ts";

export interface FollowOptions {
  /** Whether more may come: asked at the end of the file, and once false whatever is there is read and that is all. */
  isRunning(): boolean;
  readonly clock: Clock;
}

export interface LogFileOptions {
  readonly tailLines: number | undefined;
  readonly follow: FollowOptions | undefined;
  readonly signal: AbortSignal;
}

const chunkSize = 64 * 1024;
const newline = 0x0a;
/** How soon the end of a container is noticed when it wrote nothing at its end. */
const checkPeriodMs = 500;

/**
 * Batches of whole lines, each with its newline; the last line of all may lack it. Rejects when the file cannot be
 * opened; the first batch is empty and says that it could.
 */
export async function* readLogLines(path: string, options: LogFileOptions): AsyncGenerator<readonly Buffer[]> {
  const { follow, signal } = options;
  using changes = follow === undefined ? undefined : new FolderWatch(dirname(path), follow.clock);
  await using cursor = await LogCursor.open(path, options.tailLines);
  yield [];
  let rest: Buffer = Buffer.alloc(0);
  // Asked before reading, so that what was written before the end is read after it.
  let running = follow !== undefined;
  while (!signal.aborted) {
    const chunk = await cursor.read();
    if (chunk.length > 0) {
      const { lines, remainder } = splitLines(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]));
      rest = remainder;
      if (lines.length > 0) yield lines;
    } else if (follow === undefined) {
      break;
    } else if (!(await cursor.followRotation())) {
      if (!running) break;
      running = follow.isRunning();
      if (running) await changes?.wait(checkPeriodMs, signal);
    }
  }
  if (rest.length > 0 && !signal.aborted) yield [rest];
}

/** A place in a log file that may be rotated: renamed, with a new file at its path. */
class LogCursor implements AsyncDisposable {
  readonly #path: string;
  #file: FileHandle;
  #position: number;

  private constructor(path: string, file: FileHandle, position: number) {
    this.#path = path;
    this.#file = file;
    this.#position = position;
  }

  static async open(path: string, tailLines: number | undefined): Promise<LogCursor> {
    const file = await open(path);
    try {
      return new LogCursor(path, file, tailLines === undefined ? 0 : await tailOffset(file, (await file.stat()).size, tailLines));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Empty at the end of the file. */
  async read(): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(chunkSize), 0, chunkSize, this.#position);
    this.#position += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  /** Whether reading may go on at once: in the file that took this one's place, or in what came to this one before that. */
  async followRotation(): Promise<boolean> {
    const ours = await this.#file.stat();
    const current = await ifThere(stat(this.#path));
    if (current === undefined || (current.ino === ours.ino && current.dev === ours.dev)) return false;
    if (this.#position < (await this.#file.stat()).size) return true;
    const next = await ifThere(open(this.#path));
    if (next === undefined) return false;
    await this.#file.close();
    this.#file = next;
    this.#position = 0;
    return true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }
}

function splitLines(data: Buffer): { lines: Buffer[]; remainder: Buffer } {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = data.indexOf(newline); end >= 0; end = data.indexOf(newline, start)) {
    lines.push(data.subarray(start, end + 1));
    start = end + 1;
  }
  return { lines, remainder: data.subarray(start) };
}

async function ifThere<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
