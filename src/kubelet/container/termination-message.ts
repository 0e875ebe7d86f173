/** What a container leaves to say when it ends: its termination message file, or the tail of its log. */
import { open } from "node:fs/promises";
import type { ContainerStatus } from "../cri/types.ts";
import { terminationMessagePathAnnotation, terminationMessagePolicyAnnotation } from "./labels.ts";

const maxMessageBytes = 4096;
const maxLogBytes = 2048;
const maxLogLines = 80;

/** The message of an ended container, after what the runtime itself had to say. */
export async function terminationMessage(status: ContainerStatus): Promise<string> {
  const own = await ownMessage(status);
  return status.message === "" ? own : own === "" ? status.message : `${status.message}: ${own}`;
}

async function ownMessage(status: ContainerStatus): Promise<string> {
  const path = status.annotations[terminationMessagePathAnnotation];
  const file = status.mounts.find(({ containerPath }) => containerPath === path)?.hostPath;
  const message = file === undefined ? "" : await readHead(file, maxMessageBytes);
  const fallback = status.annotations[terminationMessagePolicyAnnotation] === "FallbackToLogsOnError" && status.exitCode !== 0;
  return message === "" && fallback ? logTail(await readTail(status.logPath, 4 * maxLogBytes)) : message;
}

/** The text of the last lines of a log in CRI format (`TIME STREAM TAG TEXT`), at most 80 lines and 2048 bytes. */
export function logTail(log: string): string {
  const lines = log.split("\n").filter((line) => line !== "");
  const text = lines
    .slice(-maxLogLines)
    .map((line) => {
      const match = /^\S+ (?:stdout|stderr) (\S+) (.*)$/s.exec(line);
      if (match === null) return "";
      // P marks part of a line that goes on, or that the program never ended.
      return match[1]!.startsWith("P") ? match[2]! : `${match[2]!}\n`;
    })
    .join("");
  return Buffer.from(text).subarray(-maxLogBytes).toString();
}

async function readHead(path: string, bytes: number): Promise<string> {
  return readPart(path, () => 0, bytes);
}

async function readTail(path: string, bytes: number): Promise<string> {
  return readPart(path, (size) => Math.max(0, size - bytes), bytes);
}

/** "" when the file is gone: the container's end must be reported all the same. */
async function readPart(path: string, position: (size: number) => number, bytes: number): Promise<string> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, position(size));
    return buffer.subarray(0, bytesRead).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
