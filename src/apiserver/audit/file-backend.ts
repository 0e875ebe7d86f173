/** Audit events as lines of JSON in a file that only root can read, turned over by size. */
import { appendFile, readdir, rename, rm, stat } from "node:fs/promises";
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
  /** Files kept beside the current one; default 10. */
  readonly maxBackups?: number;
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
    this.#size ??= await sizeOf(path);
    let batch = "";
    for (const line of lines) {
      if (this.#size + batch.length + line.length > maxBytes && this.#size + batch.length > 0) {
        await this.#flush(batch);
        batch = "";
        await this.#rotate();
      }
      batch += line;
    }
    await this.#flush(batch);
  }

  async #flush(text: string): Promise<void> {
    if (text === "") return;
    await appendFile(this.#options.path, text, { mode: 0o600 });
    this.#size = (this.#size ?? 0) + Buffer.byteLength(text);
  }

  /** `audit.log` becomes `audit-2026-01-01T00-00-00.000Z-000000.log`. */
  async #rotate(): Promise<void> {
    const { path, now, maxBackups = 10 } = this.#options;
    const folder = dirname(path);
    const extension = extname(path);
    const stem = basename(path, extension);
    const time = new Date(now()).toISOString().replaceAll(":", "-");
    const before = (await readdir(folder)).filter((name) => name.startsWith(`${stem}-`) && name.endsWith(extension)).sort();
    const serial = String(this.#turned++).padStart(6, "0");
    await rename(path, join(folder, `${stem}-${time}-${serial}${extension}`));
    const surplus = before.slice(0, Math.max(0, before.length + 1 - maxBackups));
    await Promise.all(surplus.map((name) => rm(join(folder, name), { force: true })));
    this.#size = 0;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
}
