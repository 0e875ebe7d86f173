/** PodSecurity: holds pods to the standards that their namespace's labels name (KEP-2579). */
import { type Namespace, namespaces } from "../../api/core/v1/namespace.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import type { PodTemplateSpec } from "../../api/core/v1/pod-spec.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { sameJson } from "../../machinery/json.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { type FieldError, fieldError, fieldErrorText, invalid } from "../../machinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../contract.ts";
import { isSame, refuse } from "./plugin.ts";
import {
  evaluate,
  isFullyPrivileged,
  type Labels,
  type LevelVersion,
  labelErrors,
  levelLabel,
  levels,
  levelText,
  type Mode,
  type Policy,
  policyOf,
  privilegedPolicy,
  versionLabel,
  violationText,
} from "./pod-security-policy.ts";
import { type CheckedPod, containersOf } from "./pod-security-words.ts";

/** PodSecurityConfiguration (pod-security.admission.config.k8s.io/v1). */
export interface PodSecurityConfiguration {
  /** Of what namespaces' labels do not say. */
  readonly defaults: Policy;
  readonly exemptions: PodSecurityExemptions;
}

/** Whose pods may be anything. */
export interface PodSecurityExemptions {
  readonly usernames: readonly string[];
  readonly namespaces: readonly string[];
  readonly runtimeClasses: readonly string[];
}

const openToAll: PodSecurityConfiguration = { defaults: privilegedPolicy, exemptions: { usernames: [], namespaces: [], runtimeClasses: [] } };

export function podSecurity(reader: ObjectReader, configuration: PodSecurityConfiguration = openToAll): AdmissionPlugin {
  const { defaults, exemptions } = configuration;
  return {
    name: "PodSecurity",
    handles: (operation, definition, subresource) =>
      (operation === "CREATE" || operation === "UPDATE") &&
      (isSame(definition, pods)
        ? subresource === "" || subresource === "ephemeralcontainers"
        : subresource === "" && (isSame(definition, namespaces) || templateOf(definition) !== undefined)),
    async validate(attributes) {
      if (isSame(attributes.definition, namespaces)) return checkNamespace(attributes, reader, configuration);
      const { namespace } = attributes;
      const exemption = exemptionOf(attributes, exemptions);
      if (exemption !== undefined) return attributes.annotate(`${annotationPrefix}exempt`, exemption);
      const found = reader.get(namespaces, "", namespace) ?? (await reader.getFresh(namespaces, "", namespace));
      const labels = found?.metadata.labels ?? {};
      const asked: Asked = { labels, policy: policyOf(labels, defaults), exemptClasses: exemptions.runtimeClasses };
      if (isSame(attributes.definition, pods)) checkPod(attributes, asked);
      else checkTemplate(attributes, asked);
    },
  };
}

/** What is asked of the pods of a namespace. */
interface Asked {
  readonly labels: Labels;
  readonly policy: Policy;
  readonly exemptClasses: readonly string[];
}

function exemptionOf({ namespace, user }: AdmissionAttributes, exemptions: PodSecurityExemptions): "namespace" | "user" | undefined {
  if (exemptions.namespaces.includes(namespace)) return "namespace";
  return exemptions.usernames.includes(user.name) ? "user" : undefined;
}

function isExemptClass(attributes: AdmissionAttributes, { exemptClasses }: Asked, { spec }: CheckedPod): boolean {
  const { runtimeClassName } = spec;
  if (runtimeClassName === undefined || !exemptClasses.includes(runtimeClassName)) return false;
  attributes.annotate(`${annotationPrefix}exempt`, "runtimeClass");
  return true;
}

const annotationPrefix = "pod-security.kubernetes.io/";

function checkPod(attributes: AdmissionAttributes, asked: Asked): void {
  const pod = attributes.object as Pod;
  const old = attributes.oldObject as Pod | undefined;
  const { enforce } = asked.policy;
  const free = isFullyPrivileged(asked.policy) && labelErrors(asked.labels).length === 0;
  if (!free && old !== undefined && !isSignificantUpdate(pod, old)) return;
  const checked = checkedPod(pod.metadata.annotations, pod.spec);
  if (!free && isExemptClass(attributes, asked, checked)) return;
  attributes.annotate(`${annotationPrefix}enforce-policy`, levelText(enforce));
  if (free) return;
  const violations = evaluate(enforce, checked);
  report(attributes, asked, checked, violations.length > 0);
  if (violations.length > 0) throw refuse(attributes, `violates PodSecurity ${JSON.stringify(levelText(enforce))}: ${violationText(violations)}`);
}

/** Workloads are never refused: their pods will be. */
function checkTemplate(attributes: AdmissionAttributes, asked: Asked): void {
  const template = templateOf(attributes.definition)?.(attributes.object as KubeObject);
  if (template?.spec === undefined) return;
  const { audit, warn } = asked.policy;
  if (audit.level === "privileged" && warn.level === "privileged" && labelErrors(asked.labels).length === 0) return;
  const checked = checkedPod(template.metadata?.annotations, template.spec);
  if (!isExemptClass(attributes, asked, checked)) report(attributes, asked, checked, false);
}

