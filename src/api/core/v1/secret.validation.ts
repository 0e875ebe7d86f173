import { joined } from "../../../machinery/joined.ts";
import { sameJson } from "../../../machinery/json.ts";
import { sentEmpty } from "../../../machinery/sent-empty.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { eachEntry, immutable } from "../../validation.ts";
import { dataKeyErrors } from "./data-keys.ts";
import type { Secret } from "./secret.ts";

/** Of all values together. */
const maxSecretBytes = 1024 * 1024;

export function secretErrors(secret: Secret): readonly FieldError[] {
  const errors = [...eachEntry(secret.data, "data", (_value, path, key) => dataKeyErrors(path, key))];
  const total = Object.values(secret.data ?? {}).reduce((sum, value) => sum + Buffer.byteLength(value, "base64"), 0);
  if (total > maxSecretBytes) errors.push(fieldError.tooLong("data", maxSecretBytes));
  return joined(errors, typeErrors(secret));
}

/** What the well-known types promise their readers. */
function typeErrors({ type, data = {}, metadata }: Secret): readonly FieldError[] {
  const missing = (...keys: string[]) => keys.filter((key) => data[key] === undefined).map((key) => fieldError.required(`data[${key}]`));
  switch (type) {
    case "kubernetes.io/service-account-token":
      return metadata.annotations?.["kubernetes.io/service-account.name"]
        ? []
        : [fieldError.required("metadata.annotations[kubernetes.io/service-account.name]")];
    case "kubernetes.io/dockercfg":
      return jsonErrors(".dockercfg", data[".dockercfg"]);
    case "kubernetes.io/dockerconfigjson":
      return jsonErrors(".dockerconfigjson", data[".dockerconfigjson"]);
    case "kubernetes.io/basic-auth":
      return data["username"] === undefined && data["password"] === undefined ? missing("username", "password") : [];
    case "kubernetes.io/ssh-auth":
      return data["ssh-privatekey"] ? [] : [fieldError.required("data[ssh-privatekey]")];
    case "kubernetes.io/tls":
      return missing("tls.crt", "tls.key");
    default:
      return [];
  }
}

/** The value never shows in messages. */
function jsonErrors(key: string, value: string | undefined): readonly FieldError[] {
  if (value === undefined) return [fieldError.required(`data[${key}]`)];
  const problem = jsonProblem(Buffer.from(value, "base64").toString("utf8"));
  return problem === undefined ? [] : [fieldError.invalid(`data[${key}]`, "<secret contents redacted>", problem)];
}

function jsonProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? undefined : "json: cannot unmarshal into Go value of type map[string]interface {}";
  } catch {
    // The parser quotes the text it stumbles over, which is the secret.
    return text === "" ? "unexpected end of JSON input" : "invalid character in JSON";
  }
}

const immutableMessage = "field is immutable when `immutable` is set";

export function secretUpdateErrors(secret: Secret, old: Secret): readonly FieldError[] {
  const errors = [...immutable("type", secret.type, old.type)];
  if (old.immutable !== true) return errors;
  if (secret.immutable !== true) errors.push(fieldError.forbidden("immutable", immutableMessage));
  // An empty map is another value than none.
  if (!sameJson(secret.data, old.data) || sentEmpty(secret, "data")) errors.push(fieldError.forbidden("data", immutableMessage));
  return errors;
}
