/** Times as API objects carry them: RFC 3339, whole seconds, UTC. */

export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds since the epoch; 0 for an absent time, which is before every real one. */
export function timeMs(text: string | undefined): number {
  return text === undefined ? 0 : Date.parse(text);
}
