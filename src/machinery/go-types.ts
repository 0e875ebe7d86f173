/** How Go's decoder names JSON values and the types it wanted: part of the messages that clients see. */
import { type ItemType, itemMessage, type MessageSchema, type ScalarType } from "./schema.ts";

/** `Deployment` of `io.k8s.api.apps.v1.Deployment`. */
export function kindName(schema: MessageSchema): string {
  return schema.name.slice(schema.name.lastIndexOf(".") + 1);
}

/** `v1` of `io.k8s.api.apps.v1.Deployment`. */
export function versionName(schema: MessageSchema): string {
  return schema.name.split(".").at(-2) ?? "";
}

/** What Go calls a JSON value in errors; numbers show their text where a number was wanted. */
export function goKind(value: unknown, wanted = ""): string {
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "number":
    case "bigint":
      return wanted.startsWith("int") ? `number ${value}` : "number";
    case "boolean":
      return "bool";
    case "string":
      return "string";
    default:
      return "object";
  }
}

const goScalar: Readonly<Record<ScalarType, string>> = {
  string: "string",
  bool: "bool",
  int32: "int32",
  int64: "int64",
  double: "float64",
  bytes: "[]uint8",
  quantity: "resource.Quantity",
  intOrString: "intstr.IntOrString",
  time: "v1.Time",
  microTime: "v1.MicroTime",
  duration: "v1.Duration",
  any: "runtime.RawExtension",
};

export function goType(item: ItemType): string {
  if (typeof item === "string") return goScalar[item];
  const schema = itemMessage(item)!;
  return `${versionName(schema)}.${kindName(schema)}`;
}
