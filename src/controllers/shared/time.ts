/** Times as API objects carry them: RFC 3339, whole seconds, UTC. */
import { timeMs as readTime } from "../../machinery/time.ts";

export { timeText } from "../../machinery/time.ts";

/** Milliseconds since the epoch; 0 for an absent time, which is before every real one. */
export function timeMs(text: string | undefined): number {
  return readTime(text) ?? 0;
}
