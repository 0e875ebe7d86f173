/** Events as events.k8s.io takes them: with a time, a type, and none of the older fields. */
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { eventErrors as coreEventErrors } from "../../core/v1/event.validation.ts";
import { immutable } from "../../validation.ts";
import { toCore } from "./event.conversion.ts";
import type { Event } from "./event.ts";

const fields = { message: "note", reportingController: "reportingController" };

export function eventErrors(event: Event): FieldError[] {
  return coreEventErrors(toCore(event), fields);
}

export function newEventErrors(event: Event): FieldError[] {
  const errors: FieldError[] = event.eventTime === undefined ? [fieldError.required("eventTime")] : [];
  if (event.type !== "Normal" && event.type !== "Warning") errors.push(fieldError.invalid("type", "", `has invalid value: ${event.type ?? ""}`));
  return [...errors, ...oldFieldErrors(event), ...seriesErrors(event)];
}

/** Recorders of this group have no business with the fields of the older one. */
function oldFieldErrors(event: Event): FieldError[] {
  const { deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount, deprecatedSource } = event;
  const refuse = (field: string) => fieldError.invalid(field, "", "needs to be unset");
  return [
    ...(deprecatedFirstTimestamp === undefined ? [] : [refuse("deprecatedFirstTimestamp")]),
    ...(deprecatedLastTimestamp === undefined ? [] : [refuse("deprecatedLastTimestamp")]),
    ...(deprecatedCount ? [refuse("deprecatedCount")] : []),
    ...(deprecatedSource?.component || deprecatedSource?.host ? [refuse("deprecatedSource")] : []),
  ];
}

function seriesErrors({ series }: Event): FieldError[] {
  if (series === undefined) return [];
  return [
    ...((series.count ?? 0) < 2 ? [fieldError.invalid("series.count", "", "should be at least 2")] : []),
    ...(series.lastObservedTime === undefined ? [fieldError.required("series.lastObservedTime")] : []),
  ];
}

/** All but series and metadata. */
const fixedFields = [
  "regarding",
  "related",
  "reason",
  "action",
  "note",
  "type",
  "eventTime",
  "reportingController",
  "reportingInstance",
  "deprecatedSource",
  "deprecatedFirstTimestamp",
  "deprecatedLastTimestamp",
  "deprecatedCount",
] as const;

export function eventUpdateErrors(event: Event, old: Event): FieldError[] {
  return fixedFields.flatMap((field) => immutable(field, event[field] ?? null, old[field] ?? null));
}
