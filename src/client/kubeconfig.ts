/** kubeconfig files (client.authentication v1 Config): which server, trusting whom, as whom. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Clock } from "../machinery/clock.ts";
import { parseYaml } from "../machinery/yaml-codec.ts";
import { staticToken, type TokenSource, tokenFile } from "./credentials.ts";
import { errorText } from "./errors.ts";
import { HttpsTransport } from "./https-transport.ts";

export interface KubeconfigCluster {
  server: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
}

export interface KubeconfigUser {
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  as?: string;
  "as-uid"?: string;
  "as-groups"?: string[];
  exec?: unknown;
}

export interface KubeconfigContext {
  cluster: string;
  user: string;
  namespace?: string;
}

export interface Kubeconfig {
  apiVersion?: string;
  kind?: string;
  clusters?: { name: string; cluster: KubeconfigCluster }[];
  users?: { name: string; user: KubeconfigUser }[];
  contexts?: { name: string; context: KubeconfigContext }[];
  "current-context"?: string;
}

/** One context with everything it names; file paths are absolute. */
export interface ResolvedContext {
  readonly name: string;
  readonly cluster: KubeconfigCluster;
  readonly user: KubeconfigUser;
  readonly namespace: string;
}

/** Paths inside the file are relative to its folder. */
export function loadKubeconfig(path: string): Kubeconfig {
  try {
    return absolutePaths(parseKubeconfig(readFileSync(path, "utf8")), dirname(resolve(path)));
  } catch (cause) {
    throw new Error(`cannot load kubeconfig ${path}: ${errorText(cause)}`, { cause });
  }
}

export function parseKubeconfig(text: string): Kubeconfig {
  const value = parseYaml(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("not a kubeconfig: no mapping at its top");
  return value as Kubeconfig;
}

/** As kubectl merges the files of $KUBECONFIG: the first to name a thing, or to set the current context, wins. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const current = configs.map((config) => config["current-context"]).find((name) => name !== undefined && name !== "");
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: firstOfEach(configs.flatMap((config) => config.clusters ?? [])),
    users: firstOfEach(configs.flatMap((config) => config.users ?? [])),
    contexts: firstOfEach(configs.flatMap((config) => config.contexts ?? [])),
    ...(current === undefined ? {} : { "current-context": current }),
  };
}

export function resolveContext(config: Kubeconfig, name = config["current-context"]): ResolvedContext {
  if (name === undefined || name === "") throw new Error("cannot choose a context: none is current");
  const context = config.contexts?.find((entry) => entry.name === name)?.context;
  if (context === undefined) throw new Error(`cannot use context "${name}": it does not exist`);
  const cluster = config.clusters?.find((entry) => entry.name === context.cluster)?.cluster;
  if (cluster === undefined) throw new Error(`cannot use context "${name}": cluster "${context.cluster}" does not exist`);
  const user = config.users?.find((entry) => entry.name === context.user)?.user ?? {};
  return { name, cluster, user, namespace: context.namespace ?? "default" };
}

export function transportFor(context: ResolvedContext, options: { readonly clock: Clock; readonly userAgent?: string }): HttpsTransport {
  const { cluster, user } = context;
  if (user.exec !== undefined) throw new Error(`cannot use context "${context.name}": exec credential plugins are not supported`);
  const ca = pem(cluster["certificate-authority-data"], cluster["certificate-authority"]);
  const certificate = pem(user["client-certificate-data"], user["client-certificate"]);
  const key = pem(user["client-key-data"], user["client-key"]);
  const token = tokenSource(user, options.clock);
  return new HttpsTransport({
    server: cluster.server,
    ...options,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(token === undefined ? {} : { token }),
    ...(cluster["insecure-skip-tls-verify"] === true ? { insecureSkipTlsVerify: true } : {}),
    ...(cluster["tls-server-name"] === undefined ? {} : { tlsServerName: cluster["tls-server-name"] }),
    headers: authenticationHeaders(user),
  });
}

function tokenSource(user: KubeconfigUser, clock: Clock): TokenSource | undefined {
  if (user.tokenFile !== undefined) return tokenFile(user.tokenFile, clock);
  return user.token === undefined ? undefined : staticToken(user.token);
}

function authenticationHeaders(user: KubeconfigUser): Record<string, string | string[]> {
  const { username, password, as } = user;
  return {
    ...(username === undefined ? {} : { authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` }),
    ...(as === undefined ? {} : { "impersonate-user": as }),
    ...(user["as-uid"] === undefined ? {} : { "impersonate-uid": user["as-uid"] }),
    ...(user["as-groups"] === undefined ? {} : { "impersonate-group": user["as-groups"] }),
  };
}

/** Embedded data wins over a file. */
function pem(data: string | undefined, path: string | undefined): string | undefined {
  if (data !== undefined && data !== "") return Buffer.from(data, "base64").toString("utf8");
  return path === undefined || path === "" ? undefined : readFileSync(path, "utf8");
}

function absolutePaths(config: Kubeconfig, folder: string): Kubeconfig {
  const at = <T extends object>(value: T, fields: readonly (keyof T)[]): T => {
    const copy = { ...value };
    for (const field of fields) if (typeof copy[field] === "string" && copy[field] !== "") copy[field] = resolve(folder, copy[field]) as T[keyof T];
    return copy;
  };
  return {
    ...config,
    clusters: (config.clusters ?? []).map((entry) => ({ ...entry, cluster: at(entry.cluster, ["certificate-authority"]) })),
    users: (config.users ?? []).map((entry) => ({ ...entry, user: at(entry.user ?? {}, ["client-certificate", "client-key", "tokenFile"]) })),
  };
}

function firstOfEach<T extends { name: string }>(entries: readonly T[]): T[] {
  const byName = new Map<string, T>();
  for (const entry of entries) if (!byName.has(entry.name)) byName.set(entry.name, entry);
  return [...byName.values()];
}
