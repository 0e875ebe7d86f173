/**
 * The descriptor that SQLite has opened a file with. Opening the main file a second time is out of the question: closing
 * that descriptor would take away every POSIX lock that SQLite holds on the file in this process
 * (https://sqlite.org/howtocorrupt.html, 2.2).
 */
import { readdirSync, readlinkSync, realpathSync } from "node:fs";

const DESCRIPTORS = "/proc/self/fd";

/** Opens with `open`; which descriptor of `path` it made, undefined where that cannot be told. */
export function withDescriptor<T>(path: string, open: () => T): { readonly opened: T; readonly descriptor: number | undefined } {
  const before = new Set(descriptorsOf(path));
  const opened = open();
  const made = descriptorsOf(path).filter((descriptor) => !before.has(descriptor));
  // Somebody else has opened it at the same time.
  return { opened, descriptor: made.length === 1 ? made[0] : undefined };
}

function descriptorsOf(path: string): number[] {
  try {
    const file = realpathSync(path);
    return readdirSync(DESCRIPTORS)
      .map(Number)
      .filter((descriptor) => linkOf(descriptor) === file);
  } catch {
    // Not yet there, or not on Linux.
    return [];
  }
}

function linkOf(descriptor: number): string | undefined {
  try {
    return readlinkSync(`${DESCRIPTORS}/${descriptor}`);
  } catch {
    // Closed meanwhile.
    return undefined;
  }
}
