/** Events as events.k8s.io takes them: with a time, a type, and none of the older fields. */
import { joined, none } from "../../../machinery/joined.ts";
import { sameJson } from "../../../machinery/json.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { eventErrors as coreEventErrors } from "../../core/v1/event.validation.ts";
import { immutable } from "../../validation.ts";
import { toCore } from "./event.conversion.ts";
import type { Event } from "./event.ts";

/** Paths are those of core events, which upstream checks them as. */
const names = { message: "message", reportingController: "reportingController" };

export function newEventErrors(event: Event): readonly FieldError[] {
  const errors = [...coreEventErrors(toCore(event), names), ...seriesErrors(event)];
  if (event.eventTime === undefined) errors.push(fieldError.required("eventTime"));
  if (event.type !== "Normal" && event.type !== "Warning") errors.push(fieldError.invalid("type", "", `has invalid value: ${event.type ?? ""}`));
  return joined(errors, oldFieldErrors(event));
}

/** Recorders of this group have no business with the fields of the older one. */
function oldFieldErrors(event: Event): readonly FieldError[] {
  const { deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount, deprecatedSource } = event;
  const refuse = (field: string) => fieldError.invalid(field, "", "needs to be unset");
  return joined(
    deprecatedFirstTimestamp === undefined ? none : [refuse("firstTimestamp")],
    deprecatedLastTimestamp === undefined ? none : [refuse("lastTimestamp")],
    deprecatedCount ? [refuse("count")] : none,
    deprecatedSource?.component || deprecatedSource?.host ? [refuse("source")] : none,
  );
}

function seriesErrors({ series }: Event): readonly FieldError[] {
  if (series === undefined) return [];
  return joined(
    (series.count ?? 0) < 2 ? [fieldError.invalid("series.count", "", "should be at least 2")] : none,
    series.lastObservedTime === undefined ? [fieldError.required("series.lastObservedTime")] : none,
  );
}

/** All but series and metadata: field, path and, for what is no pointer, its zero. */
const fixedFields = [
  ["regarding", "involvedObject", {}],
  ["reason", "reason", ""],
  ["note", "message", ""],
  ["deprecatedSource", "source", {}],
  ["deprecatedFirstTimestamp", "firstTimestamp", null],
  ["deprecatedLastTimestamp", "lastTimestamp", null],
  ["deprecatedCount", "count", 0],
  ["type", "type", ""],
  ["eventTime", "eventTime", null],
  ["action", "action", ""],
  ["related", "related", null],
  ["reportingController", "reportingController", ""],
  ["reportingInstance", "reportingInstance", ""],
] as const;

/** An event tells what happened: only how often it was seen may change. */
export function eventUpdateErrors(event: Event, old: Event): readonly FieldError[] {
  return joined(
    coreEventErrors(toCore(event), names),
    sameJson(event.series, old.series) ? none : seriesErrors(event),
    fixedFields.flatMap(([field, path, zero]) => immutable(path, event[field] ?? zero, old[field] ?? zero)),
  );
}
