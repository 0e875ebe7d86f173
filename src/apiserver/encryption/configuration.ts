/** EncryptionConfiguration (apiserver.config.k8s.io/v1): which resources are encrypted in the store, and how. */
import { parseYaml } from "../../machinery/yaml-codec.ts";
import { aescbc, aesgcm, identity, secretbox, type ValueTransformer } from "./providers.ts";

/** First match counts, as in the file. The first transformer writes; all of them read. */
export interface ResourceEncryption {
  /** `secrets`, `deployments.apps`, `*.apps` (all of a group), `*.` (all of the core group), `*.*` (all). */
  readonly resources: readonly string[];
  readonly transformers: readonly ValueTransformer[];
}

const apiVersion = "apiserver.config.k8s.io/v1";
const keySizes: Readonly<Record<string, readonly number[]>> = { aescbc: [16, 24, 32], aesgcm: [16, 24, 32], secretbox: [32] };
const makers = { aescbc, aesgcm, secretbox } as const;

/** Throws, saying where, for what is not a valid configuration; key material is never in the message. */
export function parseEncryptionConfiguration(text: string): readonly ResourceEncryption[] {
  const root = objectAt(parseYaml(text, { strict: true }), "configuration");
  if (root["kind"] !== "EncryptionConfiguration" || root["apiVersion"] !== apiVersion) {
    throw refusal("configuration", `must be kind EncryptionConfiguration of ${apiVersion}`);
  }
  const entries = listAt(root["resources"], "resources");
  return entries.map((entry, index) => parseEntry(objectAt(entry, `resources[${index}]`), `resources[${index}]`));
}

function parseEntry(entry: Fields, path: string): ResourceEncryption {
  const resources = listAt(entry["resources"], `${path}.resources`).map((name, index) => resourceName(name, `${path}.resources[${index}]`));
  refuseOverlap(resources, `${path}.resources`);
  const providers = listAt(entry["providers"], `${path}.providers`);
  return { resources, transformers: providers.flatMap((provider, index) => parseProvider(provider, `${path}.providers[${index}]`)) };
}

function resourceName(value: unknown, path: string): string {
  if (typeof value !== "string" || value === "") throw refusal(path, "must be the name of a resource");
  if (value === "*") throw refusal(path, `use "*." for the core group or "*.*" for all groups`);
  if (value !== value.toLowerCase()) throw refusal(path, `${JSON.stringify(value)} must not contain capital letters`);
  if (value.includes("/")) throw refusal(path, `${JSON.stringify(value)} is a subresource; only whole resources are stored`);
  return value;
}

/** In one list the wider name hides the narrower: somebody is mistaken. */
function refuseOverlap(resources: readonly string[], path: string): void {
  for (const [index, name] of resources.entries()) {
    const masked = resources.find((other, at) => at !== index && isWithin(other, name));
    if (masked === undefined) continue;
    const [one, two] = [masked, name].map((text) => JSON.stringify(text));
    throw refusal(path, `must not name overlapping resources such as ${one} and ${two}: one would be masked`);
  }
}

function isWithin(name: string, wide: string): boolean {
  if (name === wide || wide === "*.*") return true;
  return wide.startsWith("*.") && (name.includes(".") ? name.slice(name.indexOf(".")) : ".") === wide.slice(1);
}

function parseProvider(value: unknown, path: string): ValueTransformer[] {
  const provider = objectAt(value, path);
  const names = Object.keys(provider);
  const [name = ""] = names;
  if (names.length !== 1) throw refusal(path, "must name exactly one provider");
  if (name === "identity") return [identity];
  if (name === "kms") throw refusal(`${path}.kms`, "is not supported by this server; use secretbox, aesgcm or aescbc");
  const sizes = keySizes[name];
  if (sizes === undefined) throw refusal(path, `has an unknown provider ${JSON.stringify(name)}`);
  const keys = listAt(objectAt(provider[name], `${path}.${name}`)["keys"], `${path}.${name}.keys`);
  const make = makers[name as keyof typeof makers];
  const made = keys.map((key, index) => parseKey(key, `${path}.${name}.keys[${index}]`, sizes));
  const repeated = made.find((key, index) => made.findIndex((other) => other.name === key.name) < index);
  if (repeated !== undefined) throw refusal(`${path}.${name}.keys`, `names a key twice: ${JSON.stringify(repeated.name)}`);
  return made.map(make);
}

function parseKey(value: unknown, path: string, sizes: readonly number[]) {
  const { name, secret } = objectAt(value, path);
  if (typeof name !== "string" || name === "" || name.includes(":")) throw refusal(`${path}.name`, `must not be empty nor contain ":"`);
  if (typeof secret !== "string" || !/^[A-Za-z0-9+/]+={0,2}$/.test(secret)) throw refusal(`${path}.secret`, "must be base64");
  const bytes = Buffer.from(secret, "base64");
  if (!sizes.includes(bytes.length)) throw refusal(`${path}.secret`, `must have ${sizes.join(", ")} bytes, not ${bytes.length}`);
  return { name, secret: bytes };
}

type Fields = Readonly<Record<string, unknown>>;

function objectAt(value: unknown, path: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refusal(path, "must be an object");
  return value as Fields;
}

function listAt(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw refusal(path, "must be a list with at least one entry");
  return value;
}

function refusal(path: string, reason: string): Error {
  return new Error(`cannot use the encryption configuration: ${path} ${reason}`);
}
