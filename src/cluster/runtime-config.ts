/** kube-apiserver's --runtime-config: which groups, versions and resources of the API are served. Pure. */
import type { AnyResourceDefinition } from "../api/resource.ts";

export type ServedName = Pick<AnyResourceDefinition, "group" | "version" | "resource">;

/** Whether a resource is served. */
export type ServedChoice = (resource: ServedName) => boolean;

/** In the order in which they count: what is more special overrides what is more general. */
const stages = [
  ["api/all", () => true],
  ["api/ga", (version: string) => /^v\d+$/.test(version)],
  ["api/beta", (version: string) => /^v\d+beta\d+$/.test(version)],
  ["api/alpha", (version: string) => /^v\d+alpha\d+$/.test(version)],
] as const;

/** What kube-apiserver v1.36 can serve; what of it is not served here can be switched off, but not on. */
const servable: Readonly<Record<string, string>> = {
  "admissionregistration.k8s.io": "v1 v1alpha1 v1beta1",
  "apiextensions.k8s.io": "v1",
  "apiregistration.k8s.io": "v1",
  "certificates.k8s.io": "v1 v1alpha1 v1beta1",
  "coordination.k8s.io": "v1 v1alpha2 v1beta1",
  "internal.apiserver.k8s.io": "v1alpha1",
  "networking.k8s.io": "v1 v1beta1",
  "resource.k8s.io": "v1 v1alpha3 v1beta1 v1beta2",
  "scheduling.k8s.io": "v1 v1alpha2",
  "storage.k8s.io": "v1 v1beta1",
  "storagemigration.k8s.io": "v1beta1",
};
/** What it once served, and still knows. */
const former: Readonly<Record<string, string>> = {
  "apiextensions.k8s.io": "v1beta1",
  "apiregistration.k8s.io": "v1beta1",
  apps: "v1beta1 v1beta2",
  "authentication.k8s.io": "v1alpha1 v1beta1",
  "authorization.k8s.io": "v1beta1",
  autoscaling: "v2beta1 v2beta2",
  batch: "v1beta1",
  "discovery.k8s.io": "v1beta1",
  "events.k8s.io": "v1beta1",
  extensions: "v1beta1",
  "flowcontrol.apiserver.k8s.io": "v1beta1 v1beta2 v1beta3",
  "imagepolicy.k8s.io": "v1alpha1",
  "node.k8s.io": "v1alpha1 v1beta1",
  policy: "v1beta1",
  "rbac.authorization.k8s.io": "v1alpha1 v1beta1",
  "scheduling.k8s.io": "v1alpha1 v1beta1",
  "storage.k8s.io": "v1alpha1",
};

/**
 * `entries` are `KEY=VALUE`: KEY one of api/all, api/ga, api/beta, api/alpha, or GROUP/VERSION[/RESOURCE] (the core group's
 * is ""); no VALUE is true, and the last of a KEY counts. Throws for what kube-apiserver refuses, in its words, and for what is
 * switched on that `definitions` do not have.
 */
export function servedChoice(entries: readonly string[], definitions: readonly ServedName[]): ServedChoice {
  const values = new Map(entries.map(pair));
  if (values.size === 1 && values.get("api/all") === "false") throw refused("invalid key with only api/all=false");
  const byStage = stages.flatMap(([key, includes]) => {
    const value = values.get(key);
    return value === undefined ? [] : [{ includes, served: stageValue(key, value, definitions) }];
  });
  const chosen = new Map([...values].filter(([key]) => !stages.some(([stage]) => stage === key)).map(([key, value]) => choice(key, value, definitions)));
  return ({ group, version, resource }) =>
    chosen.get(`${group}/${version}/${resource}`) ?? chosen.get(`${group}/${version}`) ?? byStage.findLast(({ includes }) => includes(version))?.served ?? true;
}

function pair(entry: string): [key: string, value: string] {
  const [key = "", ...value] = entry.split("=");
  return [key.trim(), value.join("=").trim()];
}

function stageValue(key: string, value: string, definitions: readonly ServedName[]): boolean {
  if (value !== "true" && value !== "false") throw refused(`invalid value ${key}=${value}`);
  if (value === "false" || key === "api/ga") return value === "true";
  const missing = missingVersions(key, definitions);
  if (missing.length === 0) return true;
  throw new Error(`cannot use --runtime-config ${key}=true: this API server does not have ${missing.join(", ")}`);
}

/** What Kubernetes can serve of this stage, and this server cannot; what is generally available is on anyway. */
function missingVersions(key: string, definitions: readonly ServedName[]): string[] {
  const includes = stages.find(([stage]) => stage === key)![1];
  const all = Object.entries(servable).flatMap(([group, versions]) => versions.split(" ").map((version) => ({ group, version })));
  return all
    .filter(({ group, version }) => version !== "v1" && includes(version) && !definitions.some((each) => each.group === group && each.version === version))
    .map(({ group, version }) => `${group}/${version}`);
}

function choice(key: string, text: string, definitions: readonly ServedName[]): [key: string, served: boolean] {
  const [group = "", version, resource, ...rest] = key.split("/");
  if (version === undefined || rest.length > 0) throw refused(`runtime-config invalid key ${key}`);
  const inGroup = definitions.filter((each) => each.group === group);
  const known = [servable[group], former[group]].flatMap((versions) => versions?.split(" ") ?? []);
  if (inGroup.length === 0 && known.length === 0) throw refused(`unknown api groups ${group}`);
  const inVersion = inGroup.filter((each) => each.version === version);
  if (inVersion.length === 0 && !known.includes(version)) throw refused(`group version ${group}/${version} that has not been registered`);
  const served =
    text === "" || goBool(text, () => refused(`invalid value of ${key}: ${text}, err: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`));
  if (resource !== undefined && resource.toLowerCase() !== resource)
    throw refused(`invalid key ${key}: group/version/resource and resource is always lowercase plural, not ${JSON.stringify(resource)}`);
  if (served && !inVersion.some((each) => resource === undefined || each.resource === resource))
    throw new Error(`cannot use --runtime-config ${key}=true: this API server does not have it`);
  return [key, served];
}

function refused(reason: string): Error {
  return new Error(`cannot use --runtime-config: ${reason}`);
}

/** As Go's strconv.ParseBool. */
export function goBool(text: string, refusal: () => Error): boolean {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  throw refusal();
}
