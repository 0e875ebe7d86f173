/** How a process that ends by a failure tells the command that waits for it: by the last line of its log. */

const PREFIX = "ended by: ";

export function lastWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `${PREFIX}${message.replaceAll("\n", " ")}`;
}

/** What the log says of the end: the failure alone where there is one, else its last lines. */
export function whyEnded(log: string): string {
  const lines = log.trimEnd().split("\n");
  const last = lines.at(-1) ?? "";
  return last.startsWith(PREFIX) ? last.slice(PREFIX.length) : lines.slice(-5).join("\n");
}
