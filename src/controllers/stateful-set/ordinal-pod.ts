/** The pods of a StatefulSet: each has an ordinal, and by it a name, a host name and claims of its own that outlive it. */
import type { ControllerRevision } from "../../api/apps/v1/controller-revision.ts";
import type { StatefulSet } from "../../api/apps/v1/stateful-set.ts";
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { PodTemplateSpec } from "../../api/core/v1/pod-spec.ts";
import { statefulSets } from "../../client/resources.ts";
import { copyJson } from "../../machinery/json.ts";
import type { Draft } from "../../machinery/object.ts";
import { revisionHashLabel } from "../shared/history.ts";
import { controllerReference } from "../shared/owners.ts";
import { podFromTemplate } from "../shared/pod-template.ts";

const podNameLabel = "statefulset.kubernetes.io/pod-name";
const podIndexLabel = "apps.kubernetes.io/pod-index";

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** undefined for a pod whose name is not `set-number`. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const text = pod.metadata.name.startsWith(prefix) ? pod.metadata.name.slice(prefix.length) : "";
  return /^(0|[1-9][0-9]*)$/.test(text) ? Number(text) : undefined;
}

/** For StatefulSets the label holds the revision's whole name. */
export function revisionOf(pod: Pod): string {
  return pod.metadata.labels?.[revisionHashLabel] ?? "";
}

/** The template that a revision stands for. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (revision.data as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec.template;
  return template;
}

export function ordinalPod(set: StatefulSet, ordinal: number, revision: ControllerRevision): Draft<Pod> {
  const draft = podFromTemplate(templateOf(revision), set, controllerReference(set, statefulSets));
  const { generateName: _, ...metadata } = draft.metadata;
  const name = podName(set, ordinal);
  const labels = { ...metadata.labels, [podNameLabel]: name, [podIndexLabel]: String(ordinal), [revisionHashLabel]: revision.metadata.name };
  const claims = (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: claimName(template, set, ordinal) },
  }));
  const others = (draft.spec.volumes ?? []).filter((volume) => !claims.some((claim) => claim.name === volume.name));
  const volumes = [...others, ...claims];
  const { serviceName = "" } = set.spec;
  return {
    metadata: { ...metadata, name, labels },
    spec: { ...draft.spec, hostname: name, ...(serviceName === "" ? {} : { subdomain: serviceName }), ...(volumes.length === 0 ? {} : { volumes }) },
  };
}

function claimName(template: PersistentVolumeClaim, set: StatefulSet, ordinal: number): string {
  return `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
}

/** The claims of one ordinal. They stay when their pod goes; with the set only where the policy says so. */
export function claimsOf(set: StatefulSet, ordinal: number): Draft<PersistentVolumeClaim>[] {
  const withSet = set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === "Delete";
  const { controller: _, ...reference } = controllerReference(set, statefulSets);
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    metadata: {
      name: claimName(template, set, ordinal),
      namespace: set.metadata.namespace ?? "",
      labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
      ...(template.metadata.annotations === undefined ? {} : { annotations: { ...template.metadata.annotations } }),
      ...(withSet ? { ownerReferences: [reference] } : {}),
    },
    spec: copyJson(template.spec),
  })) as Draft<PersistentVolumeClaim>[];
}
