/**
 * Plans as nftables objects: for each service port a chain that picks an endpoint, for each endpoint of it a chain that
 * translates, and two verdict maps that lead there by destination. Looking a service up costs the same whether there are
 * ten or ten thousand.
 */
import { createHash } from "node:crypto";
import type { Endpoint, ServicePortPlan } from "../plan.ts";

export type Family = "ip" | "ip6";

/** The whole wanted state of one table, as text; `transaction.ts` turns two of them into commands. */
export interface Ruleset {
  /** Chain -> its rules. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Dynamic sets for session affinity: name -> definition. */
  readonly sets: ReadonlyMap<string, string>;
  /** Map or set -> key -> value ("" for plain sets). */
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export const tableName = "coracle-proxy";
/** The bit by which packets are remembered until they leave, as kube-proxy does. */
const masqueradeMark = "0x4000";

/**
 * Objects that are always there. Load balancing happens in nat, refusals in filter before it. What still goes to a cluster
 * IP after nat goes to a port that its Service does not have, or to no Service at all: it must not leave the cluster.
 */
export function baseObjects(family: Family): string {
  const address = family === "ip" ? "ipv4_addr" : "ipv6_addr";
  const lookup = `${family} daddr . meta l4proto . th dport`;
  return `
  map service-ports { type ${address} . inet_proto . inet_service : verdict; }
  map node-ports { type inet_proto . inet_service : verdict; }
  map refused-services { type ${address} . inet_proto . inet_service : verdict; }
  map refused-node-ports { type inet_proto . inet_service : verdict; }
  set cluster-ips { type ${address}; }
  chain mark-for-masquerade { meta mark set meta mark or ${masqueradeMark}; }
  chain services {
    ${lookup} vmap @service-ports
    fib daddr type local meta l4proto . th dport vmap @node-ports
  }
  chain refusals {
    ${lookup} vmap @refused-services
    fib daddr type local meta l4proto . th dport vmap @refused-node-ports
  }
  chain refuse { reject; }
  chain prerouting { type nat hook prerouting priority dstnat; jump services; }
  chain output { type nat hook output priority -100; jump services; }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    meta mark & ${masqueradeMark} == 0 return
    meta mark set meta mark xor ${masqueradeMark}
    masquerade fully-random
  }
  chain filter-prerouting { type filter hook prerouting priority -110; ct state new jump refusals; }
  chain filter-output { type filter hook output priority -110; ct state new jump refusals; }
  chain untranslated {}
  chain untranslated-prerouting { type filter hook prerouting priority -90; ct state new jump untranslated; }
  chain untranslated-output { type filter hook output priority -90; ct state new jump untranslated; }
`;
}

export interface RulesetOptions {
  readonly family: Family;
  /** Addresses of pods: traffic to a Service from elsewhere is masqueraded, or its replies would not come back this way. */
  readonly podSubnet: string;
  /** Where cluster IPs come from: what goes to one that no Service has is dropped, as kube-proxy does. */
  readonly serviceSubnet: string;
}

export function rulesetOf(plans: readonly ServicePortPlan[], options: RulesetOptions): Ruleset {
  const builder = new RulesetBuilder(options);
  for (const plan of plans) builder.add(plan);
  return builder;
}

class RulesetBuilder implements Ruleset {
  readonly chains: Map<string, readonly string[]>;
  readonly sets = new Map<string, string>();
  readonly elements = new Map<string, Map<string, string>>([
    ["service-ports", new Map()],
    ["node-ports", new Map()],
    ["refused-services", new Map()],
    ["refused-node-ports", new Map()],
    ["cluster-ips", new Map()],
  ]);
  readonly #options: RulesetOptions;

  constructor(options: RulesetOptions) {
    this.#options = options;
    const { family, serviceSubnet } = options;
    this.chains = new Map([["untranslated", [`${family} daddr @cluster-ips reject`, `${family} daddr ${serviceSubnet} drop`]]]);
  }

  add(plan: ServicePortPlan): void {
    this.#addInternal(plan);
    if (plan.externalIPs.length > 0 || plan.nodePort > 0) this.#addExternal(plan);
  }

  #addInternal(plan: ServicePortPlan): void {
    const { family, podSubnet } = this.#options;
    const chain =
      plan.internal.length === 0 ? undefined : this.#balancer("service", plan, plan.internal, [`${family} saddr != ${podSubnet} jump mark-for-masquerade`]);
    for (const address of plan.clusterIPs) {
      this.elements.get("cluster-ips")?.set(address, "");
      this.#route("service-ports", "refused-services", `${address} . ${plan.protocol} . ${plan.port}`, chain, whenNone(plan));
    }
  }

