/** Lines of a container's log file in CRI format (KEP-1237's successor of json-file): `TIMESTAMP STREAM TAGS CONTENT`. */

export type LogStream = "stdout" | "stderr";

export interface LogEntry {
  /** RFC 3339 with nanoseconds, as the runtime wrote it. */
  readonly timestamp: string;
  readonly stream: LogStream;
  /** The line goes on in the next entry of its stream; content is without the final newline then. */
  readonly partial: boolean;
  readonly content: Buffer;
}

const space = 0x20;
const newline = 0x0a;

/** Reads one line, its newline included if it has one; undefined for what is no CRI log line. */
export function parseLogEntry(line: Buffer): LogEntry | undefined {
  const afterTimestamp = line.indexOf(space);
  const afterStream = afterTimestamp < 0 ? -1 : line.indexOf(space, afterTimestamp + 1);
  const afterTags = afterStream < 0 ? -1 : line.indexOf(space, afterStream + 1);
  if (afterTags < 0) return undefined;
  const stream = line.toString("latin1", afterTimestamp + 1, afterStream);
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  const [tag] = line.toString("latin1", afterStream + 1, afterTags).split(":");
  if (tag !== "F" && tag !== "P") return undefined;
  const partial = tag === "P";
  const end = partial && line.at(-1) === newline ? line.length - 1 : line.length;
  return { timestamp: line.toString("latin1", 0, afterTimestamp), stream, partial, content: line.subarray(afterTags + 1, end) };
}

/** The timestamp with all nine fractional digits, as `kubectl logs --timestamps` shows it. */
export function fixedTimestamp(timestamp: string): string {
  const match = /^([^.]*?)(?:\.([0-9]+))?(Z|[-+][0-9]{2}:[0-9]{2})$/.exec(timestamp);
  return match === null ? timestamp : `${match[1]}.${(match[2] ?? "").slice(0, 9).padEnd(9, "0")}${match[3]}`;
}
