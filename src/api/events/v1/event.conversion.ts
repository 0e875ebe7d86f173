/**
 * events.k8s.io/v1 and core/v1 Events are one resource under two names (KEP-383). Every field of either has its place
 * in the other, so conversion loses nothing.
 */
import type { Event as CoreEvent } from "../../core/v1/event.ts";
import type { Event } from "./event.ts";

export function toCore(event: Event): CoreEvent {
  const { apiVersion: _, kind, metadata, regarding, note, reportingController, ...rest } = event;
  const { deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount, ...same } = rest;
  return present<CoreEvent>({
    apiVersion: "v1",
    kind,
    metadata,
    involvedObject: regarding ?? {},
    message: note,
    source: deprecatedSource,
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    count: deprecatedCount,
    reportingComponent: reportingController,
    ...same,
  });
}

export function fromCore(stored: { apiVersion: string; kind: string; metadata: CoreEvent["metadata"] }): Event {
  const {
    apiVersion: _,
    kind,
    metadata,
    involvedObject,
    message,
    source,
    firstTimestamp,
    lastTimestamp,
    count,
    reportingComponent,
    reportingInstance,
    ...same
  } = stored as CoreEvent;
  return present<Event>({
    apiVersion: "events.k8s.io/v1",
    kind,
    metadata,
    regarding: involvedObject,
    note: message,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
    // Core shows these though they are empty.
    reportingController: reportingComponent || undefined,
    reportingInstance: reportingInstance || undefined,
    ...same,
  });
}

/** Drops the fields that the other version does not set. */
function present<T>(fields: Record<string, unknown>): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