  #addExternal(plan: ServicePortPlan): void {
    const prelude = plan.externalLocal ? [] : ["jump mark-for-masquerade"];
    const chain = plan.external.length === 0 ? undefined : this.#balancer("external", plan, plan.external, prelude);
    const none = whenNone(plan);
    if (plan.nodePort > 0) this.#route("node-ports", "refused-node-ports", `${plan.protocol} . ${plan.nodePort}`, chain, none);
    const guarded = chain === undefined || plan.sourceRanges.length === 0 ? chain : this.#guard(plan, chain);
    for (const address of plan.externalIPs) this.#route("service-ports", "refused-services", `${address} . ${plan.protocol} . ${plan.port}`, guarded, none);
  }

  /** Only the allowed sources come through to a load balancer address. */
  #guard(plan: ServicePortPlan, chain: string): string {
    const name = chainName("guard", plan, "");
    this.chains.set(name, [`${this.#options.family} saddr { ${plan.sourceRanges.join(", ")} } goto ${chain}`, "drop"]);
    return name;
  }

  #route(map: string, refusedMap: string, key: string, chain: string | undefined, otherwise: string): void {
    const target = chain === undefined ? refusedMap : map;
    // The first service in order of name keeps an address and port that two claim.
    const entries = this.elements.get(target);
    if (entries !== undefined && !entries.has(key)) entries.set(key, chain === undefined ? otherwise : `goto ${chain}`);
  }

  #balancer(kind: string, plan: ServicePortPlan, endpoints: readonly Endpoint[], prelude: readonly string[]): string {
    const name = chainName(kind, plan, "");
    const targets = endpoints.map((endpoint) => this.#endpoint(plan, endpoint));
    const sticky = plan.affinitySeconds === 0 ? [] : targets.map((target) => `${this.#options.family} saddr @${affinitySet(target, plan)} goto ${target}`);
    const choice = targets.map((target, index) => `${index} : goto ${target}`).join(", ");
    this.chains.set(name, [...prelude, ...sticky, targets.length === 1 ? `goto ${targets[0]}` : `numgen random mod ${targets.length} vmap { ${choice} }`]);
    return name;
  }

  /** Shared by the internal and external way to the same endpoint of the same port. */
  #endpoint(plan: ServicePortPlan, endpoint: Endpoint): string {
    const { family } = this.#options;
    const name = chainName("endpoint", plan, `${endpoint.address} ${endpoint.port}`);
    const target = family === "ip6" ? `[${endpoint.address}]:${endpoint.port}` : `${endpoint.address}:${endpoint.port}`;
    const rules = [`${family} saddr ${endpoint.address} jump mark-for-masquerade`];
    if (plan.affinitySeconds > 0) {
      this.sets.set(
        affinitySet(name, plan),
        `{ type ${family === "ip" ? "ipv4_addr" : "ipv6_addr"}; flags dynamic,timeout; timeout ${plan.affinitySeconds}s; }`,
      );
      rules.push(`update @${affinitySet(name, plan)} { ${family} saddr }`);
    }
    this.chains.set(name, [...rules, `meta l4proto ${plan.protocol} dnat to ${target}`]);
    return name;
  }
}

/** Endpoints elsewhere are not for this node's traffic: what is lost tells clients and balancers to try again or go there. */
function whenNone(plan: ServicePortPlan): string {
  return plan.elsewhere ? "drop" : "goto refuse";
}

/** A set's timeout cannot be changed, so it is part of the name: another timeout is another set. */
function affinitySet(endpointChain: string, plan: ServicePortPlan): string {
  return endpointChain.replace(/^endpoint/, `affinity-${plan.affinitySeconds}`);
}

/** Readable as far as nft's alphabet allows, unique by a hash of everything; at most 127 characters. */
function chainName(kind: string, plan: ServicePortPlan, detail: string): string {
  const hash = createHash("sha256").update(`${plan.id} ${plan.protocol} ${detail}`).digest("hex").slice(0, 12);
  const readable = plan.id.replaceAll(/[^a-z0-9-]/g, "_").slice(0, 90);
  return `${kind}-${hash}-${readable}`;
}
