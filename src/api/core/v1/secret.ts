import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, map, message, obj, str } from "../../../machinery/schema.ts";
import { integer, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { secretStrategy } from "./secret.strategy.ts";

export const secret = message("io.k8s.api.core.v1.Secret", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  data: map(2, "bytes", ""),
  type: str(3, "", { default: "Opaque" }),
  stringData: map(4, "string", ""),
  immutable: bool(5, ""),
});
export interface Secret extends Infer<typeof secret> {}

export const secrets = defineResource<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  resource: "secrets",
  singular: "secret",
  namespaced: true,
  schema: secret,
  strategy: secretStrategy,
  columns: [
    text("Type", "What the secret is for.", (object) => object.type ?? ""),
    integer("Data", "Number of entries.", (object) => Object.keys(object.data ?? {}).length),
  ],
  selectableFields: { type: (object) => object.type ?? "" },
});
