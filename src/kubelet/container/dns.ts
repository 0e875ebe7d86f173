/** A pod's resolv.conf from its dnsPolicy and dnsConfig. */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { DnsConfig } from "../cri/types.ts";

export interface ClusterDns {
  readonly servers: readonly string[];
  readonly domain: string;
}

/** glibc reads three name servers; more are cut off, with an Event upstream. */
const maxNameservers = 3;
const maxSearches = 32;

export function podDns(pod: Pod, cluster: ClusterDns, host: DnsConfig): DnsConfig {
  const config = mergeDns(baseDns(pod, cluster, host), pod.spec.dnsConfig);
  return { servers: config.servers.slice(0, maxNameservers), searches: config.searches.slice(0, maxSearches), options: config.options };
}

function baseDns(pod: Pod, cluster: ClusterDns, host: DnsConfig): DnsConfig {
  switch (pod.spec.dnsPolicy ?? "ClusterFirst") {
    case "None":
      return { servers: [], searches: [], options: [] };
    case "Default":
      return host;
    case "ClusterFirst":
      return pod.spec.hostNetwork === true || cluster.servers.length === 0 ? host : clusterFirst(pod, cluster, host);
    default:
      return cluster.servers.length === 0 ? host : clusterFirst(pod, cluster, host);
  }
}

function clusterFirst(pod: Pod, cluster: ClusterDns, host: DnsConfig): DnsConfig {
  const { domain } = cluster;
  const own = domain === "" ? [] : [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain];
  return { servers: cluster.servers, searches: unique([...own, ...host.searches]), options: ["ndots:5"] };
}

/** Adds what the pod asks for; an option of the pod replaces one of the same name. */
function mergeDns(base: DnsConfig, own: Pod["spec"]["dnsConfig"]): DnsConfig {
  if (own === undefined) return base;
  const options = new Map(base.options.map((option) => [option.split(":")[0]!, option]));
  for (const { name = "", value } of own.options ?? []) options.set(name, value === undefined || value === "" ? name : `${name}:${value}`);
  return {
    servers: unique([...base.servers, ...(own.nameservers ?? [])]),
    searches: unique([...base.searches, ...(own.searches ?? [])]),
    options: [...options.values()],
  };
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)];
}

/** Reads a resolv.conf (resolver(5)); later `search` and `domain` lines replace earlier ones. */
export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === "nameserver" && values[0] !== undefined) servers.push(values[0]);
    else if (keyword === "search" || keyword === "domain") searches = values.map((name) => (name === "." ? name : name.replace(/\.$/, "")));
    else if (keyword === "options") options = values;
  }
  return { servers, searches, options };
}
