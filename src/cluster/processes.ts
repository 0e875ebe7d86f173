/**
 * Processes of a cluster outlive the command that started them, so each leaves a record in the run directory. A process
 * id alone can be reused by a stranger; together with the start time it cannot, so nothing else is ever signalled.
 */
import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../machinery/clock.ts";

export interface ProcessRecord {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTime: number;
}

/** The start time of a living process; undefined when there is none (zombies count as gone). */
export function processStartTime(pid: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined; // No such process.
  }
  // The command name in parentheses may hold spaces: count fields from after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : Number(fields[19]);
}

export function isAlive(record: ProcessRecord): boolean {
  return processStartTime(record.pid) === record.startTime;
}

export function writeRecord(runDir: string, name: string, pid: number): ProcessRecord {
  const startTime = processStartTime(pid);
  if (startTime === undefined) throw new Error(`cannot record process ${name}: pid ${pid} has already ended`);
  const record = { pid, startTime };
  const file = recordFile(runDir, name);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return record;
}

/** The record of a process that was started, dead or alive. */
export function readRecord(runDir: string, name: string): ProcessRecord | undefined {
  let text: string;
  try {
    text = readFileSync(recordFile(runDir, name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return JSON.parse(text) as ProcessRecord;
}

export function removeRecord(runDir: string, name: string): void {
  rmSync(recordFile(runDir, name), { force: true });
}

function recordFile(runDir: string, name: string): string {
  return join(runDir, "processes", `${name}.json`);
}

export interface SpawnOptions {
  readonly name: string;
  readonly runDir: string;
  readonly logFile: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a process in a session of its own, its output appended to the log file, and records it. */
export function spawnDetached(options: SpawnOptions): ProcessRecord {
  mkdirSync(dirname(options.logFile), { recursive: true, mode: 0o700 });
  const log = openSync(options.logFile, "a", 0o600);
  const [program, ...args] = options.command;
  const child = spawn(program, args, { detached: true, stdio: ["ignore", log, log], env: options.env ?? process.env });
  child.on("error", () => {}); // Reported by the missing pid below.
  if (child.pid === undefined) throw new Error(`cannot start ${options.name}: ${program} cannot be run`);
  child.unref();
  return writeRecord(options.runDir, options.name, child.pid);
}

/** SIGTERM, and SIGKILL after the grace period. Resolves when the process is gone. */
export async function stopProcess(record: ProcessRecord, graceMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const pollMs = 20;
  const deadline = clock.now() + graceMs;
  send(record, "SIGTERM");
  while (isAlive(record)) {
    if (clock.now() >= deadline) send(record, "SIGKILL");
    await clock.sleep(pollMs, signal);
  }
}

function send(record: ProcessRecord, name: NodeJS.Signals): void {
  if (!isAlive(record)) return;
  try {
    process.kill(record.pid, name);
  } catch (error) {
    // It ended between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
