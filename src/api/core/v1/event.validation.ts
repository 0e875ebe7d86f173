/**
 * Events (pkg/apis/core/validation/events.go). Those with an eventTime follow the newer rules, through whichever
 * group they come; what the older recorders write needs little more than a namespace.
 */
import { joined, none } from "../../../machinery/joined.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { qualifiedName, required } from "../../validation.ts";
import type { Event } from "./event.ts";

const maxFieldLength = 128;
const maxMessageLength = 1024;

/** Names of fields, which differ between the groups. */
export interface EventFields {
  readonly message: string;
  readonly reportingController: string;
}

const coreFields: EventFields = { message: "message", reportingController: "reportingComponent" };

/** What holds whenever an event is written; `names` are those of the group it comes through. */
export function eventErrors(event: Event, names: EventFields = coreFields): readonly FieldError[] {
  const errors = namespaceErrors(event);
  return event.eventTime === undefined ? errors : [...errors, ...reportErrors(event, names)];
}

/** Events about cluster-scoped objects live in default; those of newer recorders may be about another namespace than their own. */
function namespaceErrors({ metadata, involvedObject, eventTime }: Event): readonly FieldError[] {
  const namespace = involvedObject.namespace ?? "";
  const own = metadata.namespace ?? "";
  const isNew = eventTime !== undefined;
  const fits = namespace === "" ? own === "" || own === "default" || (isNew && own === "kube-system") : isNew || namespace === own;
  return fits ? [] : [fieldError.invalid("involvedObject.namespace", namespace, "does not match event.namespace")];
}

function reportErrors(event: Event, names: EventFields): readonly FieldError[] {
  const { reportingComponent = "", reportingInstance = "", action = "", reason = "", message = "" } = event;
  return joined(
    required(names.reportingController, reportingComponent),
    qualifiedName(names.reportingController, reportingComponent),
    boundedErrors("reportingInstance", reportingInstance),
    boundedErrors("action", action),
    boundedErrors("reason", reason),
    message.length > maxMessageLength ? [fieldError.invalid(names.message, "", `can have at most ${maxMessageLength} characters`)] : none,
  );
}

function boundedErrors(field: string, value: string): readonly FieldError[] {
  if (value === "") return [fieldError.required(field)];
  return value.length > maxFieldLength ? [fieldError.invalid(field, "", `can have at most ${maxFieldLength} characters`)] : [];
}
