import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, message, obj, str } from "../../../machinery/schema.ts";
import { ageColumn, boolean, integer, nameColumn, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { newPriorityClassErrors, priorityClassUpdateErrors } from "./priority-class.validation.ts";

export const priorityClass = message("io.k8s.api.scheduling.v1.PriorityClass", "A PriorityClass is a name for a priority of pods.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  value: int32(2, "Priority of the pods; higher goes first."),
  globalDefault: bool(3, "Whether pods without a class get this one."),
  description: str(4, "When to use the class."),
  preemptionPolicy: str(5, "PreemptLowerPriority or Never.", { default: "PreemptLowerPriority", enum: ["Never", "PreemptLowerPriority"], enumCheck: "own" }),
});
export interface PriorityClass extends Infer<typeof priorityClass> {}

export const priorityClasses = defineResource<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  resource: "priorityclasses",
  singular: "priorityclass",
  shortNames: ["pc"],
  namespaced: false,
  schema: priorityClass,
  strategy: {
    validateCreate: newPriorityClassErrors,
    validateUpdate: priorityClassUpdateErrors,
    prepareForCreate: countOnce,
  },
  ownColumns: true,
  columns: [
    nameColumn,
    integer("Value", "Priority of the pods of this class.", (object) => object.value ?? 0),
    boolean("Global-Default", "Whether pods without a class get this one.", (object) => object.globalDefault ?? false),
    ageColumn,
    text("PreemptionPolicy", "Whether pods of this class may preempt others.", (object) => object.preemptionPolicy ?? ""),
  ],
});

/** What can change of a class is not counted. */
function countOnce({ metadata }: PriorityClass): void {
  metadata.generation = 1;
}
