/** Names and amounts of resources: what containers request, quotas limit and nodes have. */
import { append, joined, none } from "../../../../machinery/joined.ts";
import { dns1123SubdomainErrors, qualifiedNameErrors } from "../../../../machinery/names.ts";
import { compareQuantities, parseQuantity } from "../../../../machinery/quantity.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { each, eachEntry, label, matches, negativeMessage } from "../../../validation.ts";
import type { ResourceRequirements } from "../common.ts";

type ResourceList = Readonly<Record<string, string>>;

const computeResources = ["cpu", "memory"];
const containerResources: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);
const objectCounts = ["pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims"];
const integerResources: ReadonlySet<string> = new Set([...objectCounts, "services.nodeports", "services.loadbalancers"]);
const storageResources = ["storage", "requests.storage"];

const standardResources: ReadonlySet<string> = new Set([
  ...containerResources,
  ...integerResources,
  ...storageResources,
  ...["requests", "limits"].flatMap((prefix) => [...containerResources].map((name) => `${prefix}.${name}`)),
]);
const quotaResources: ReadonlySet<string> = new Set([...standardResources].filter((name) => name !== "storage"));

function isCompute(name: string): boolean {
  return name === "cpu" || name === "memory";
}

export function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

/** Names without a domain, or in kubernetes.io, are Kubernetes' own. */
export function isNative(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

export function isExtended(name: string): boolean {
  if (isNative(name) || name.startsWith("requests.")) return false;
  return qualifiedNameErrors(`requests.${name}`).length === 0;
}

/** Requests may stay below limits only for what can be shared out twice. */
export function isOvercommitAllowed(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

export function isQuotaResource(name: string): boolean {
  return quotaResources.has(name) || isHugePages(name) || name.startsWith("requests.hugepages-");
}

/** Objects are counted whole: no half pods, no half devices. */
function isInteger(name: string): boolean {
  return integerResources.has(name) || isExtended(name);
}

export function resourceNameErrors(path: string, name: string): readonly FieldError[] {
  const errors = matches(path, name, qualifiedNameErrors);
  if (errors.length > 0 || name.includes("/") || standardResources.has(name) || isQuotaResource(name)) return errors;
  return [fieldError.invalid(path, name, "must be a standard resource type or fully qualified")];
}

export function containerResourceNameErrors(path: string, name: string): readonly FieldError[] {
  return joined(resourceNameErrors(path, name), foreignResourceErrors(path, name));
}

/** Containers get the standard resources, and what somebody else provides under a good name. */
function foreignResourceErrors(path: string, name: string): readonly FieldError[] {
  if (name.includes("/")) {
    return isNative(name) || isExtended(name) ? none : [fieldError.invalid(path, name, "doesn't follow extended resource name standard")];
  }
  return containerResources.has(name) || isHugePages(name) ? none : [fieldError.invalid(path, name, "must be a standard resource for containers")];
}

function podResourceNameErrors(path: string, name: string): readonly FieldError[] {
  const errors = resourceNameErrors(path, name);
  if (errors.length > 0 || isCompute(name) || isHugePages(name)) return errors;
  return [fieldError.notSupported(path, name, [...computeResources, "hugepages-"])];
}

export function quotaResourceNameErrors(path: string, name: string): readonly FieldError[] {
  const isUnknown = !name.includes("/") && !isQuotaResource(name);
  return joined(resourceNameErrors(path, name), isUnknown ? [fieldError.invalid(path, name, "must be a standard resource for quota")] : none);
}

/** An amount of a resource: not negative, and whole where the resource is counted. */
export function quantityErrors(path: string, name: string, amount: string): readonly FieldError[] {
  const { nanos } = parseQuantity(amount);
  const errors: FieldError[] = [];
  if (nanos < 0n) errors.push(fieldError.invalid(path, amount, negativeMessage));
  if (isInteger(name) && nanos % 1_000_000_000n !== 0n) errors.push(fieldError.invalid(path, amount, "must be an integer"));
  return errors;
}

/** What volumes have and claims get: messages show a negative amount as a whole number. */
export function basicQuantityErrors(amount: string, path: string): readonly FieldError[] {
  const { nanos } = parseQuantity(amount);
  return nanos < 0n ? [fieldError.invalid(path, nanos / 1_000_000_000n, "must be a valid resource quantity")] : [];
}

/** Amounts for containers, pods or their overhead. */
export function resourceListErrors(
  path: string,
  list: ResourceList | undefined,
  nameErrors: (path: string, name: string) => readonly FieldError[],
): readonly FieldError[] {
  if (isUsualList(list)) return none;
  return eachEntry(list, path, (amount, at, name) => joined(nameErrors(at, name), quantityErrors(at, name, amount), hugePageErrors(at, name, amount)));
}

/** CPU and memory, and not less than none of them, are right wherever they stand: nearly all lists, which need no paths then. */
function isUsualList(list: ResourceList | undefined): boolean {
  for (const name in list) if (!isCompute(name) || parseQuantity(list[name]!).nanos < 0n) return false;
  return true;
}

function hugePageErrors(path: string, name: string, amount: string): readonly FieldError[] {
  if (!isHugePages(name)) return none;
  const size = hugePageSize(name);
  if (size !== undefined && size > 0n && parseQuantity(amount).nanos % size === 0n) return none;
  return [fieldError.invalid(path, amount, `${amount} is not positive integer multiple of ${name}`)];
}

function hugePageSize(name: string): bigint | undefined {
  try {
    return parseQuantity(name.slice("hugepages-".length)).nanos;
  } catch {
    // The size in the name is no quantity: nothing is a multiple of it.
    return undefined;
  }
}

export function containerResourcesErrors(path: string, resources: ResourceRequirements, claimNames: ReadonlySet<string>): readonly FieldError[] {
  return requirementErrors(path, resources, claimNames, containerResourceNameErrors);
}

export function podResourcesErrors(path: string, resources: ResourceRequirements | undefined): readonly FieldError[] {
  if (resources === undefined) return none;
  return joined(
    resources.claims === undefined ? none : [fieldError.forbidden(`${path}.claims`, "claims cannot be set for Resources at pod-level")],
    requirementErrors(path, { ...resources, claims: [] }, new Set(), podResourceNameErrors),
  );
}

function requirementErrors(
  path: string,
  { limits, requests, claims }: ResourceRequirements,
  claimNames: ReadonlySet<string>,
  nameErrors: (path: string, name: string) => readonly FieldError[],
): readonly FieldError[] {
  const has = (test: (name: string) => boolean) => someName(limits, test) || someName(requests, test);
  return joined(
    resourceListErrors(`${path}.limits`, limits, nameErrors),
    resourceListErrors(`${path}.requests`, requests, nameErrors),
    requestErrors(path, requests, limits),
    has(isHugePages) && !has(isCompute) ? [fieldError.forbidden(path, "HugePages require cpu or memory")] : none,
    claims === undefined ? none : claimErrors(`${path}.claims`, claims, claimNames),
  );
}

function someName(list: ResourceList | undefined, test: (name: string) => boolean): boolean {
  for (const name in list) if (test(name)) return true;
  return false;
}

/** Requests stay within limits, and equal them for what cannot be overcommitted. */
function requestErrors(path: string, requests: ResourceList | undefined, limits: ResourceList | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const name in requests) append(errors, requestErrorsOf(path, name, requests[name]!, amountIn(limits, name)));
  return errors;
}

function requestErrorsOf(path: string, name: string, amount: string, limit: string | undefined): readonly FieldError[] {
  if (limit === undefined) {
    return isOvercommitAllowed(name) ? none : [fieldError.required(`${path}.limits`, "Limit must be set for non overcommitable resources")];
  }
  const order = compareQuantities(parseQuantity(amount), parseQuantity(limit));
  if (order !== 0 && !isOvercommitAllowed(name)) return [fieldError.invalid(`${path}.requests`, amount, `must be equal to ${name} limit of ${limit}`)];
  return order > 0 ? [fieldError.invalid(`${path}.requests`, amount, `must be less than or equal to ${name} limit of ${limit}`)] : none;
}

/** Names may be wrong, `toString` among them, which every object has. */
export function amountIn(list: ResourceList | undefined, name: string): string | undefined {
  return list !== undefined && Object.hasOwn(list, name) ? list[name] : undefined;
}

function claimErrors(path: string, claims: NonNullable<ResourceRequirements["claims"]>, known: ReadonlySet<string>): readonly FieldError[] {
  const seen = new Set<string>();
  return each(claims, path, ({ name, request }, at) => {
    if (!name) return [fieldError.required(at)];
    const key = request ? `${name}/${request}` : name;
    const overlaps = seen.has(name) || seen.has(key) || (!request && [...seen].some((other) => other.startsWith(`${name}/`)));
    seen.add(key);
    return joined(
      request ? label(`${at}.request`, request) : none,
      overlaps ? [fieldError.duplicate(at, key)] : none,
      known.has(name) ? none : [unknownClaim(at, name, known)],
    );
  });
}

function unknownClaim(path: string, name: string, known: ReadonlySet<string>): FieldError {
  const detail = known.size === 0 ? " which is empty" : `: ${[...known].sort().join(", ")}`;
  return { ...fieldError.notFound(path, name), detail: `must be one of the names in pod.spec.resourceClaims${detail}` };
}

export const runtimeClassNameErrors = dns1123SubdomainErrors;
