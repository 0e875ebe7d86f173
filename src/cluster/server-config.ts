/** What `coracle server` was asked for, made into the configuration of a control plane without nodes. Pure but for paths. */
import { isIP } from "node:net";
import { resolve } from "node:path";
import type { ElectionTimes } from "../client/leader-election.ts";
import { type ApiServerFlags, mergedFlags } from "./api-server-flags.ts";
import type { ClusterConfig, ServerConfig } from "./config.ts";
import type { SharedSettings } from "./shared-authority.ts";
import { chooseStore, type StoreFlags } from "./store-choice.ts";

/** Names are kube-apiserver's and kube-controller-manager's where those have the flag. */
export interface ServerOptions extends StoreFlags, ApiServerFlags {
  readonly name: string;
  readonly dataDir?: string;
  /** Default 0.0.0.0. */
  readonly bindAddress?: string;
  /** Default: the bind address, or this machine's own on the way to its default gateway. */
  readonly advertiseAddress?: string;
  /** Default 6443. */
  readonly securePort?: number;
  /** Default: the machine's. */
  readonly hostname?: string;
  readonly tlsSan?: readonly string[];
  readonly token?: string;
  readonly tokenFile?: string;
  readonly serviceClusterIpRange?: string;
  readonly clusterCidr?: string;
  readonly clusterDomain?: string;
  readonly encryptionConfig?: string;
  readonly auditPolicy?: string;
  readonly leaderElectLeaseDuration?: number;
  readonly leaderElectRenewDeadline?: number;
  readonly leaderElectRetryPeriod?: number;
}

/** What the machine says when the user does not. */
export interface MachineFacts {
  readonly hostname: string;
  /** Undefined without a way out. */
  readonly address: string | undefined;
}

const defaultSettings: SharedSettings = { serviceSubnet: "10.96.0.0/16", podSubnet: "10.244.0.0/16", clusterDomain: "cluster.local" };
const wildcards = ["0.0.0.0", "::"];
/** RFC 1123 subdomain: it becomes the value of a label. */
const hostnamePattern = /^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** `existing` is what the server was last time: what is not asked for anew stays. `dataDir` is absolute. */
export function serverConfig(options: ServerOptions, dataDir: string, existing: ClusterConfig | undefined, machine: MachineFacts): ClusterConfig {
  const { name } = options;
  if (existing !== undefined && existing.server === undefined) {
    throw new Error(`cannot start a server in ${dataDir}: \`coracle up\` keeps cluster ${JSON.stringify(existing.name)} there; choose another --data-dir`);
  }
  return {
    ...existing,
    name,
    dataDir,
    nodes: [],
    // None of this machine's node networks.
    index: -1,
    nodeSubnet: "",
    ...settingsOf(options, existing ?? defaultSettings),
    apiServerPort: options.securePort ?? existing?.apiServerPort ?? 6443,
    store: chooseStore(name, options, existing?.store),
    ...(options.encryptionConfig === undefined ? {} : { encryptionConfig: resolve(options.encryptionConfig) }),
    ...(options.auditPolicy === undefined ? {} : { auditPolicy: resolve(options.auditPolicy) }),
    apiServer: mergedFlags(options, existing?.apiServer),
    server: placeOf(options, existing?.server, machine),
  };
}

function settingsOf(options: ServerOptions, otherwise: SharedSettings): SharedSettings {
  return {
    serviceSubnet: options.serviceClusterIpRange ?? otherwise.serviceSubnet,
    podSubnet: options.clusterCidr ?? otherwise.podSubnet,
    clusterDomain: options.clusterDomain ?? otherwise.clusterDomain,
  };
}

function placeOf(options: ServerOptions, existing: ServerConfig | undefined, machine: MachineFacts): ServerConfig {
  const told = { ...existing?.told, ...given("advertiseAddress", options.advertiseAddress), ...given("hostname", options.hostname) };
  const bindAddress = checkedAddress("--bind-address", options.bindAddress ?? existing?.bindAddress ?? "0.0.0.0");
  const advertiseAddress = told.advertiseAddress ?? (wildcards.includes(bindAddress) ? machine.address : bindAddress);
  if (advertiseAddress === undefined) {
    throw new Error("cannot find the address that others reach this machine at: it has no default route; give it by --advertise-address");
  }
  if (wildcards.includes(advertiseAddress)) throw new Error(`cannot advertise ${advertiseAddress}: it is no address that others could reach`);
  const hostname = (told.hostname ?? machine.hostname).toLowerCase();
  if (!hostnamePattern.test(hostname)) throw new Error(`cannot use ${JSON.stringify(hostname)} as this server's name: give another by --hostname`);
  return {
    bindAddress,
    advertiseAddress: checkedAddress("--advertise-address", advertiseAddress),
    hostname,
    tlsSans: options.tlsSan ?? existing?.tlsSans ?? [],
    told,
  };
}

function given<K extends string>(field: K, value: string | undefined): { readonly [key in K]?: string } {
  return value === undefined ? {} : ({ [field]: value } as { readonly [key in K]?: string });
}

function checkedAddress(flag: string, text: string): string {
  if (isIP(text) === 0) throw new Error(`cannot use ${JSON.stringify(text)} for ${flag}: it is no IP address`);
  return text;
}

/**
 * The cluster's settings go for all its servers. Throws when this one was asked for others; what it was not asked for it
 * takes over.
 */
export function joinedConfig(config: ClusterConfig, options: ServerOptions, shared: SharedSettings): ClusterConfig {
  const asked = settingsOf(options, shared);
  const flags = { serviceSubnet: "--service-cluster-ip-range", podSubnet: "--cluster-cidr", clusterDomain: "--cluster-domain" } as const;
  for (const field of Object.keys(flags) as (keyof SharedSettings)[]) {
    if (asked[field] === shared[field]) continue;
    throw new Error(`cannot join the cluster with ${flags[field]} ${asked[field]}: it was made with ${shared[field]}`);
  }
  return { ...config, ...shared };
}

/** Undefined for a store that nobody else can share: there is no one to be elected against. */
export function electionOf(config: ClusterConfig, options: ServerOptions): ElectionTimes | undefined {
  if (config.store.kind !== "etcd") return undefined;
  const { leaderElectLeaseDuration, leaderElectRenewDeadline, leaderElectRetryPeriod } = options;
  return {
    ...(leaderElectLeaseDuration === undefined ? {} : { leaseDurationSeconds: leaderElectLeaseDuration }),
    ...(leaderElectRenewDeadline === undefined ? {} : { renewDeadlineSeconds: leaderElectRenewDeadline }),
    ...(leaderElectRetryPeriod === undefined ? {} : { retryPeriodSeconds: leaderElectRetryPeriod }),
  };
}
