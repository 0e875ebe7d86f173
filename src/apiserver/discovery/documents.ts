/** Discovery documents, legacy and aggregated, from what is served. Pure. */
import { createHash } from "node:crypto";
import type { AnyResourceDefinition, Verb } from "../../api/resource.ts";
import { apiVersionOf, type GroupVersionKind } from "../../machinery/object.ts";
import type { SubresourceHandler } from "../contract.ts";

const allVerbs: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const scaleVerbs: readonly Verb[] = ["get", "patch", "update"];

/** The order in which kube-apiserver prefers groups: short names are resolved in it. Others follow by name. */
const groupOrder = [
  "",
  "apiregistration.k8s.io",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "resource.k8s.io",
];

export interface ServedSubresource {
  readonly name: string;
  readonly kind: GroupVersionKind;
  readonly verbs: readonly Verb[];
}

export interface DiscoveredResource {
  readonly definition: AnyResourceDefinition;
  readonly verbs: readonly Verb[];
  /** Tells those who rewrite stored objects that another version is stored now; undefined where it is not told. */
  readonly storageVersionHash: string | undefined;
  /** By name. */
  readonly subresources: readonly ServedSubresource[];
}

export interface DiscoveredVersion {
  readonly version: string;
  /** By name. */
  readonly resources: readonly DiscoveredResource[];
}

export interface DiscoveredGroup {
  readonly group: string;
  /** The preferred one first. */
  readonly versions: readonly DiscoveredVersion[];
}

export function discover(
  definitions: readonly AnyResourceDefinition[],
  handlersOf: (definition: AnyResourceDefinition) => readonly SubresourceHandler[],
  hashes = true,
): readonly DiscoveredGroup[] {
  const groups = new Map<string, Map<string, DiscoveredResource[]>>();
  for (const definition of definitions) {
    const versions = groups.get(definition.group) ?? new Map<string, DiscoveredResource[]>();
    const resources = versions.get(definition.version) ?? [];
    resources.push({ ...discovered(definition, handlersOf(definition)), storageVersionHash: hashes ? storageVersionHash(definition) : undefined });
    groups.set(definition.group, versions.set(definition.version, resources));
  }
  return [...groups]
    .sort(([a], [b]) => groupRank(a) - groupRank(b) || (a < b ? -1 : 1))
    .map(([group, versions]) => ({
      group,
      versions: [...versions]
        .sort(([a], [b]) => compareVersions(b, a))
        .map(([version, resources]) => ({ version, resources: resources.sort((a, b) => (a.definition.resource < b.definition.resource ? -1 : 1)) })),
    }));
}

