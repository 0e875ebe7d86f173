/** Splits what would be too large for one message. Pure. */
import type { WireEvent, WireKeyValue } from "./protocol.ts";

/** Numbers, tags and lengths of a key on the wire, at most. */
const OVERHEAD_BYTES = 64;

/** In order, each part below `maxBytes` unless a single event is not. One empty part when there are no events. */
export function fragments(events: readonly WireEvent[], maxBytes: number): WireEvent[][] {
  const parts: WireEvent[][] = [[]];
  let bytes = 0;
  for (const event of events) {
    const size = sizeOf(event.kv) + (event.prev_kv === undefined ? 0 : sizeOf(event.prev_kv));
    if (bytes > 0 && bytes + size > maxBytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(event);
    bytes += size;
  }
  return parts;
}

function sizeOf({ key, value }: WireKeyValue): number {
  return key.length + (value?.length ?? 0) + OVERHEAD_BYTES;
}
