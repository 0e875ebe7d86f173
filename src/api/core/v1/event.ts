import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, message, microTime, obj, str, time } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { eventSource, objectReference } from "./common.ts";
import { eventColumns } from "./event.columns.ts";
import { eventErrors } from "./event.validation.ts";

export const eventSeries = message("io.k8s.api.core.v1.EventSeries", "How often an event was seen again.", {
  count: int32(1, "How often so far."),
  lastObservedTime: microTime(2, "When it was last seen."),
});
export interface EventSeries extends Infer<typeof eventSeries> {}

export const event = message("io.k8s.api.core.v1.Event", "An Event tells that something happened to an object.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { required: true, present: true }),
  involvedObject: obj(2, objectReference, "Object that the event is about.", { required: true, default: {} }),
  reason: str(3, "Why, in one word."),
  message: str(4, "What happened, for people."),
  source: obj(5, eventSource, "Component that reports it."),
  firstTimestamp: time(6, "When it was first seen."),
  lastTimestamp: time(7, "When it was last seen."),
  count: int32(8, "How often it was seen."),
  type: str(9, "Normal or Warning."),
  eventTime: microTime(10, "When it was first seen, to the microsecond."),
  series: obj(11, eventSeries, "How often it has gone on."),
  action: str(12, "What was done or failed."),
  related: obj(13, objectReference, "Another object that has to do with it."),
  reportingComponent: str(14, "Controller that reports it."),
  reportingInstance: str(15, "Instance of the controller."),
});
export interface Event extends Infer<typeof event> {}

export const events = defineResource<Event>({
  group: "",
  version: "v1",
  kind: "Event",
  resource: "events",
  singular: "event",
  shortNames: ["ev"],
  namespaced: true,
  schema: event,
  strategy: { anyFinalizer: true, validate: (event) => eventErrors(event), allowCreateOnUpdate: true, defaultPropagation: "Unsupported" },
  ownColumns: true,
  columns: eventColumns,
  selectableFields: {
    "involvedObject.kind": (object) => object.involvedObject.kind ?? "",
    "involvedObject.namespace": (object) => object.involvedObject.namespace ?? "",
    "involvedObject.name": (object) => object.involvedObject.name ?? "",
    "involvedObject.uid": (object) => object.involvedObject.uid ?? "",
    "involvedObject.apiVersion": (object) => object.involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": (object) => object.involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": (object) => object.involvedObject.fieldPath ?? "",
    reason: (object) => object.reason ?? "",
    reportingComponent: (object) => object.reportingComponent ?? "",
    // IN-01: events written through events.k8s.io carry their source in reportingComponent alone.
    source: (object) => object.source?.component || object.reportingComponent || "",
    type: (object) => object.type ?? "",
  },
});
