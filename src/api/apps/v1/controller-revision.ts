import { objectMeta } from "../../../machinery/meta.ts";
import { any, type Infer, int64, message, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { controllerRevisionErrors, controllerRevisionUpdateErrors } from "./workloads.validation.ts";

export const controllerRevision = message("io.k8s.api.apps.v1.ControllerRevision", "A ControllerRevision is a snapshot of a controller's template.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  data: any(2, "The snapshot."),
  revision: int64(3, "Number of the revision.", { required: true, min: 0 }),
});
export interface ControllerRevision extends Infer<typeof controllerRevision> {}

export const controllerRevisions = defineResource<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  resource: "controllerrevisions",
  singular: "controllerrevision",
  namespaced: true,
  schema: controllerRevision,
  strategy: { validate: controllerRevisionErrors, validateUpdate: controllerRevisionUpdateErrors },
  columns: [
    text("Controller", "Controller that owns the revision.", (object) => controllerText(object)),
    text("Revision", "Number of the revision.", (object) => object.revision),
  ],
});

/** `daemonset.apps/name`, as kubectl names objects with their kind. */
function controllerText(object: ControllerRevision): string {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (owner === undefined) return "<none>";
  const group = owner.apiVersion.includes("/") ? `.${owner.apiVersion.split("/")[0] ?? ""}` : "";
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}
