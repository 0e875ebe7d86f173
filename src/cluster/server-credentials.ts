/** How a server comes by the cluster's keys: made here for a store of its own, shared through an etcd with a token. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import type { Clock } from "../machinery/clock.ts";
import type { Store } from "../storage/store.ts";
import { apiServerAddress, type ClusterConfig, kubernetesServiceAddress, type ServerConfig } from "./config.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import type { Layout } from "./layout.ts";
import { createAuthority, ensurePki, readAuthority, readCertificate, readKeyPair, writeAuthority } from "./pki.ts";
import { joinedConfig, type ServerOptions } from "./server-config.ts";
import { agreeOnAuthority, isShared } from "./shared-authority.ts";

export interface CredentialsOptions {
  readonly options: ServerOptions;
  readonly config: ClusterConfig;
  readonly layout: Layout;
  /** Whether this server has run before. */
  readonly known: boolean;
  readonly store: Store;
  readonly clock: Clock;
}

const leastTokenLength = 16;

export function tokenFile(layout: Layout): string {
  return join(layout.data, "server-token");
}

/** Agrees with the cluster's other servers and writes what this one needs. The configuration that comes back is the one to run with. */
export async function ensureServerCredentials(request: CredentialsOptions): Promise<ClusterConfig> {
  const { options, config, layout, clock } = request;
  if (config.store.kind !== "etcd" && (options.token !== undefined || options.tokenFile !== undefined)) {
    throw new Error("cannot use a token: it is for servers that share an etcd, and this one's store is a file of its own");
  }
  const agreed = config.store.kind === "etcd" ? await agree(request) : config;
  const server = agreed.server as ServerConfig;
  const sans = [...server.tlsSans, server.bindAddress, server.advertiseAddress].filter((each) => each !== "0.0.0.0" && each !== "::");
  const domain = agreed.clusterDomain;
  await ensurePki(layout.pki, {
    now: clock.now(),
    nodes: [],
    renewServing: true,
    apiServerNames: unique([
      ...["localhost", server.hostname, "kubernetes", "kubernetes.default", "kubernetes.default.svc", `kubernetes.default.svc.${domain}`],
      ...sans.filter((san) => isIP(san) === 0),
    ]),
    apiServerAddresses: unique(["127.0.0.1", kubernetesServiceAddress(agreed), ...sans.filter((san) => isIP(san) !== 0)]),
  });
  writeKubeconfig(layout.kubeconfig, {
    name: `coracle-${agreed.name}`,
    server: apiServerAddress(agreed),
    ca: readCertificate(layout.pki, "ca"),
    client: readKeyPair(layout.pki, "admin"),
  });
  return agreed;
}

async function agree({ options, config, layout, known, store, clock }: CredentialsOptions): Promise<ClusterConfig> {
  const mine = readAuthority(layout.pki);
  const token = await tokenOf(options, layout, store);
  const { authority, settings } = await agreeOnAuthority(store, {
    token,
    settings: config,
    found: async () => {
      // Before the record: nobody could open one whose token was lost.
      keepToken(layout, token);
      return mine ?? createAuthority(clock.now());
    },
    movedHere: known && mine !== undefined,
  });
  if (mine !== undefined && mine.ca.certificate !== authority.ca.certificate) {
    throw new Error(`cannot join the cluster in this etcd: ${layout.pki} holds the authority of another cluster; choose another --data-dir`);
  }
  const joined = joinedConfig(config, options, settings);
  keepToken(layout, token);
  if (mine === undefined) writeAuthority(layout.pki, authority);
  return joined;
}

/** As given, else as kept from the last start; a new one only for a new cluster. */
async function tokenOf({ token, tokenFile: file }: ServerOptions, layout: Layout, store: Store): Promise<string> {
  if (token !== undefined && file !== undefined) throw new Error("cannot choose a token: --token-file and CORACLE_TOKEN are both given");
  if (token !== undefined) return checkedToken(token, "CORACLE_TOKEN");
  if (file !== undefined) return checkedToken(readToken(file), file);
  const kept = tokenFile(layout);
  if (existsSync(kept)) return checkedToken(readToken(kept), kept);
  if (!(await isShared(store))) return randomBytes(32).toString("base64url");
  throw new Error(
    "cannot join the cluster in this etcd without its token: the first server keeps it in the file server-token of its --data-dir; give it by --token-file or CORACLE_TOKEN",
  );
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new Error(`cannot read the token: ${(error as Error).message}`, { cause: error });
  }
}

function checkedToken(token: string, where: string): string {
  if (token.length >= leastTokenLength) return token;
  throw new Error(`cannot use the token in ${where}: it guards the cluster's keys and must have at least ${leastTokenLength} characters`);
}

function keepToken(layout: Layout, token: string): void {
  mkdirSync(layout.data, { recursive: true, mode: 0o700 });
  writeFileSync(tokenFile(layout), `${token}\n`, { mode: 0o600 });
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
