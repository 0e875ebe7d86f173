import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, map, message, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { secretStrategy } from "./secret.strategy.ts";

export const secret = message("io.k8s.api.core.v1.Secret", "A Secret holds data that is not for everybody.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  data: map(2, "bytes", "Values as base64, by key."),
  type: str(3, "What the secret is for, which says what keys it has.", { default: "Opaque" }),
  stringData: map(4, "string", "Values as text; only for writing, they end up in data."),
  immutable: bool(5, "If true, data cannot be changed any more."),
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
    text("Data", "Number of entries.", (object) => Object.keys(object.data ?? {}).length),
  ],
  selectableFields: { type: (object) => object.type ?? "" },
});
