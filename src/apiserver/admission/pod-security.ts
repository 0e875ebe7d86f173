/** PodSecurity: holds pods to the standards that their namespace's labels name (KEP-2579). */
import { type Namespace, namespaces } from "../../api/core/v1/namespace.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import type { PodTemplateSpec } from "../../api/core/v1/pod-spec.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { sameJson } from "../../machinery/json.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { fieldError, invalid } from "../../machinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../contract.ts";
import { isSame, refuse } from "./plugin.ts";
import { evaluate, type Labels, type LevelVersion, labelErrors, levels, levelText, policyOf, violationText } from "./pod-security-policy.ts";
import { type CheckedPod, containersOf } from "./pod-security-words.ts";

export function podSecurity(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "PodSecurity",
    handles: (operation, definition, subresource) =>
      (operation === "CREATE" || operation === "UPDATE") &&
      (isSame(definition, pods)
        ? subresource === "" || subresource === "ephemeralcontainers"
        : subresource === "" && (isSame(definition, namespaces) || templateOf(definition) !== undefined)),
    async validate(attributes) {
      if (isSame(attributes.definition, namespaces)) return checkNamespace(attributes, reader);
      const { namespace } = attributes;
      const found = reader.get(namespaces, "", namespace) ?? (await reader.getFresh(namespaces, "", namespace));
      const labels = found?.metadata.labels ?? {};
      if (isSame(attributes.definition, pods)) checkPod(attributes, labels);
      else checkTemplate(attributes, labels);
    },
  };
}

function checkPod(attributes: AdmissionAttributes, labels: Labels): void {
  const pod = attributes.object as Pod;
  const old = attributes.oldObject as Pod | undefined;
  if (old !== undefined && !isSignificantUpdate(pod, old)) return;
  const checked = checkedPod(pod.metadata.annotations, pod.spec);
  const enforce = policyOf(labels, "enforce");
  attributes.annotate("pod-security.kubernetes.io/enforce-policy", levelText(enforce));
  const violations = evaluate(enforce, checked);
  report(attributes, labels, checked, violations.length > 0);
  if (violations.length > 0) throw refuse(attributes, `violates PodSecurity ${JSON.stringify(levelText(enforce))}: ${violationText(violations)}`);
}

/** Workloads are never refused: their pods will be. */
function checkTemplate(attributes: AdmissionAttributes, labels: Labels): void {
  const template = templateOf(attributes.definition)?.(attributes.object as KubeObject);
  if (template?.spec !== undefined) report(attributes, labels, checkedPod(template.metadata?.annotations, template.spec), false);
}

/** Warnings and audit annotations; a refusal needs no warning besides. */
function report(attributes: AdmissionAttributes, labels: Labels, pod: CheckedPod, refused: boolean): void {
  const audit = wouldViolate(policyOf(labels, "audit"), pod);
  if (audit !== undefined) attributes.annotate("pod-security.kubernetes.io/audit-violations", audit);
  const warning = refused ? undefined : wouldViolate(policyOf(labels, "warn"), pod);
  if (warning !== undefined) attributes.warn(warning);
}

function wouldViolate(policy: LevelVersion, pod: CheckedPod): string | undefined {
  const violations = evaluate(policy, pod);
  return violations.length === 0 ? undefined : `would violate PodSecurity ${JSON.stringify(levelText(policy))}: ${violationText(violations)}`;
}

function checkedPod(annotations: Labels | undefined, spec: unknown): CheckedPod {
  return { annotations: annotations ?? {}, spec: spec as CheckedPod["spec"] };
}

/** Of what can change in a running pod, only containers and profiles matter here. */
function isSignificantUpdate(pod: Pod, old: Pod): boolean {
  const relevant = ({ metadata, spec }: Pod): unknown => {
    const checked = checkedPod(metadata.annotations, spec);
    return {
      profiles: Object.entries(checked.annotations).filter(([key]) => /^(container\.)?(apparmor|seccomp)\.security\./.test(key)),
      containers: containersOf(checked.spec).map(({ name, image, securityContext }) => ({ name, image, securityContext })),
      securityContext: checked.spec.securityContext,
    };
  };
  return !sameJson(relevant(pod), relevant(old));
}

type TemplateOf = (object: KubeObject) => PodTemplateSpec | undefined;

const specTemplate: TemplateOf = (object) => (object as KubeObject & { spec?: { template?: PodTemplateSpec } }).spec?.template;
const templates: Readonly<Record<string, TemplateOf>> = {
  "/podtemplates": (object) => (object as KubeObject & { template?: PodTemplateSpec }).template,
  "/replicationcontrollers": specTemplate,
  "apps/daemonsets": specTemplate,
  "apps/deployments": specTemplate,
  "apps/replicasets": specTemplate,
  "apps/statefulsets": specTemplate,
  "batch/jobs": specTemplate,
  "batch/cronjobs": (object) =>
    (object as KubeObject & { spec?: { jobTemplate?: { spec?: { template?: PodTemplateSpec } } } }).spec?.jobTemplate?.spec?.template,
};

function templateOf({ group, resource }: AnyResourceDefinition): TemplateOf | undefined {
  return templates[`${group}/${resource}`];
}

/** Wrong labels are refused when they are new; a stricter level warns of pods that are there already. */
function checkNamespace(attributes: AdmissionAttributes, reader: ObjectReader): void {
  const written = attributes.object as Namespace;
  const labels = written.metadata.labels ?? {};
  const old = (attributes.oldObject as Namespace | undefined)?.metadata.labels ?? {};
  const errors = labelErrors(labels).filter(({ label, value }) => attributes.operation === "CREATE" || old[label] !== value);
  if (errors.length > 0) {
    const fields = errors.map(({ label, value, detail }) => fieldError.invalid(`metadata.labels[${label}]`, value, detail));
    throw invalid("", "Namespace", written.metadata.name, fields);
  }
  if (attributes.operation === "UPDATE") warnOfExistingPods(attributes, policyOf(labels, "enforce"), policyOf(old, "enforce"), reader);
}

function warnOfExistingPods(attributes: AdmissionAttributes, policy: LevelVersion, old: LevelVersion, reader: ObjectReader): void {
  if (sameJson(policy, old) || levels.indexOf(policy.level) < levels.indexOf(old.level)) return;
  const byViolation = new Map<string, string[]>();
  for (const pod of reader.list(pods, attributes.name)) {
    const violations = evaluate(policy, checkedPod(pod.metadata.annotations, pod.spec));
    if (violations.length === 0) continue;
    const reasons = violations.map(({ reason }) => reason).join(", ");
    byViolation.set(reasons, [...(byViolation.get(reasons) ?? []), pod.metadata.name]);
  }
  if (byViolation.size === 0) return;
  attributes.warn(
    `existing pods in namespace ${JSON.stringify(attributes.name)} violate the new PodSecurity enforce level ${JSON.stringify(levelText(policy))}`,
  );
  const lines = [...byViolation].map(([reasons, names]) => `${podNames(names)}: ${reasons}`);
  for (const line of lines.sort()) attributes.warn(line);
}

function podNames(names: string[]): string {
  const [first = ""] = names.sort();
  if (names.length === 1) return first;
  return `${first} (and ${names.length - 1} other ${names.length === 2 ? "pod" : "pods"})`;
}
