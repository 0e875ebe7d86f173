import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, message, microTime, obj, str, time } from "../../../machinery/schema.ts";
import { asStored } from "../../columns.ts";
import { eventSource, objectReference } from "../../core/v1/common.ts";
import { eventColumns } from "../../core/v1/event.columns.ts";
import { defineResource } from "../../resource.ts";
import { fromCore, toCore } from "./event.conversion.ts";
import { eventUpdateErrors, newEventErrors } from "./event.validation.ts";

export const eventSeries = message("io.k8s.api.events.v1.EventSeries", "EventSeries says how often something happened again.", {
  count: int32(1, "How often, 2 or more.", { required: true }),
  lastObservedTime: microTime(2, "When it last happened.", { required: true }),
});
export interface EventSeries extends Infer<typeof eventSeries> {}

export const event = message("io.k8s.api.events.v1.Event", "An Event tells that something happened to an object.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  eventTime: microTime(2, "When it was first seen.", { required: true }),
  series: obj(3, eventSeries, "How often it has gone on."),
  reportingController: str(4, "Controller that reports it."),
  reportingInstance: str(5, "Instance of the controller."),
  action: str(6, "What was done or failed."),
  reason: str(7, "Why, in one word."),
  regarding: obj(8, objectReference, "Object that the event is about."),
  related: obj(9, objectReference, "Another object that has to do with it."),
  note: str(10, "What happened, for people."),
  type: str(11, "Normal or Warning."),
  deprecatedSource: obj(12, eventSource, "The same as source of core events."),
  deprecatedFirstTimestamp: time(13, "The same as firstTimestamp of core events."),
  deprecatedLastTimestamp: time(14, "The same as lastTimestamp of core events."),
  deprecatedCount: int32(15, "The same as count of core events."),
});
export interface Event extends Infer<typeof event> {}

export const eventsV1 = defineResource<Event>({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  resource: "events",
  singular: "event",
  shortNames: ["ev"],
  namespaced: true,
  schema: event,
  strategy: { validateCreate: newEventErrors, validateUpdate: eventUpdateErrors, allowCreateOnUpdate: true, defaultPropagation: "Unsupported" },
  ownColumns: true,
  columns: asStored(eventColumns, toCore),
  selectableFields: {
    "regarding.kind": (object) => object.regarding?.kind ?? "",
    "regarding.namespace": (object) => object.regarding?.namespace ?? "",
    "regarding.name": (object) => object.regarding?.name ?? "",
    "regarding.uid": (object) => object.regarding?.uid ?? "",
    "regarding.apiVersion": (object) => object.regarding?.apiVersion ?? "",
    "regarding.resourceVersion": (object) => object.regarding?.resourceVersion ?? "",
    "regarding.fieldPath": (object) => object.regarding?.fieldPath ?? "",
    reason: (object) => object.reason ?? "",
    reportingController: (object) => object.reportingController ?? "",
    type: (object) => object.type ?? "",
  },
  storedAs: { group: "", version: "v1", toStored: toCore, fromStored: fromCore },
});
