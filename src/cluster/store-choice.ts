/** Where a cluster's objects lie: in a file of its own, or in an etcd that somebody else runs. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

export type StoreConfig = SqliteStoreConfig | EtcdStoreConfig;

/** A file among the cluster's data. */
export interface SqliteStoreConfig {
  readonly kind: "sqlite";
}

export interface EtcdStoreConfig {
  readonly kind: "etcd";
  /** `https://host:port` or `http://host:port`, one a member. */
  readonly endpoints: readonly string[];
  /** Absolute paths of PEM files: who may have signed the members' certificates, and what etcd knows this client by. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** As given on the command line; nothing given means: as before, sqlite for a new cluster. */
export interface StoreFlags {
  readonly store?: "sqlite" | "etcd";
  readonly etcdEndpoints?: readonly string[];
  readonly etcdCafile?: string;
  readonly etcdCertfile?: string;
  readonly etcdKeyfile?: string;
}

export const defaultStore: StoreConfig = { kind: "sqlite" };

/**
 * The store to use from now on. `existing` is what the cluster `name` has, undefined for a new one. Endpoints and
 * certificates of an etcd may change, the kind of store may not: its objects would be left behind.
 */
export function chooseStore(name: string, flags: StoreFlags, existing: StoreConfig | undefined): StoreConfig {
  const wanted = wantedStore(flags, existing);
  if (existing !== undefined && wanted.kind !== existing.kind) {
    throw new Error(
      `cannot use ${wanted.kind} as the store of cluster ${JSON.stringify(name)}: its objects lie in ${existing.kind}; ` +
        `move them first, with \`coracle snapshot migrate --name ${name}\``,
    );
  }
  return wanted;
}

function wantedStore(flags: StoreFlags, existing: StoreConfig | undefined): StoreConfig {
  const { store, etcdEndpoints, etcdCafile, etcdCertfile, etcdKeyfile } = flags;
  const aboutEtcd = etcdEndpoints !== undefined || etcdCafile !== undefined || etcdCertfile !== undefined || etcdKeyfile !== undefined;
  const kind = store ?? existing?.kind ?? defaultStore.kind;
  if (kind === "sqlite") {
    if (aboutEtcd) throw new Error("cannot choose a store: endpoints and certificates of etcd are given, but not --store etcd");
    return defaultStore;
  }
  if (!aboutEtcd && existing?.kind === "etcd") return existing;
  const endpoints = etcdEndpoints ?? (existing?.kind === "etcd" ? existing.endpoints : []);
  if (endpoints.length === 0) throw new Error("cannot use etcd as the store: no --etcd-endpoints are given");
  for (const endpoint of endpoints) checkEndpoint(endpoint);
  if ((etcdCertfile === undefined) !== (etcdKeyfile === undefined)) {
    throw new Error("cannot use etcd as the store: --etcd-certfile and --etcd-keyfile go together");
  }
  return {
    kind: "etcd",
    endpoints,
    ...path("ca", etcdCafile),
    ...path("cert", etcdCertfile),
    ...path("key", etcdKeyfile),
  };
}

function checkEndpoint(endpoint: string): void {
  const url = URL.parse(endpoint);
  if (url !== null && ["http:", "https:"].includes(url.protocol) && url.pathname === "/") return;
  throw new Error(`cannot use ${JSON.stringify(endpoint)} as an endpoint of etcd: it must read http://HOST:PORT or https://HOST:PORT`);
}

function path(field: "ca" | "cert" | "key", file: string | undefined): Partial<Record<typeof field, string>> {
  if (file === undefined) return {};
  if (!existsSync(file)) throw new Error(`cannot use etcd as the store: ${file} does not exist`);
  return { [field]: resolve(file) };
}

/** For people: where the objects are. */
export function storeAddress(config: StoreConfig, folder: string): string {
  return config.kind === "sqlite" ? folder : config.endpoints.join(",");
}
