import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, message, microTime, obj, str, time } from "../../../machinery/schema.ts";
import { asStored } from "../../columns.ts";
import { eventSource, objectReference } from "../../core/v1/common.ts";
import { eventColumns } from "../../core/v1/event.columns.ts";
import { defineResource } from "../../resource.ts";
import { fromCore, toCore } from "./event.conversion.ts";
import { eventUpdateErrors, newEventErrors } from "./event.validation.ts";

export const eventSeries = message("io.k8s.api.events.v1.EventSeries", "", {
  count: int32(1, "", { required: true }),
  lastObservedTime: microTime(2, "", { required: true }),
});
export interface EventSeries extends Infer<typeof eventSeries> {}

export const event = message("io.k8s.api.events.v1.Event", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  eventTime: microTime(2, "", { required: true }),
  series: obj(3, eventSeries, ""),
  reportingController: str(4, ""),
  reportingInstance: str(5, ""),
  action: str(6, ""),
  reason: str(7, ""),
  regarding: obj(8, objectReference, ""),
  related: obj(9, objectReference, ""),
  note: str(10, ""),
  type: str(11, ""),
  deprecatedSource: obj(12, eventSource, ""),
  deprecatedFirstTimestamp: time(13, ""),
  deprecatedLastTimestamp: time(14, ""),
  deprecatedCount: int32(15, ""),
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
  strategy: { validateCreate: newEventErrors, validateUpdate: eventUpdateErrors, allowCreateOnUpdate: true },
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
