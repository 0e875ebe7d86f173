/** Warnings about the kinds that make pods from a template: given when they are created and when their spec changes. */
import type { KubeObject } from "../../../machinery/object.ts";
import { podNamePrefixWarnings, podTemplateWarnings } from "../../core/v1/pod.warnings.ts";
import type { PodTemplateSpec } from "../../core/v1/pod-spec.ts";
import { claimSpecWarnings } from "../../core/v1/volume.warnings.ts";
import type { StatefulSet } from "./stateful-set.ts";

type Workload = KubeObject & { spec: { template?: PodTemplateSpec } };

/** Whether a write is a creation or changes what the generation counts. */
export function isNewGeneration(object: KubeObject, old: KubeObject | undefined): boolean {
  return object.metadata.generation !== old?.metadata.generation;
}

export function templateWarnings(object: Workload, old: Workload | undefined): string[] {
  return isNewGeneration(object, old) ? podTemplateWarnings("spec.template", object.spec.template) : [];
}

/** The same for kinds whose pods' names begin with theirs. */
export function namedTemplateWarnings(object: Workload, old: Workload | undefined): string[] {
  return [...(old === undefined ? podNamePrefixWarnings(object.metadata.name) : []), ...templateWarnings(object, old)];
}

export function statefulSetWarnings(object: StatefulSet, old: StatefulSet | undefined): string[] {
  const { volumeClaimTemplates = [], revisionHistoryLimit = 0 } = object.spec;
  // Upstream's path ends in Spec on updates only.
  const suffix = old === undefined ? "" : ".Spec";
  return [
    ...templateWarnings(object, old),
    ...volumeClaimTemplates.flatMap(({ spec }, index) => claimSpecWarnings(`spec.volumeClaimTemplates[${index}]${suffix}`, spec)),
    ...(revisionHistoryLimit < 0 ? ["spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"] : []),
  ];
}
