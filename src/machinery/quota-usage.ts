/** How much of a quota one object uses (k8s.io/kubernetes/pkg/quota/v1/evaluator/core). */
import type { ObjectMeta } from "./meta.ts";
import type { GroupVersionResource, KubeObject } from "./object.ts";
import { heldLimits, heldRequests } from "./pod-resources.ts";
import { addQuantities, compareQuantities, milliQuantityOf, parseQuantity, type Quantity, quantityOf } from "./quantity.ts";

/** By quota resource name: `pods`, `requests.cpu`, `count/deployments.apps` … */
export type Usage = ReadonlyMap<string, Quantity>;

/** Names a kind of object, whatever its version. */
export type CountedResource = Pick<GroupVersionResource, "group" | "resource">;

type Amounts = Readonly<Record<string, string>>;

interface ContainerLike {
  readonly name: string;
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts };
}

interface PodSpecLike {
  readonly containers: readonly ContainerLike[];
  readonly initContainers?: readonly ContainerLike[];
  readonly overhead?: Amounts;
  readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts };
}

interface PodLike {
  readonly metadata: ObjectMeta;
  readonly spec?: PodSpecLike;
  readonly status?: { readonly phase?: string } & Parameters<typeof heldRequests>[0]["status"];
}

interface ServiceLike {
  readonly spec: {
    readonly type?: string;
    readonly allocateLoadBalancerNodePorts?: boolean;
    readonly ports?: readonly { readonly nodePort?: number }[];
  };
}

interface ClaimLike {
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly storageClassName?: string; readonly resources?: { readonly requests?: Amounts } };
  readonly status?: { readonly allocatedResources?: Amounts };
}

interface DeviceRequestLike {
  readonly deviceClassName?: string;
  readonly allocationMode?: string;
  readonly count?: number;
}

interface DeviceClaimLike {
  readonly spec?: {
    readonly devices?: { readonly requests?: readonly { readonly exactly?: DeviceRequestLike; readonly firstAvailable?: readonly DeviceRequestLike[] }[] };
  };
}

/** `now` in milliseconds: pods past their grace period count no more. */
export function usageOf(definition: CountedResource, object: KubeObject, now: number): Usage {
  const { group, resource } = definition;
  const usage = new Map([[`count/${group === "" ? resource : `${resource}.${group}`}`, quantityOf(1)]]);
  if (group === "" && legacyCounts.has(resource)) usage.set(resource, quantityOf(1));
  if (group === "" && resource === "pods") addPod(usage, object as PodLike, now);
  if (group === "" && resource === "services") addService(usage, object as unknown as ServiceLike);
  if (group === "" && resource === "persistentvolumeclaims") addClaim(usage, object as ClaimLike);
  if (group === "resource.k8s.io" && resource === "resourceclaims") addDevices(usage, object as unknown as DeviceClaimLike);
  return usage;
}

/** Kinds that can be counted under their plain name, too. Pods are not among them: finished ones count no more. */
const legacyCounts = new Set(["configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas", "secrets", "services"]);

/** Resources of which only requests, never limits, have a plain name in quotas. */
const plainRequests = new Set(["cpu", "memory", "ephemeral-storage"]);
const withLimits = plainRequests;

function addPod(usage: Map<string, Quantity>, pod: PodLike, now: number): void {
  if (!countsAsPod(pod, now)) return;
  usage.set("pods", quantityOf(1));
  // A pod that is to shrink is charged for what it still has.
  const held = { spec: pod.spec as PodSpecLike, ...(pod.status === undefined ? {} : { status: pod.status }) };
  for (const [name, amount] of Object.entries(heldRequests(held))) {
    const quantity = amountOf(name, amount);
    usage.set(`requests.${name}`, quantity);
    if (plainRequests.has(name) || name.startsWith("hugepages-")) usage.set(name, quantity);
  }
  for (const [name, amount] of Object.entries(heldLimits(held))) if (withLimits.has(name)) usage.set(`limits.${name}`, amountOf(name, amount));
}

function countsAsPod({ status, metadata }: PodLike, now: number): boolean {
  if (status?.phase === "Succeeded" || status?.phase === "Failed") return false;
  if (metadata.deletionTimestamp === undefined || metadata.deletionGracePeriodSeconds === undefined) return true;
  return Date.parse(metadata.deletionTimestamp) + metadata.deletionGracePeriodSeconds * 1000 > now;
}

