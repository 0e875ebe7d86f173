import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { defineResource } from "../../resource.ts";
import { objectReference } from "./common.ts";

export const binding = message("io.k8s.api.core.v1.Binding", "A Binding places a pod on a node.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  target: obj(2, objectReference, "The node.", { required: true, default: {} }),
});
export interface Binding extends Infer<typeof binding> {}

export const bindings = defineResource<Binding>({
  group: "",
  version: "v1",
  kind: "Binding",
  resource: "bindings",
  singular: "binding",
  namespaced: true,
  verbs: ["create"],
  schema: binding,
  strategy: {},
  virtual: true,
});
