import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, map, message, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { toleration } from "../../core/v1/common.ts";
import { nodeLabelWarnings } from "../../core/v1/node.warnings.ts";
import { defineResource } from "../../resource.ts";
import { runtimeClassErrors, runtimeClassUpdateErrors } from "./runtime-class.validation.ts";

export const overhead = message("io.k8s.api.node.v1.Overhead", "Overhead is what running a pod takes besides its containers.", {
  podFixed: map(1, "quantity", "Resources that every pod of the class takes."),
});
export interface Overhead extends Infer<typeof overhead> {}

export const scheduling = message("io.k8s.api.node.v1.Scheduling", "Scheduling says which nodes support a class.", {
  nodeSelector: map(1, "string", "Labels of the nodes, added to the pod's own selector.", { mapType: "atomic" }),
  tolerations: list(2, toleration, "Taints that pods of the class tolerate, added to the pod's own.", { listType: "atomic" }),
});
export interface Scheduling extends Infer<typeof scheduling> {}

export const runtimeClass = message("io.k8s.api.node.v1.RuntimeClass", "A RuntimeClass is a way to run containers.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  handler: str(2, "Configuration of the container runtime.", { required: true }),
  overhead: obj(3, overhead, "Resources that it takes beyond the containers'."),
  scheduling: obj(4, scheduling, "Nodes that have it."),
});
export interface RuntimeClass extends Infer<typeof runtimeClass> {}

export const runtimeClasses = defineResource<RuntimeClass>({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  resource: "runtimeclasses",
  singular: "runtimeclass",
  namespaced: false,
  schema: runtimeClass,
  strategy: {
    anyFinalizer: true,
    warnings: ({ scheduling }) => nodeLabelWarnings(Object.keys(scheduling?.nodeSelector ?? {}), () => "scheduling.nodeSelector"),
    validate: runtimeClassErrors,
    validateUpdate: runtimeClassUpdateErrors,
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
  },
  columns: [text("Handler", "Name of the runtime configuration on the node.", (object) => object.handler)],
});
