import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { createdAtColumn, nameColumn } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { defaultLimitRange } from "./limit-range.defaults.ts";
import { limitRangeErrors } from "./limit-range.validation.ts";

export const limitRangeItem = message("io.k8s.api.core.v1.LimitRangeItem", "Bounds and defaults for one type of object.", {
  type: str(1, "Pod, Container or PersistentVolumeClaim.", { required: true }),
  max: map(2, "quantity", "The most of each resource."),
  min: map(3, "quantity", "The least of each resource."),
  default: map(4, "quantity", "Limits of those that name none."),
  defaultRequest: map(5, "quantity", "Requests of those that name none."),
  maxLimitRequestRatio: map(6, "quantity", "The most that a limit may be of its request."),
});
export interface LimitRangeItem extends Infer<typeof limitRangeItem> {}

export const limitRangeSpec = message("io.k8s.api.core.v1.LimitRangeSpec", "Bounds and defaults of a namespace.", {
  limits: list(1, limitRangeItem, "By type of object.", { required: true, listType: "atomic" }),
});
export interface LimitRangeSpec extends Infer<typeof limitRangeSpec> {}

export const limitRange = message("io.k8s.api.core.v1.LimitRange", "A LimitRange bounds the resources of single pods and containers of a namespace.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, limitRangeSpec, "The bounds.", { present: true, default: {} }),
});
export interface LimitRange extends Infer<typeof limitRange> {}

export const limitRanges = defineResource<LimitRange>({
  group: "",
  version: "v1",
  kind: "LimitRange",
  resource: "limitranges",
  singular: "limitrange",
  shortNames: ["limits"],
  namespaced: true,
  schema: limitRange,
  strategy: { validate: limitRangeErrors, allowCreateOnUpdate: true, defaults: defaultLimitRange },
  ownColumns: true,
  columns: [nameColumn, createdAtColumn],
});
