/** How much of a quota one object uses (k8s.io/kubernetes/pkg/quota/v1/evaluator/core). */
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";
import type { Service } from "../../api/core/v1/service.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { podLimits, podRequests } from "../../machinery/pod-resources.ts";
import { milliQuantityOf, parseQuantity, type Quantity, quantityOf } from "../../machinery/quantity.ts";

/** By quota resource name: `pods`, `requests.cpu`, `count/deployments.apps` … */
export type Usage = ReadonlyMap<string, Quantity>;

/** `now` in milliseconds: pods past their grace period count no more. */
export function usageOf(definition: AnyResourceDefinition, object: KubeObject, now: number): Usage {
  const { group, resource } = definition;
  const usage = new Map([[`count/${group === "" ? resource : `${resource}.${group}`}`, quantityOf(1)]]);
  if (group === "" && legacyCounts.has(resource)) usage.set(resource, quantityOf(1));
  if (group === "" && resource === "pods") addPod(usage, object as Pod, now);
  if (group === "" && resource === "services") addService(usage, object as Service);
  if (group === "" && resource === "persistentvolumeclaims") addClaim(usage, object as PersistentVolumeClaim);
  return usage;
}

/** Kinds that can be counted under their plain name, too. Pods are not among them: finished ones count no more. */
const legacyCounts = new Set(["configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas", "secrets", "services"]);

/** Resources of which only requests, never limits, have a plain name in quotas. */
const plainRequests = new Set(["cpu", "memory", "ephemeral-storage"]);
const withLimits = plainRequests;

function addPod(usage: Map<string, Quantity>, pod: Pod, now: number): void {
  if (!countsAsPod(pod, now)) return;
  usage.set("pods", quantityOf(1));
  const spec = pod.spec as PodSpec;
  for (const [name, amount] of Object.entries(podRequests({ spec }))) {
    const quantity = amountOf(name, amount);
    usage.set(`requests.${name}`, quantity);
    if (plainRequests.has(name) || name.startsWith("hugepages-")) usage.set(name, quantity);
  }
  for (const [name, amount] of Object.entries(podLimits({ spec }))) if (withLimits.has(name)) usage.set(`limits.${name}`, amountOf(name, amount));
}

function countsAsPod({ status, metadata }: Pod, now: number): boolean {
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

function addService(usage: Map<string, Quantity>, { spec }: Service): void {
  const ports = spec.ports ?? [];
  if (spec.type === "NodePort") usage.set("services.nodeports", quantityOf(ports.length));
  if (spec.type !== "LoadBalancer") return;
  usage.set("services.loadbalancers", quantityOf(1));
  const taken = spec.allocateLoadBalancerNodePorts === false ? ports.filter((port) => (port.nodePort ?? 0) !== 0) : ports;
  usage.set("services.nodeports", quantityOf(taken.length));
}

const claimClassAnnotation = "volume.beta.kubernetes.io/storage-class";

function addClaim(usage: Map<string, Quantity>, { spec, metadata }: PersistentVolumeClaim): void {
  const className = metadata.annotations?.[claimClassAnnotation] ?? spec?.storageClassName ?? "";
  const suffix = `${className}.storageclass.storage.k8s.io`;
  if (className !== "") usage.set(`${suffix}/persistentvolumeclaims`, quantityOf(1));
  const requested = spec?.resources?.requests?.["storage"];
  if (requested === undefined) return;
  usage.set("requests.storage", parseQuantity(requested));
  if (className !== "") usage.set(`${suffix}/requests.storage`, parseQuantity(requested));
}

/** What a quota on computing resources demands every container to name. */
const demanded = ["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"];

/** `must specify limits.cpu for: web; memory for: web,log`; undefined when nothing is missing. */
export function missingResources(pod: Pod, hard: Readonly<Record<string, string>>): string | undefined {
  const spec = pod.spec as PodSpec;
  const names = demanded.filter((name) => hard[name] !== undefined);
  const parts = names.flatMap((name) => {
    const [part, resource] = name.startsWith("limits.") ? (["limits", name.slice(7)] as const) : (["requests", name.replace("requests.", "")] as const);
    if (spec.resources?.[part]?.[resource] !== undefined) return [];
    const lacking = [...spec.containers, ...(spec.initContainers ?? [])].filter((container) => container.resources?.[part]?.[resource] === undefined);
    return lacking.length === 0 ? [] : [`${name} for: ${lacking.map((container) => container.name).join(",")}`];
  });
  return parts.length === 0 ? undefined : `must specify ${parts.join("; ")}`;
}