/** Warnings and audit annotations; a refusal needs no warning besides. */
function report(attributes: AdmissionAttributes, { labels, policy }: Asked, pod: CheckedPod, refused: boolean): void {
  const errors = labelFieldErrors(labels).map(fieldErrorText);
  const text = errors.length > 1 ? `[${errors.join(", ")}]` : errors[0];
  if (text !== undefined) attributes.annotate(`${annotationPrefix}error`, `Failed to parse policy: ${text}`);
  const audit = wouldViolate(policy.audit, pod);
  if (audit !== undefined) attributes.annotate(`${annotationPrefix}audit-violations`, audit);
  const warning = refused ? undefined : wouldViolate(policy.warn, pod);
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
function checkNamespace(attributes: AdmissionAttributes, reader: ObjectReader, { defaults, exemptions }: PodSecurityConfiguration): void {
  const written = attributes.object as Namespace;
  const labels = written.metadata.labels ?? {};
  const errors = labelFieldErrors(labels);
  const policy = policyOf(labels, defaults);
  const isExempt = exemptions.namespaces.includes(written.metadata.name);
  if (attributes.operation === "CREATE") {
    if (errors.length > 0) throw invalid("", "Namespace", written.metadata.name, errors);
    if (isExempt) warnOfExemption(attributes, labels, policy, defaults);
    return;
  }
  const old = (attributes.oldObject as Namespace).metadata.labels ?? {};
  if (errors.length > 0 && !sameJson(errors, labelFieldErrors(old))) throw invalid("", "Namespace", written.metadata.name, errors);
  const { enforce } = policy;
  if (!isStricter(enforce, policyOf(old, defaults).enforce)) return;
  if (isExempt) warnOfExemption(attributes, labels, policy, defaults);
  else for (const warning of existingViolations(enforce, attributes.name, reader)) attributes.warn(warning);
}

/** Labels on an exempt namespace promise what nobody keeps. */
function warnOfExemption(attributes: AdmissionAttributes, labels: Labels, policy: Policy, defaults: Policy): void {
  if (isFullyPrivileged(policy) || sameJson(policy, defaults)) return;
  const isSaid = (mode: Mode) => policy[mode].level !== "privileged" && (labels[levelLabel(mode)] ?? labels[versionLabel(mode)]) !== undefined;
  const said = (["enforce", "audit", "warn"] as const).filter(isSaid).map((mode) => `${mode}=${levelText(policy[mode])}`);
  attributes.warn(
    `namespace ${JSON.stringify(attributes.object?.metadata.name)} is exempt from Pod Security, and the policy (${said.join(", ")}) will be ignored`,
  );
}

function labelFieldErrors(labels: Labels): readonly FieldError[] {
  return labelErrors(labels).map(({ label, value, detail }) => fieldError.invalid(`metadata.labels[${label}]`, value, detail));
}

/** Of two versions neither is known to be the milder one. */
function isStricter(policy: LevelVersion, old: LevelVersion): boolean {
  if (policy.level === "privileged") return false;
  return policy.minor !== old.minor || levels.indexOf(policy.level) > levels.indexOf(old.level);
}

/** A label that is written must not cost the server more than this many evaluations. */
const maxPodsToCheck = 3000;

function existingViolations(policy: LevelVersion, namespace: string, reader: ObjectReader): string[] {
  const all = oneOfEachControllerFirst(reader.list(pods, namespace));
  const byViolation = new Map<string, string[]>();
  for (const { metadata, spec } of all.slice(0, maxPodsToCheck)) {
    const violations = evaluate(policy, checkedPod(metadata.annotations, spec));
    if (violations.length === 0) continue;
    const reasons = violations.map(({ reason }) => reason).join(", ");
    byViolation.set(reasons, [...(byViolation.get(reasons) ?? []), metadata.name]);
  }
  const warnings: string[] = [];
  if (all.length > maxPodsToCheck) {
    warnings.push(`new PodSecurity enforce level only checked against the first ${maxPodsToCheck} of ${all.length} existing pods`);
  }
  if (byViolation.size > 0) {
    warnings.push(`existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(levelText(policy))}`);
  }
  return [...warnings, ...[...byViolation].map(([reasons, names]) => `${podNames(names)}: ${reasons}`).sort()];
}

/** Replicas are alike: the limit is better spent on different ones. */
function oneOfEachControllerFirst(found: Iterable<Pod>): Pod[] {
  const seen = new Set<string>();
  const [first, more]: [Pod[], Pod[]] = [[], []];
  for (const pod of found) {
    const controller = pod.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
    (controller !== undefined && seen.has(controller) ? more : first).push(pod);
    if (controller !== undefined) seen.add(controller);
  }
  return [...first, ...more];
}

function podNames(names: string[]): string {
  const [first = ""] = names.sort();
  if (names.length === 1) return first;
  return `${first} (and ${names.length - 1} other ${names.length === 2 ? "pod" : "pods"})`;
}