function discovered(definition: AnyResourceDefinition, handlers: readonly SubresourceHandler[]): Omit<DiscoveredResource, "storageVersionHash"> {
  const own = (name: string, verbs: readonly Verb[]): ServedSubresource => ({ name, kind: definition, verbs });
  const subresources = [
    ...(definition.status === undefined ? [] : [own("status", definition.status.verbs)]),
    ...(definition.scale === undefined ? [] : [{ name: "scale", kind: { group: "autoscaling", version: "v1", kind: "Scale" }, verbs: scaleVerbs }]),
    ...Object.entries(definition.subresources ?? {}).map(([name, { verbs }]) => own(name, verbs)),
    ...Object.entries(definition.otherSubresources ?? {}).map(([name, { verbs, ...kind }]) => ({ name, kind, verbs })),
    ...handlers
      .filter(({ subresource }) => definition.otherSubresources?.[subresource] === undefined)
      .map(({ subresource, kind, verbs }) => ({ name: subresource, kind, verbs })),
  ];
  return { definition, verbs: definition.verbs ?? allVerbs, subresources: subresources.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

function groupRank(group: string): number {
  const rank = groupOrder.indexOf(group);
  return rank < 0 ? groupOrder.length : rank;
}

/** Kubernetes' order of versions: v2 after v1, and both after v1beta2. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [versionRank(a), versionRank(b)];
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function versionRank(version: string): [number, number, number] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return [-1, 0, 0];
  return [match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0, Number(match[1]), Number(match[3] ?? 0)];
}

/* ---- legacy ---- */

export function apiVersionsDocument(groups: readonly DiscoveredGroup[], serverAddress: string): object {
  const core = groups.find(({ group }) => group === "");
  return {
    kind: "APIVersions",
    versions: core?.versions.map(({ version }) => version) ?? [],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  };
}

export function groupListDocument(groups: readonly DiscoveredGroup[]): object {
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.filter(({ group }) => group !== "").map(groupFields) };
}

export function groupDocument(group: DiscoveredGroup): object {
  return { kind: "APIGroup", apiVersion: "v1", ...groupFields(group) };
}

function groupFields({ group, versions }: DiscoveredGroup): object {
  const all = versions.map(({ version }) => ({ groupVersion: apiVersionOf({ group, version }), version }));
  return { name: group, versions: all, preferredVersion: all[0] };
}

export function resourceListDocument(group: string, { version, resources }: DiscoveredVersion): object {
  return {
    kind: "APIResourceList",
    // The oldest of these documents is older than this field.
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: apiVersionOf({ group, version }),
    resources: resources.flatMap((resource) => [resourceEntry(resource), ...resource.subresources.map((sub) => subresourceEntry(resource, sub))]),
  };
}

function resourceEntry({ definition, verbs, storageVersionHash }: DiscoveredResource): object {
  const { resource, singular, namespaced, kind, shortNames, categories } = definition;
  return {
    name: resource,
    singularName: singular,
    namespaced,
    kind,
    verbs: [...verbs].sort(),
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
    ...(storageVersionHash === undefined ? {} : { storageVersionHash }),
  };
}

/** Undefined for what is not stored. */
function storageVersionHash({ group, version, kind, storedAs, virtual }: AnyResourceDefinition): string | undefined {
  if (virtual === true) return undefined;
  const stored = storedAs ?? { group, version };
  return createHash("sha256").update(`${stored.group}/${stored.version}/${kind}`).digest().subarray(0, 8).toString("base64");
}

function subresourceEntry({ definition }: DiscoveredResource, { name, kind, verbs }: ServedSubresource): object {
  const foreign = kind.group !== definition.group || kind.version !== definition.version;
  return {
    name: `${definition.resource}/${name}`,
    singularName: "",
    namespaced: definition.namespaced,
    ...(foreign ? { group: kind.group, version: kind.version } : {}),
    kind: kind.kind,
    verbs: [...verbs].sort(),
  };
}

/* ---- aggregated (apidiscovery.k8s.io) ---- */

export function aggregatedDocument(groups: readonly DiscoveredGroup[], apiVersion: string): object {
  return { kind: "APIGroupDiscoveryList", apiVersion, metadata: {}, items: groups.map(aggregatedGroup) };
}

function aggregatedGroup({ group, versions }: DiscoveredGroup): object {
  return {
    metadata: group === "" ? {} : { name: group },
    versions: versions.map(({ version, resources }) => ({ version, resources: resources.map(aggregatedResource), freshness: "Current" })),
  };
}

function aggregatedResource({ definition, verbs, subresources }: DiscoveredResource): object {
  const { resource, singular, namespaced, shortNames, categories } = definition;
  return {
    resource,
    responseKind: kindFields(definition, definition),
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs: [...verbs].sort(),
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
    ...(subresources.length === 0 ? {} : { subresources: subresources.map((sub) => aggregatedSubresource(definition, sub)) }),
  };
}

function aggregatedSubresource(definition: AnyResourceDefinition, { name, kind, verbs }: ServedSubresource): object {
  return { subresource: name, responseKind: kindFields(kind, definition), verbs: [...verbs].sort() };
}

/** A kind of the resource's own group version does not name that again. */
function kindFields({ group, version, kind }: GroupVersionKind, own: GroupVersionKind): GroupVersionKind {
  return group === own.group && version === own.version ? { group: "", version: "", kind } : { group, version, kind };
}
