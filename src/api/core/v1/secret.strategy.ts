import type { Strategy } from "../../resource.ts";
import { restore } from "../../strategy.ts";
import type { Secret } from "./secret.ts";
import { secretErrors, secretUpdateErrors } from "./secret.validation.ts";

export const secretStrategy: Strategy<Secret> = {
  defaults: (secret) => {
    secret.type ||= "Opaque";
    encodeStringData(secret);
  },
  validate: secretErrors,
  validateUpdate: secretUpdateErrors,
  // The type is immutable but for clients that do not know it: an update without one keeps it.
  prepareForUpdate: (secret, old) => {
    if (secret.type === undefined || secret.type === "") restore(secret, old, "type");
  },
};

/** stringData is write-only: it becomes data, over what data says of the same keys. */
function encodeStringData(secret: Secret): void {
  const { stringData } = secret;
  delete secret.stringData;
  if (stringData === undefined || Object.keys(stringData).length === 0) return;
  const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value, "utf8").toString("base64")]);
  secret.data = { ...secret.data, ...Object.fromEntries(encoded) };
}
