/** Audit events as lines of JSON in a file that only root can read, turned over by size. */
import { appendFile, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { stringifyJson } from "../../machinery/json-codec.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { AuditBackend, AuditEvent } from "./trail.ts";

export interface FileBackendOptions {
  readonly path: string;
  readonly logger: Logger;
  /** For the names of files turned over. Milliseconds since the epoch. */
  now(): number;
  /** Default 100 MiB. */
  readonly maxBytes?: number;
  /** Files kept beside the current one; default 10, 0 for all. */
  readonly maxBackups?: number;
  /** How old they may become; default 0, however old. */
  readonly maxAgeDays?: number;
}

export class FileAuditBackend implements AuditBackend {
  readonly #options: FileBackendOptions;
  #lines: string[] = [];
  #size: number | undefined;
  /** Keeps names of files turned over in one millisecond apart, and in order. */
  #turned = 0;
  #writing: Promise<void> | undefined;

  constructor(options: FileBackendOptions) {
    this.#options = options;
  }

  record(event: AuditEvent): void {
    this.#lines.push(`${stringifyJson(event)}\n`);
    this.#writing ??= this.#write();
  }

  async close(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#lines.length > 0) {
      const lines = this.#lines.splice(0);
      try {
        await this.#append(lines);
      } catch (error) {
        this.#options.logger.error({ err: error, path: this.#options.path, events: lines.length }, "cannot write audit events");
      }
    }
    this.#writing = undefined;
  }

  async #append(lines: readonly string[]): Promise<void> {
    const { path, maxBytes = 100 * 1024 * 1024 } = this.#options;
    this.#size ??= await opened(path);
    let [batch, bytes]: [string[], number] = [[], 0];
    for (const line of lines) {
      const length = Buffer.byteLength(line);
      if (this.#size + bytes + length > maxBytes && this.#size + bytes > 0) {
        await this.#flush(batch.join(""), bytes);
        [batch, bytes] = [[], 0];
        await this.#rotate();
      }
      batch.push(line);
      bytes += length;
    }
    await this.#flush(batch.join(""), bytes);
  }

  async #flush(text: string, bytes: number): Promise<void> {
    if (bytes === 0) return;
    await appendFile(this.#options.path, text, { mode: 0o600 });
    this.#size = (this.#size ?? 0) + bytes;
  }

  /** `audit.log` becomes `audit-2026-01-01T00-00-00.000Z-000000.log`. */
  async #rotate(): Promise<void> {
    const { path, now } = this.#options;
    const { folder, stem, extension } = partsOf(path);
    const time = new Date(now()).toISOString().replaceAll(":", "-");
    const serial = String(this.#turned++).padStart(6, "0");
    await rename(path, join(folder, `${stem}-${time}-${serial}${extension}`));
    this.#size = 0;
    await this.#removeOld();
  }

  /** Nothing but files of the form that `#rotate` gives them. */
  async #removeOld(): Promise<void> {
    const { path, now, maxBackups = 10, maxAgeDays = 0 } = this.#options;
    const { folder, stem, extension } = partsOf(path);
    const turned = (await readdir(folder))
      .filter((name) => name.startsWith(`${stem}-`) && name.endsWith(extension))
      .map((name) => ({ name, at: turnedAt(name.slice(stem.length + 1, name.length - extension.length)) }))
      .filter(({ at }) => at !== undefined)
      .sort((a, b) => (a.name < b.name ? 1 : -1));
    const oldest = maxAgeDays === 0 ? Number.NEGATIVE_INFINITY : now() - maxAgeDays * dayMs;
    const surplus = turned.filter(({ at = 0 }, index) => (maxBackups > 0 && index >= maxBackups) || at < oldest);
    await Promise.all(surplus.map(({ name }) => rm(join(folder, name), { force: true })));
  }
}

const dayMs = 24 * 3_600_000;

function partsOf(path: string): { folder: string; stem: string; extension: string } {
  const extension = extname(path);
  return { folder: dirname(path), stem: basename(path, extension), extension };
}

/** Milliseconds since the epoch; undefined for what no turned-over file is called. */
function turnedAt(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3}Z)-\d{6}$/.exec(text);
  if (match === null) return undefined;
  const [, day, hours, minutes, seconds] = match;
  return Date.parse(`${day}${hours}:${minutes}:${seconds}`);
}

/** Makes the folder where there is none; the size of what lies there already. */
async function opened(path: string): Promise<number> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
}
