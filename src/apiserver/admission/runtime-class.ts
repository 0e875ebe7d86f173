/** Fills in what a pod's runtime class demands: overhead, node selector, tolerations (KEP-585, KEP-688). */
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";
import { type RuntimeClass, runtimeClasses } from "../../api/node/v1/runtime-class.ts";
import { copyJson, sameJson } from "../../machinery/json.ts";
import { canonicalQuantity } from "../../machinery/quantity.ts";
import { sentEmpty } from "../../machinery/sent-empty.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../contract.ts";
import { mergeTolerations } from "./merge-tolerations.ts";
import { handlesObjects, refuse } from "./plugin.ts";

export function runtimeClassPlugin(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "RuntimeClass",
    handles: handlesObjects(["CREATE"], pods),
    async admit(attributes) {
      const spec = (attributes.object as Pod).spec as PodSpec;
      const runtimeClass = await find(attributes, spec, reader);
      if (runtimeClass === undefined) return;
      setOverhead(attributes, spec, runtimeClass);
      setScheduling(attributes, spec, runtimeClass);
    },
    async validate(attributes) {
      const spec = (attributes.object as Pod).spec as PodSpec;
      const overhead = (await find(attributes, spec, reader))?.overhead?.podFixed;
      // An overhead that was sent empty is one all the same.
      if (spec.overhead === undefined && !sentEmpty(spec, "overhead")) return;
      if (overhead === undefined || spec.overhead === undefined)
        throw refuse(attributes, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
      if (!sameAmounts(spec.overhead, overhead)) throw mismatch(attributes);
    },
  };
}

async function find(attributes: AdmissionAttributes, { runtimeClassName = "" }: PodSpec, reader: ObjectReader): Promise<RuntimeClass | undefined> {
  if (runtimeClassName === "") return undefined;
  const found = reader.get(runtimeClasses, "", runtimeClassName) ?? (await reader.getFresh(runtimeClasses, "", runtimeClassName));
  if (found === undefined) throw refuse(attributes, `pod rejected: RuntimeClass ${JSON.stringify(runtimeClassName)} not found`);
  return found;
}

function setOverhead(attributes: AdmissionAttributes, spec: PodSpec, { overhead }: RuntimeClass): void {
  if (overhead?.podFixed === undefined) return;
  if (spec.overhead !== undefined && Object.keys(spec.overhead).length > 0 && !sameAmounts(spec.overhead, overhead.podFixed)) throw mismatch(attributes);
  spec.overhead = { ...overhead.podFixed };
}

function mismatch(attributes: AdmissionAttributes): Error {
  return refuse(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}

function sameAmounts(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  return sameJson(canonical(left), canonical(right));
}

function canonical(amounts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, canonicalQuantity(amount)]));
}

function setScheduling(attributes: AdmissionAttributes, spec: PodSpec, { scheduling }: RuntimeClass): void {
  if (scheduling === undefined) return;
  const nodeSelector = { ...spec.nodeSelector };
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = nodeSelector[key];
    if (own !== undefined && own !== value) {
      throw refuse(attributes, `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`);
    }
    nodeSelector[key] = value;
  }
  if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = nodeSelector;
  const merged = mergeTolerations([...(spec.tolerations ?? []), ...(scheduling.tolerations ?? []).map((toleration) => copyJson(toleration))]);
  if (merged.length > 0) spec.tolerations = merged;
}
