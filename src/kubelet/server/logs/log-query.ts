/** What a client wants to see of a container's log (PodLogOptions as the kubelet receives them). */

import { type Instant, readInstant } from "../../../machinery/time.ts";
import { HttpError } from "../http-error.ts";
import type { LogStream } from "./log-entry.ts";

export interface LogQuery {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** Entries counted from the end of the file; all when absent. */
  readonly tailLines: number | undefined;
  /** Bytes of output, timestamps included. */
  readonly limitBytes: number | undefined;
  /** Entries before this are left out. */
  readonly since: Instant | undefined;
  readonly stream: LogStream | undefined;
}

const streams: Readonly<Record<string, LogStream | undefined>> = { "": undefined, All: undefined, Stdout: "stdout", Stderr: "stderr" };

/** `now` in milliseconds since the epoch. Throws an HttpError of 400 or 422. */
export function parseLogQuery(query: URLSearchParams, now: number): LogQuery {
  const stream = query.get("stream") ?? "";
  if (!Object.hasOwn(streams, stream)) throw new HttpError(422, `stream: Unsupported value: ${JSON.stringify(stream)}`);
  return {
    follow: isTrue(query, "follow"),
    previous: isTrue(query, "previous"),
    timestamps: isTrue(query, "timestamps"),
    tailLines: count(query, "tailLines", 0) ?? count(query, "tail", 0),
    limitBytes: count(query, "limitBytes", 1),
    since: sinceOf(query, now),
    stream: streams[stream],
  };
}

function sinceOf(query: URLSearchParams, now: number): Instant | undefined {
  const seconds = count(query, "sinceSeconds", 1);
  if (seconds !== undefined) {
    const ms = now - seconds * 1000;
    const whole = Math.floor(ms / 1000);
    return { seconds: whole, nanos: Math.floor((ms - whole * 1000) * 1e6) };
  }
  const time = query.get("sinceTime") ?? "";
  if (time === "") return undefined;
  const instant = readInstant(time);
  if (instant === undefined) throw new HttpError(400, `sinceTime: ${JSON.stringify(time)} is not a time of RFC 3339`);
  return instant;
}

export function isTrue(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && ["1", "t", "T", "TRUE", "true", "True"].includes(value);
}

function count(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name) ?? "";
  if (text === "") return undefined;
  const value = /^-?[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new HttpError(400, `${name}: ${JSON.stringify(text)} is not a number`);
  if (value < least) throw new HttpError(422, `${name}: Invalid value: ${value}: must be greater than ${least === 0 ? "or equal to " : ""}0`);
  return value;
}
