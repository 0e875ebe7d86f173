/** LimitRanger: default resources for containers, and bounds on containers, pods and claims of a namespace. */
import type { Container } from "../../api/core/v1/container.ts";
import { type LimitRange, type LimitRangeItem, limitRanges } from "../../api/core/v1/limit-range.ts";
import { type PersistentVolumeClaim, persistentVolumeClaims } from "../../api/core/v1/persistent-volume-claim.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";
import { podLimits, podRequests, type ResourceAmounts } from "../../machinery/pod-resources.ts";
import { milliQuantityOf, parseQuantity, type Quantity, quantityOf } from "../../machinery/quantity.ts";
import type { AdmissionPlugin, ObjectReader } from "../contract.ts";
import { limitErrors, type ResourceTexts, requestErrors } from "./limit-range-constraints.ts";
import { isSame, refuse } from "./plugin.ts";

const annotation = "kubernetes.io/limit-ranger";

export function limitRanger(reader: ObjectReader): AdmissionPlugin {
  const rangesIn = (namespace: string): LimitRangeItem[][] => [...reader.list(limitRanges, namespace)].map(({ spec }: LimitRange) => spec.limits ?? []);
  return {
    name: "LimitRanger",
    handles: (operation, definition, subresource) => {
      if (isSame(definition, pods)) return (operation === "CREATE" && subresource === "") || (operation === "UPDATE" && subresource === "resize");
      return isSame(definition, persistentVolumeClaims) && subresource === "" && (operation === "CREATE" || operation === "UPDATE");
    },
    admit({ definition, namespace, object }) {
      if (!isSame(definition, pods)) return;
      // What one LimitRange has set the next finds given.
      for (const items of rangesIn(namespace)) setDefaults(object as Pod, items);
    },
    validate(attributes) {
      const { object, namespace } = attributes;
      if (object?.metadata.deletionTimestamp !== undefined) return;
      const isPod = isSame(attributes.definition, pods);
      for (const items of rangesIn(namespace)) {
        const errors = [...new Set(isPod ? podErrors(object as Pod, items) : claimErrors(object as PersistentVolumeClaim, items))];
        if (errors.length > 0) throw refuse(attributes, errors.length === 1 ? (errors[0] ?? "") : `[${errors.join(", ")}]`);
      }
    },
  };
}

/** Requests that follow from limits were set when the pod was decoded, so they count as given. */
function setDefaults(pod: Pod, items: readonly LimitRangeItem[]): void {
  const defaults = { requests: {} as Record<string, string>, limits: {} as Record<string, string> };
  for (const item of items.filter(({ type }) => type === "Container")) {
    Object.assign(defaults.requests, item.defaultRequest);
    Object.assign(defaults.limits, item.default);
  }
  const spec = pod.spec as PodSpec;
  const notes = [
    ...(spec.containers ?? []).flatMap((container) => fill(container, "container", defaults)),
    ...(spec.initContainers ?? []).flatMap((container) => fill(container, "init container", defaults)),
  ];
  if (notes.length === 0) return;
  pod.metadata.annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${notes.join("; ")}` };
}

/** Adds what the container lacks and says so. */
function fill(container: Container, what: string, defaults: { requests: ResourceTexts; limits: ResourceTexts }): string[] {
  const notes: string[] = [];
  for (const part of ["requests", "limits"] as const) {
    const missing = Object.keys(defaults[part]).filter((name) => container.resources?.[part]?.[name] === undefined);
    if (missing.length === 0) continue;
    const added = Object.fromEntries(missing.map((name) => [name, defaults[part][name] ?? ""]));
    container.resources = { ...container.resources, [part]: { ...container.resources?.[part], ...added } };
    notes.push(`${missing.sort().join(", ")} ${part === "requests" ? "request" : "limit"} for ${what} ${container.name}`);
  }
  return notes;
}

function podErrors(pod: Pod, items: readonly LimitRangeItem[]): string[] {
  const spec = pod.spec as PodSpec;
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const whole = { requests: amountsOf(podRequests({ spec })), limits: amountsOf(podLimits({ spec })) };
  return items.flatMap((item) => {
    if (item.type === "Container")
      return containers.flatMap(({ resources }) => limitErrors(item, quantitiesOf(resources?.requests), quantitiesOf(resources?.limits)));
    return item.type === "Pod" ? limitErrors(item, whole.requests, whole.limits) : [];
  });
}

function claimErrors({ spec }: PersistentVolumeClaim, items: readonly LimitRangeItem[]): string[] {
  const requests = quantitiesOf(spec?.resources?.requests);
  return items.flatMap((item) => (item.type === "PersistentVolumeClaim" ? requestErrors(item, requests) : []));
}

function quantitiesOf(texts: ResourceTexts | undefined): Map<string, Quantity> {
  return new Map(Object.entries(texts ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

function amountsOf(amounts: ResourceAmounts): Map<string, Quantity> {
  const binary = (name: string): boolean => name === "memory" || name === "ephemeral-storage" || name.startsWith("hugepages-");
  return new Map(
    Object.entries(amounts).map(([name, amount]) => [
      name,
      name === "cpu" ? milliQuantityOf(amount) : quantityOf(amount, binary(name) ? "BinarySI" : "DecimalSI"),
    ]),
  );
}
