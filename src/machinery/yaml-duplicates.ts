/** Keys that stand twice in a YAML mapping, as Go's strict decoder tells of them (go-yaml 2, decoder.setMapIndex). */
import { EVENT_ID, type Event, getScalarValue, parseEvents, SCALAR_STYLE, type ScalarEvent } from "js-yaml";

/** More are not told of. */
const maxDuplicates = 100;

interface OpenMapping {
  /** What its keys read as, told apart by type: `"1"` is not `1`. */
  readonly seen: Set<string>;
  key: { readonly text: string; readonly at: number } | undefined;
}

/** A document or a sequence. */
type Open = OpenMapping | undefined;

/**
 * `line 3: key "a" already set in map`, one for each time too many, in the order in which values end. The text must be
 * valid YAML; only its first document counts. `plain` reads a plain scalar.
 */
export function duplicateYamlKeys(text: string, maxDepth: number, plain: (source: string) => unknown): string[] {
  const found: { text: string; at: number }[] = [];
  const open: { node: Open; at: number }[] = [];
  const events = parseEvents(text, { maxDepth });
  for (const event of events.slice(0, endOfFirst(events))) {
    if (event.type === EVENT_ID.POP) {
      const closed = open.pop();
      if (closed !== undefined) endValue(open.at(-1)?.node, closed.at, undefined, found);
    } else if (event.type === EVENT_ID.SCALAR) endValue(open.at(-1)?.node, placeOf(event), () => keyOf(text, event, plain), found);
    else if (event.type === EVENT_ID.ALIAS) endValue(open.at(-1)?.node, event.anchorStart, undefined, found);
    else
      open.push({ node: event.type === EVENT_ID.MAPPING ? { seen: new Set<string>(), key: undefined } : undefined, at: "start" in event ? event.start : -1 });
    if (found.length >= maxDuplicates) break;
  }
  if (found.length === 0) return [];
  const lineOf = lines(text);
  return found.map(({ text: key, at }) => `line ${lineOf(at)}: key ${key} already set in map`);
}

function endOfFirst(events: readonly Event[]): number {
  const second = events.findIndex(({ type }, index) => index > 0 && type === EVENT_ID.DOCUMENT);
  return second < 0 ? events.length : second;
}

/** A node of a mapping is a key and a value by turns. `key` is what it reads as, if it is a scalar. */
function endValue(mapping: Open, at: number, key: (() => string) | undefined, found: { text: string; at: number }[]): void {
  if (mapping === undefined) return;
  if (mapping.key === undefined) {
    mapping.key = { text: key?.() ?? "", at };
    return;
  }
  const { text, at: keyAt } = mapping.key;
  mapping.key = undefined;
  if (text === "" || text === '"<<"') return;
  if (mapping.seen.has(text)) found.push({ text, at: at < 0 ? keyAt : at });
  mapping.seen.add(text);
}

/** Where Go says that a value begins; what a block scalar holds begins a line after its mark. */
function placeOf({ style, valueStart }: ScalarEvent): number {
  return style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK ? -1 : valueStart;
}

function keyOf(source: string, event: ScalarEvent, plain: (text: string) => unknown): string {
  const text = getScalarValue(source, event);
  const value = event.style === SCALAR_STYLE.PLAIN ? plain(text) : text;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** From an offset to the number of its line. */
function lines(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
