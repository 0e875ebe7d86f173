/** Kubeconfigs with everything embedded, so that the file can be copied anywhere. Users may keep things of their own in them. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { dump, load } from "js-yaml";
import type { KeyPair } from "./certificates.ts";

export interface KubeconfigOptions {
  /** Name of cluster, context and user. */
  readonly name: string;
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly client: KeyPair;
}

type Fields = Readonly<Record<string, unknown>>;

/** One that nobody has put anything into. */
export function kubeconfig(options: KubeconfigOptions): string {
  return dump(withCluster({}, options));
}

/** What the file is to say, given what it says: entries of this name are made right, and keep fields that are none of ours; the rest stays. */
function withCluster(found: Fields, { name, server, ca, client }: KubeconfigOptions): Fields {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const cluster = { server, "certificate-authority-data": base64(ca) };
  const user = { "client-certificate-data": base64(client.certificate), "client-key-data": base64(client.key) };
  const contexts = withEntry(found["contexts"], name, "context", { cluster: name, user: name });
  const current = found["current-context"];
  return {
    ...found,
    apiVersion: "v1",
    kind: "Config",
    clusters: withEntry(found["clusters"], name, "cluster", cluster),
    users: withEntry(found["users"], name, "user", user),
    contexts,
    "current-context": contexts.some((context) => context["name"] === current) ? current : name,
  };
}

/** `own` over the fields of the entry of that name, which is added where it is missing. */
function withEntry(list: unknown, name: string, field: string, own: Fields): readonly Fields[] {
  const entries = Array.isArray(list) ? list.filter(isFields) : [];
  if (!entries.some((entry) => entry["name"] === name)) return [...entries, { name, [field]: own }];
  return entries.map((entry) => (entry["name"] === name ? { ...entry, [field]: { ...(isFields(entry[field]) ? entry[field] : {}), ...own } } : entry));
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** At once or not at all: a disk that is full leaves the one that is there. What cannot be read is put aside, as FILE.broken. */
export function writeKubeconfig(file: string, options: KubeconfigOptions): void {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const found = parsed(text);
  const wanted = withCluster(found ?? {}, options);
  if (isDeepStrictEqual(found, wanted)) return;
  if (found === undefined && text.trim() !== "") renameSync(file, `${file}.broken`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, dump(wanted), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Undefined for what is no kubeconfig. */
function parsed(text: string): Fields | undefined {
  try {
    const value = load(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
