import { nameColumn, since, text, wide } from "../../columns.ts";
import type { Column } from "../../resource.ts";
import type { Event } from "./event.ts";

export const eventColumns: readonly Column<Event>[] = [
  text("Last Seen", "Time since it was last seen.", lastSeen),
  text("Type", "Normal or Warning.", (object) => object.type ?? ""),
  text("Reason", "Why, in one word.", (object) => object.reason ?? ""),
  text("Object", "Object that the event is about.", objectText),
  wide(text("Subobject", "Part of the object.", (object) => object.involvedObject.fieldPath ?? "")),
  wide(text("Source", "Component and host that reported it.", sourceText)),
  text("Message", "What happened.", (object) => (object.message ?? "").trim()),
  wide(text("First Seen", "Time since it was first seen.", firstSeen)),
  wide(text("Count", "How often it was seen.", countOf)),
  wide({ ...nameColumn } as Column<Event>),
];

function firstSeen(object: Event, now: number): string {
  return since(object.firstTimestamp ?? object.eventTime, now);
}

function lastSeen(object: Event, now: number): string {
  if (object.series !== undefined) return since(object.series.lastObservedTime, now);
  if (object.lastTimestamp !== undefined) return since(object.lastTimestamp, now);
  return firstSeen(object, now);
}

function countOf(object: Event): number {
  return object.series?.count ?? (object.count || 1);
}

function objectText({ involvedObject }: Event): string {
  const kind = (involvedObject.kind ?? "").toLowerCase();
  return involvedObject.name === undefined || involvedObject.name === "" ? kind : `${kind}/${involvedObject.name}`;
}

function sourceText(object: Event): string {
  const component = object.source?.component || object.reportingComponent || "";
  const host = object.source?.host || object.reportingInstance || "";
  return host === "" ? component : `${component}, ${host}`;
}
