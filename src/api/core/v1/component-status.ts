import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { nameColumn, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";

export const componentCondition = message("io.k8s.api.core.v1.ComponentCondition", "Whether a component is healthy.", {
  type: str(1, "Healthy.", { required: true }),
  status: str(2, "True, False or Unknown.", { required: true }),
  message: str(3, "The same for people."),
  error: str(4, "What is wrong."),
});
export interface ComponentCondition extends Infer<typeof componentCondition> {}

export const componentStatus = message("io.k8s.api.core.v1.ComponentStatus", "ComponentStatus tells the health of a component; deprecated.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  conditions: list(2, componentCondition, "Whether it is healthy.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
});
export interface ComponentStatus extends Infer<typeof componentStatus> {}

export const componentStatuses = defineResource<ComponentStatus>({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  resource: "componentstatuses",
  singular: "componentstatus",
  shortNames: ["cs"],
  deprecated: { since: "v1.19" },
  namespaced: false,
  verbs: ["get", "list"],
  schema: componentStatus,
  strategy: {},
  virtual: true,
  ownColumns: true,
  columns: [
    nameColumn,
    text("Status", "Whether the component is healthy.", (object) => healthText(healthy(object)?.status)),
    text("Message", "What the component says of its health.", (object) => healthy(object)?.message ?? ""),
    text("Error", "Why its health could not be told.", (object) => healthy(object)?.error ?? ""),
  ],
});

function healthy(object: ComponentStatus): ComponentCondition | undefined {
  return object.conditions?.find((condition) => condition.type === "Healthy");
}

function healthText(status: string | undefined): string {
  if (status === undefined) return "Unknown";
  return status === "True" ? "Healthy" : "Unhealthy";
}
