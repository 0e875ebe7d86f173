import { sameJson } from "../../../machinery/json.ts";
import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, map, message, obj, str } from "../../../machinery/schema.ts";
import { sentEmpty } from "../../../machinery/sent-empty.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { defineResource } from "../../resource.ts";
import { dataKeyErrors } from "./data-keys.ts";

export const configMap = message("io.k8s.api.core.v1.ConfigMap", "ConfigMap holds configuration data for pods to consume.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  data: map(2, "string", "Configuration as UTF-8 text by key."),
  binaryData: map(3, "bytes", "Configuration as arbitrary bytes by key; keys must not repeat those of data."),
  immutable: bool(4, "If true, data cannot be changed any more (only metadata can)."),
});
export interface ConfigMap extends Infer<typeof configMap> {}

/** Size limit of all values together: what etcd takes comfortably. */
const maxDataBytes = 1024 * 1024;

export const configMaps = defineResource<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  resource: "configmaps",
  singular: "configmap",
  shortNames: ["cm"],
  namespaced: true,
  schema: configMap,
  strategy: { validate, validateUpdate },
  columns: [
    {
      name: "Data",
      type: "string",
      description: "Number of entries in data and binaryData.",
      cell: (object) => Object.keys(object.data ?? {}).length + Object.keys(object.binaryData ?? {}).length,
    },
  ],
});

function validate(object: ConfigMap): readonly FieldError[] {
  const errors: FieldError[] = [];
  let total = 0;
  for (const [key, value] of Object.entries(object.data ?? {})) {
    errors.push(...dataKeyErrors(`data[${key}]`, key));
    if (object.binaryData?.[key] !== undefined) errors.push(fieldError.invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
    total += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(object.binaryData ?? {})) {
    errors.push(...dataKeyErrors(`binaryData[${key}]`, key));
    total += Buffer.byteLength(value, "base64");
  }
  if (total > maxDataBytes) errors.push(fieldError.tooLong("", maxDataBytes));
  return errors;
}

function validateUpdate(object: ConfigMap, old: ConfigMap): readonly FieldError[] {
  if (old.immutable !== true) return [];
  const errors: FieldError[] = [];
  if (object.immutable !== true) errors.push(fieldError.forbidden("immutable", "field is immutable when `immutable` is set"));
  for (const field of ["data", "binaryData"] as const) {
    // An empty map is another value than none.
    if (sameJson(object[field], old[field]) && !sentEmpty(object, field)) continue;
    errors.push(fieldError.forbidden(field, "field is immutable when `immutable` is set"));
  }
  return errors;
}
