/** Turns priority class names into numbers, and keeps the default class unique (KEP-902). */
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";
import { type PriorityClass, priorityClasses } from "../../api/scheduling/v1/priority-class.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../contract.ts";
import { handlesObjects, isSame, refuse } from "./plugin.ts";

interface Computed {
  readonly className: string;
  readonly priority: number;
  readonly preemptionPolicy: string;
}

const defaultPreemptionPolicy = "PreemptLowerPriority";

export function priorityPlugin(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "Priority",
    handles: handlesObjects(["CREATE", "UPDATE"], pods, priorityClasses),
    async admit(attributes) {
      if (!isSame(attributes.definition, pods)) return;
      const { spec } = attributes.object as Pod;
      if (attributes.operation === "UPDATE") keepPriority(spec as PodSpec, (attributes.oldObject as Pod).spec as PodSpec);
      else setPriority(attributes, spec as PodSpec, await compute(attributes, spec as PodSpec, reader));
    },
    validate(attributes) {
      if (isSame(attributes.definition, priorityClasses)) checkSingleDefault(attributes, reader);
    },
  };
}

/** A client that does not repeat what admission filled in does not mean to change it. */
function keepPriority(spec: PodSpec, old: PodSpec): void {
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority;
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined) spec.preemptionPolicy = old.preemptionPolicy;
}

async function compute(attributes: AdmissionAttributes, spec: PodSpec, reader: ObjectReader): Promise<Computed> {
  const name = spec.priorityClassName ?? "";
  if (name === "") return computedOf(defaultClass(reader));
  const found = reader.get(priorityClasses, "", name) ?? (await reader.getFresh(priorityClasses, "", name));
  if (found === undefined) throw refuse(attributes, `no PriorityClass with name ${name} was found`);
  return computedOf(found);
}

function computedOf(found: PriorityClass | undefined): Computed {
  return {
    className: found?.metadata.name ?? "",
    priority: found?.value ?? 0,
    preemptionPolicy: found?.preemptionPolicy ?? defaultPreemptionPolicy,
  };
}

/** Should there be several (two writes at once), the one with the lowest value is meant. */
function defaultClass(reader: ObjectReader): PriorityClass | undefined {
  let lowest: PriorityClass | undefined;
  for (const candidate of reader.list(priorityClasses)) {
    if (candidate.globalDefault === true && (lowest === undefined || (candidate.value ?? 0) < (lowest.value ?? 0))) lowest = candidate;
  }
  return lowest;
}

function setPriority(attributes: AdmissionAttributes, spec: PodSpec, { className, priority, preemptionPolicy }: Computed): void {
  if (spec.priority !== undefined && spec.priority !== priority) {
    throw refuse(
      attributes,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    throw refuse(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
    );
  }
  if (className !== "") spec.priorityClassName = className;
  spec.priority = priority;
  spec.preemptionPolicy = preemptionPolicy;
}

function checkSingleDefault(attributes: AdmissionAttributes, reader: ObjectReader): void {
  const written = attributes.object as PriorityClass;
  if (written.globalDefault !== true) return;
  const other = defaultClass(reader);
  if (other === undefined || other.metadata.name === written.metadata.name) return;
  throw refuse(attributes, `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`);
}
