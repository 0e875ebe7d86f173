/** Audit events as lines in a file that only root can read, turned over by size (kube-apiserver's --audit-log-*). */
import { createReadStream, createWriteStream } from "node:fs";
import { appendFile, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { stringifyJson } from "../../machinery/json-codec.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { AuditDelegate } from "./delegate.ts";
import { legacyLine } from "./legacy-line.ts";
import type { AuditEvent } from "./trail.ts";

export const auditFormats = ["legacy", "json"] as const;
export type AuditFormat = (typeof auditFormats)[number];

export interface FileDelegateOptions {
  /** `-` for standard output. */
  readonly path: string;
  readonly logger: Logger;
  /** For the names of files turned over. Milliseconds since the epoch. */
  now(): number;
  readonly format?: AuditFormat;
  /** Default 100 MiB; 0: never turned over. */
  readonly maxBytes?: number;
  /** Files kept beside the current one; default 100, 0 for all. */
  readonly maxBackups?: number;
  /** How old they may become; default 366, 0 for however old. */
  readonly maxAgeDays?: number;
  /** Those turned over are compressed. */
  readonly compress?: boolean;
}

interface Waiting {
  readonly lines: readonly string[];
  resolve(): void;
  reject(error: unknown): void;
}

export class FileAuditDelegate implements AuditDelegate {
  readonly plugin = "log";
  readonly #options: FileDelegateOptions;
  #waiting: Waiting[] = [];
  #size: number | undefined;
  /** Keeps names of files turned over in one millisecond apart, and in order. */
  #turned = 0;
  #writing: Promise<void> | undefined;
  /** What is done to files that have been turned over. */
  #tidying: Promise<void> = Promise.resolve();

  constructor(options: FileDelegateOptions) {
    this.#options = options;
  }

  /** Whatever comes while the disk is busy goes there in one piece. */
  process(events: readonly AuditEvent[]): Promise<void> {
    const { format = "json" } = this.#options;
    const lines = events.map((event) => `${format === "json" ? stringifyJson(event) : legacyLine(event)}\n`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ lines, resolve, reject });
    this.#writing ??= this.#write();
    return promise;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#tidying;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0);
      try {
        await this.#append(taken.flatMap(({ lines }) => lines));
        for (const { resolve } of taken) resolve();
      } catch (error) {
        for (const { reject } of taken) reject(error);
      }
    }
    this.#writing = undefined;
  }

  async #append(lines: readonly string[]): Promise<void> {
    const { path, maxBytes = 100 * 1024 * 1024 } = this.#options;
    if (path === "-") return print(lines.join(""));
    this.#size ??= await opened(path);
    let [batch, bytes]: [string[], number] = [[], 0];
    for (const line of lines) {
      const length = Buffer.byteLength(line);
      if (maxBytes > 0 && this.#size + bytes + length > maxBytes && this.#size + bytes > 0) {
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
    const turned = join(folder, `${stem}-${time}-${serial}${extension}`);
    await rename(path, turned);
    this.#size = 0;
    // Nobody waits for it, and what goes wrong here has lost no event.
    this.#tidying = this.#tidying
      .then(() => this.#tidy(turned))
      .catch((error: unknown) => this.#options.logger.error({ err: error, path: turned }, "cannot tidy up old audit logs"));
  }

  async #tidy(turned: string): Promise<void> {
    if (this.#options.compress === true) await compressed(turned);
    await this.#removeOld();
  }

  /** Nothing but files of the form that `#rotate` gives them. */
  async #removeOld(): Promise<void> {
    const { path, now, maxBackups = 100, maxAgeDays = 366 } = this.#options;
    const { folder, stem, extension } = partsOf(path);
    const turned = (await readdir(folder))
      .map((name) => ({ name, plain: name.endsWith(".gz") ? name.slice(0, -3) : name }))
      .filter(({ plain }) => plain.startsWith(`${stem}-`) && plain.endsWith(extension))
      .map(({ name, plain }) => ({ name, at: turnedAt(plain.slice(stem.length + 1, plain.length - extension.length)) }))
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

/** Whole or not at all: a reader never finds half of it under its name. */
async function compressed(path: string): Promise<void> {
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz.new`, { mode: 0o600 }));
  await rename(`${path}.gz.new`, `${path}.gz`);
  await rm(path);
}

function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())));
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
