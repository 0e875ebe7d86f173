/** Reads the logs that the cluster's processes leave as JSON lines, and prints one component's lines readably. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Clock } from "../machinery/clock.ts";
import { containerdLog } from "./containerd.ts";
import type { Layout } from "./layout.ts";
import { controlPlaneComponents, controlPlaneProcess, nodeComponents, snapshotsComponent } from "./status.ts";

export interface LogSource {
  readonly file: string;
  /** Only lines of this component; absent for the whole file. */
  readonly component?: string;
}

/** Which file holds a component's lines. Throws for names that no component has. */
export function logSource(layout: Layout, component: string, node: string, nodes: readonly string[]): LogSource {
  const known = [controlPlaneProcess, ...controlPlaneComponents, snapshotsComponent, ...nodeComponents, ...nodes];
  if (!known.includes(component)) throw new Error(`cannot print the log of ${JSON.stringify(component)}: there are ${known.join(", ")}`);
  const file = (process: string) => join(layout.logs, `${process}.log`);
  if (component === controlPlaneProcess || nodes.includes(component)) return { file: file(component) };
  if (component === "containerd") return { file: containerdLog(layout.logs, node) };
  if (component === "kubelet" || component === "kube-proxy") return { file: file(node), component };
  return { file: file(controlPlaneProcess), component };
}

const levels: Readonly<Record<number, string>> = { 10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL" };

/** A pino line as text: time, level, component, message and what else it carries. Undefined when it is another component's. */
export function formatLogLine(line: string, component?: string): string | undefined {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return component === undefined ? line : undefined; // Not ours: a stack trace, containerd's own form.
  }
  if (typeof entry !== "object" || entry === null) return component === undefined ? line : undefined;
  const { time, level, component: from, msg, ...rest } = entry;
  if (component !== undefined && from !== component) return undefined;
  const details = Object.entries(rest).map(([key, value]) => `${key}=${detail(value)}`);
  return [time, (levels[Number(level)] ?? String(level)).padEnd(5), from ?? "-", msg, ...details].join(" ");
}

function detail(value: unknown): string {
  if (typeof value === "object" && value !== null && "stack" in value) return String(value.stack);
  return typeof value === "string" ? value : JSON.stringify(value);
}

const followIntervalMs = 250;

export async function printLog(source: LogSource, follow: boolean, write: (line: string) => void, clock: Clock, signal: AbortSignal): Promise<void> {
  if (!existsSync(source.file)) throw new Error(`cannot print a log: ${source.file} does not exist; has the cluster been started?`);
  let position = 0;
  do {
    const size = statSync(source.file).size;
    if (size < position) position = 0; // Truncated by rotation.
    if (size > position) {
      const lines = createInterface({ input: createReadStream(source.file, { start: position, end: size - 1 }), crlfDelay: Number.POSITIVE_INFINITY });
      for await (const line of lines) {
        const text = formatLogLine(line, source.component);
        if (text !== undefined) write(text);
      }
      position = size;
    }
    if (follow) await clock.sleep(followIntervalMs, signal);
  } while (follow);
}
