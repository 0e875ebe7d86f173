/** Where in an expression something is, and how cel-go tells of it: line, column and a marker below the text. */

export interface Issue {
  /** UTF-16 offset into the expression; undefined where there is no place. */
  readonly position: number | undefined;
  readonly message: string;
}

/** At most so many issues are told of; an expression of 100,000 characters may have as many. */
const maxIssues = 100;

/** All issues in the order of their places, as `cel.Issues.String()` prints them. */
export function issuesText(source: string, issues: readonly Issue[]): string {
  const ordered = [...issues].sort((a, b) => (a.position ?? 0) - (b.position ?? 0)).slice(0, maxIssues);
  return ordered.map((issue) => issueText(source, issue)).join("\n");
}

function issueText(source: string, { position, message }: Issue): string {
  if (position === undefined) return `ERROR: <input>:-1:0: ${message}`;
  const lineStart = source.lastIndexOf("\n", position - 1) + 1;
  const lineEnd = source.indexOf("\n", position);
  const line = source.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  const lineNumber = source.slice(0, lineStart).split("\n").length;
  const before = source.slice(lineStart, position);
  const column = [...before].length;
  const shown = line.replaceAll("\t", " ");
  // Full-width characters are marked with full-width dots, as cel-go does.
  const dots = [...before].map((character) => (isWide(character) ? "．" : ".")).join("");
  const marker = isWide([...source.slice(position)][0] ?? "") ? "＾" : "^";
  return `ERROR: <input>:${lineNumber}:${column + 1}: ${message}\n | ${shown}\n | ${dots}${marker}`;
}

function isWide(character: string): boolean {
  return new TextEncoder().encode(character).length > 2;
}
