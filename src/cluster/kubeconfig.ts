/** Kubeconfigs with everything embedded, so that the file can be copied anywhere. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { dump } from "js-yaml";
import type { KeyPair } from "./certificates.ts";

export interface KubeconfigOptions {
  /** Name of cluster, context and user. */
  readonly name: string;
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly client: KeyPair;
}

export function kubeconfig({ name, server, ca, client }: KubeconfigOptions): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return dump({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": base64(ca) } }],
    users: [{ name, user: { "client-certificate-data": base64(client.certificate), "client-key-data": base64(client.key) } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}

/** At once or not at all: a disk that is full leaves the one that is there. */
export function writeKubeconfig(file: string, options: KubeconfigOptions): void {
  const text = kubeconfig(options);
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
