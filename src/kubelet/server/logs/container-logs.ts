/** GET /containerLogs/{namespace}/{pod}/{container} */

import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Clock } from "../../../machinery/clock.ts";
import type { KubeletPods } from "../../contract.ts";
import { HttpError } from "../http-error.ts";
import { parseLogEntry } from "./log-entry.ts";
import { readLogLines } from "./log-file.ts";
import { LogOutput } from "./log-output.ts";
import { type LogQuery, parseLogQuery } from "./log-query.ts";
import { logSource } from "./log-source.ts";

export interface ContainerLogsRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
}

export async function serveContainerLogs(pods: KubeletPods, request: ContainerLogsRequest, response: ServerResponse, clock: Clock): Promise<void> {
  const query = parseLogQuery(request.query, clock.now());
  let started = false;
  for await (const bytes of containerLog(pods, request, query, clock)) {
    if (!started) {
      response.writeHead(200, { "content-type": "text/plain" });
      response.flushHeaders();
      started = true;
    }
    if (bytes.length > 0 && !response.write(bytes)) await once(response, "drain", { signal: request.signal });
  }
  response.end();
}

/** The log's bytes as they come. The first piece is empty: it says that the log is there, whose bytes may come late. */
export async function* containerLog(pods: KubeletPods, request: Omit<ContainerLogsRequest, "query">, query: LogQuery, clock: Clock): AsyncGenerator<Buffer> {
  const pod = pods.get(request.namespace, request.pod);
  if (pod === undefined) throw new HttpError(404, `pod "${request.pod}" does not exist`);
  const source = logSource(pods, pod, request.container, query.previous);
  const isRunning = () => pods.container(pod, request.container)?.id === source.id && isAlive(pods.container(pod, request.container)?.state);
  const follow = query.follow ? { isRunning, clock } : undefined;
  const output = new LogOutput(query);
  try {
    for await (const lines of readLogLines(source.logPath, { tailLines: query.tailLines, follow, signal: request.signal })) {
      yield joined(lines, output);
      if (output.full) return;
    }
  } catch (error) {
    throw unreadable(error, source.logPath);
  }
}

function isAlive(state: string | undefined): boolean {
  return state === "running" || state === "created" || state === "unknown";
}

function joined(lines: readonly Buffer[], output: LogOutput): Buffer {
  const pieces: Buffer[] = [];
  for (const line of lines) {
    const entry = parseLogEntry(line);
    if (entry !== undefined) pieces.push(output.format(entry));
    if (output.full) break;
  }
  return Buffer.concat(pieces);
}

function unreadable(error: unknown, path: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") return error;
  return new HttpError(400, `failed to try resolving symlinks in path "${path}": lstat ${path}: no such file or directory`, { cause: error });
}