/** CPU comes in millicores, the rest in whole units. */
function amountOf(name: string, amount: number): Quantity {
  if (name === "cpu") return milliQuantityOf(amount);
  const binary = name === "memory" || name === "ephemeral-storage" || name.startsWith("hugepages-");
  return quantityOf(amount, binary ? "BinarySI" : "DecimalSI");
}

function addService(usage: Map<string, Quantity>, { spec }: ServiceLike): void {
  const ports = spec.ports ?? [];
  if (spec.type === "NodePort") usage.set("services.nodeports", quantityOf(ports.length));
  if (spec.type !== "LoadBalancer") return;
  usage.set("services.loadbalancers", quantityOf(1));
  const taken = spec.allocateLoadBalancerNodePorts === false ? ports.filter((port) => (port.nodePort ?? 0) !== 0) : ports;
  usage.set("services.nodeports", quantityOf(taken.length));
}

const claimClassAnnotation = "volume.beta.kubernetes.io/storage-class";

function addClaim(usage: Map<string, Quantity>, { spec, status, metadata }: ClaimLike): void {
  const className = metadata.annotations?.[claimClassAnnotation] ?? spec?.storageClassName ?? "";
  const suffix = `${className}.storageclass.storage.k8s.io`;
  if (className !== "") usage.set(`${suffix}/persistentvolumeclaims`, quantityOf(1));
  const requested = spec?.resources?.requests?.["storage"];
  if (requested === undefined) return;
  const storage = storageOf(requested, status?.allocatedResources?.["storage"]);
  usage.set("requests.storage", storage);
  if (className !== "") usage.set(`${suffix}/requests.storage`, storage);
}

/** In whole bytes. A volume that once grew, and whose claim has been cut back since, still is as large. */
function storageOf(requested: string, allocated: string | undefined): Quantity {
  const quantities = [requested, ...(allocated === undefined ? [] : [allocated])].map(parseQuantity);
  return wholeUnits(quantities.reduce((largest, quantity) => (compareQuantities(quantity, largest) > 0 ? quantity : largest)));
}

const nanosPerUnit = 1_000_000_000n;

function wholeUnits(quantity: Quantity): Quantity {
  return quantity.nanos % nanosPerUnit === 0n ? quantity : quantityOf(quantity.nanos / nanosPerUnit + 1n, quantity.format);
}

/** Most devices that one claim can be given: what `All` of a class may come to (resource.k8s.io AllocationResultsMaxSize). */
const maxDevices = 32;

/** Of alternatives the worst of each class counts. */
function addDevices(usage: Map<string, Quantity>, { spec }: DeviceClaimLike): void {
  for (const { exactly, firstAvailable = [] } of spec?.devices?.requests ?? []) {
    const worst = new Map<string, number>();
    for (const request of exactly === undefined ? firstAvailable : [exactly]) {
      const name = `${request.deviceClassName ?? ""}.deviceclass.resource.k8s.io/devices`;
      worst.set(name, Math.max(worst.get(name) ?? 0, devicesOf(request)));
    }
    for (const [name, count] of worst) usage.set(name, addQuantities(usage.get(name) ?? quantityOf(0), quantityOf(count)));
  }
}

function devicesOf({ allocationMode = "ExactCount", count = 1 }: DeviceRequestLike): number {
  if (allocationMode === "All") return maxDevices;
  return allocationMode === "ExactCount" ? count : 0;
}

/** What a quota on computing resources demands every container to name. */
const demanded = ["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"];

/** `must specify limits.cpu for: web; memory for: web,log`; undefined when nothing is missing. */
export function missingResources(pod: PodLike, hard: Readonly<Record<string, string>>): string | undefined {
  const spec = pod.spec as PodSpecLike;
  const names = demanded.filter((name) => hard[name] !== undefined);
  const parts = names.flatMap((name) => {
    const [part, resource] = name.startsWith("limits.") ? (["limits", name.slice(7)] as const) : (["requests", name.replace("requests.", "")] as const);
    if (spec.resources?.[part]?.[resource] !== undefined) return [];
    const lacking = [...spec.containers, ...(spec.initContainers ?? [])].filter((container) => container.resources?.[part]?.[resource] === undefined);
    return lacking.length === 0
      ? []
      : [
          `${name} for: ${lacking
            .map((container) => container.name)
            .sort()
            .join(",")}`,
        ];
  });
  return parts.length === 0 ? undefined : `must specify ${parts.join("; ")}`;
}
