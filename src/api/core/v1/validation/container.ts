/** Containers: main, init and ephemeral. */
import { joined, none } from "../../../../machinery/joined.ts";
import { dns1123LabelErrors, portNameErrors } from "../../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { each, matches, portNumber, requiredField, requiredNameField } from "../../../validation.ts";
import type { Container, ContainerPort, ContainerResizePolicy, ContainerRestartRule, EphemeralContainer } from "../container.ts";
import type { PodSpec } from "../pod-spec.ts";
import { envErrors, envFromErrors } from "./env.ts";
import { lifecycleErrors, probeErrors } from "./handlers.ts";
import { deviceErrors, mountErrors, type Volumes } from "./mounts.ts";
import { containerResourcesErrors } from "./resources.ts";
import { securityContextErrors } from "./security.ts";

/** What of the pod the checks of a container need. */
export interface ContainerSurroundings {
  readonly spec: PodSpec;
  readonly volumes: Volumes;
  readonly claimNames: ReadonlySet<string>;
}

export function containersErrors(path: string, around: ContainerSurroundings): readonly FieldError[] {
  const { spec } = around;
  const containers = spec.containers ?? [];
  if (containers.length === 0) return [fieldError.required(path)];
  const names = new Set<string>();
  return joined(
    each(containers, path, (container, at) =>
      joined(commonErrors(at, container, around), uniqueNameErrors(at, container.name, names), hookErrors(at, container, spec), restartErrors(at, container)),
    ),
    hostPortConflicts(path, containers),
  );
}

export function initContainersErrors(path: string, around: ContainerSurroundings): readonly FieldError[] {
  const { spec } = around;
  if (spec.initContainers === undefined) return none;
  const names = new Set((spec.containers ?? []).map(({ name }) => name));
  return each(spec.initContainers, path, (container, at, index) =>
    joined(
      commonErrors(at, container, around),
      restartErrors(at, container),
      uniqueNameErrors(at, container.name, names),
      // Init containers run one by one: their ports conflict with none but their own.
      hostPortConflicts(path, [container], index),
      container.restartPolicy === "Always" ? hookErrors(at, container, spec) : forbiddenHookErrors(at, container),
    ),
  );
}

const forbiddenForEphemeral = [
  "ports",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
  "resizePolicy",
  "restartPolicy",
  "restartPolicyRules",
] as const;
const ephemeralMessage = "cannot be set for an Ephemeral Container";

export function ephemeralContainersErrors(path: string, around: ContainerSurroundings): readonly FieldError[] {
  const { spec } = around;
  if (spec.ephemeralContainers === undefined) return none;
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Set(others);
  return each(spec.ephemeralContainers, path, (container, at) =>
    joined(
      commonErrors(at, container, around),
      paddedImageErrors(at, container.image),
      uniqueNameErrors(at, container.name, names),
      targetErrors(at, container, others),
      forbiddenForEphemeral.filter((field) => container[field] !== undefined).map((field) => fieldError.forbidden(`${at}.${field}`, ephemeralMessage)),
      Object.keys(container.resources ?? {}).length > 0 ? [fieldError.forbidden(`${at}.resources`, ephemeralMessage)] : none,
      each(container.volumeMounts, `${at}.volumeMounts`, ({ subPath, subPathExpr }, mount) =>
        joined(
          subPath ? [fieldError.forbidden(`${mount}.subPath`, ephemeralMessage)] : none,
          subPathExpr ? [fieldError.forbidden(`${mount}.subPathExpr`, ephemeralMessage)] : none,
        ),
      ),
    ),
  );
}

function targetErrors(path: string, { targetContainerName }: EphemeralContainer, names: ReadonlySet<string>): readonly FieldError[] {
  if (!targetContainerName || names.has(targetContainerName)) return none;
  return [fieldError.notFound(`${path}.targetContainerName`, targetContainerName)];
}

function commonErrors(path: string, container: Container | EphemeralContainer, around: ContainerSurroundings): readonly FieldError[] {
  const { spec, volumes, claimNames } = around;
  const { name, image, terminationMessagePolicy, ports, env, envFrom, imagePullPolicy, resources, resizePolicy, securityContext } = container;
  return joined(
    requiredNameField(path, "name", name, dns1123LabelErrors),
    requiredField(path, "image", image),
    requiredField(path, "terminationMessagePolicy", terminationMessagePolicy),
    ports === undefined ? none : portErrors(`${path}.ports`, ports),
    env === undefined ? none : envErrors(`${path}.env`, env),
    envFrom === undefined ? none : envFromErrors(`${path}.envFrom`, envFrom),
    mountErrors(path, container, volumes),
    deviceErrors(path, container, volumes),
    requiredField(path, "imagePullPolicy", imagePullPolicy),
    resources === undefined ? none : containerResourcesErrors(`${path}.resources`, resources, claimNames),
    resizePolicy === undefined ? none : resizePolicyErrors(`${path}.resizePolicy`, resizePolicy, spec.restartPolicy),
    securityContext === undefined ? none : securityContextErrors(`${path}.securityContext`, securityContext, spec.hostUsers !== false),
  );
}

function uniqueNameErrors(path: string, name: string, names: Set<string>): readonly FieldError[] {
  if (names.has(name)) return [fieldError.duplicate(`${path}.name`, name)];
  if (name) names.add(name);
  return none;
}

function hookErrors(path: string, container: Container, spec: PodSpec): readonly FieldError[] {
  const grace = spec.terminationGracePeriodSeconds;
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  return joined(
    lifecycle === undefined ? none : lifecycleErrors(`${path}.lifecycle`, lifecycle, grace, spec.os?.name),
    probeErrors(path, "livenessProbe", livenessProbe, grace),
    probeErrors(path, "readinessProbe", readinessProbe, grace),
    probeErrors(path, "startupProbe", startupProbe, grace),
  );
}

function forbiddenHookErrors(path: string, container: Container): readonly FieldError[] {
  return (["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const)
    .filter((field) => container[field] !== undefined)
    .map((field) => fieldError.forbidden(`${path}.${field}`, "may not be set for init containers without restartPolicy=Always"));
}

const restartPolicies = ["Always", "Never", "OnFailure"];

/** Restart policies of single containers and the rules that refine them (KEP-5307). */
function restartErrors(path: string, { restartPolicy, restartPolicyRules }: Container): readonly FieldError[] {
  if (restartPolicy === undefined && restartPolicyRules === undefined) return none;
  const errors: FieldError[] = [];
  if (restartPolicy !== undefined && !restartPolicies.includes(restartPolicy)) {
    errors.push(fieldError.notSupported(`${path}.restartPolicy`, restartPolicy, restartPolicies));
  }
  if ((restartPolicyRules ?? []).length === 0) return errors;
  if (restartPolicy === undefined) errors.push(fieldError.required(`${path}.restartPolicy`, "must specify restartPolicy when restart rules are used"));
  if ((restartPolicyRules ?? []).length > 20) errors.push(fieldError.tooMany(`${path}.restartPolicyRules`, restartPolicyRules?.length ?? 0, 20));
  return joined(
    errors,
    each(restartPolicyRules, `${path}.restartPolicyRules`, (rule, at) => restartRuleErrors(at, rule)),
  );
}

function restartRuleErrors(path: string, { action, exitCodes }: ContainerRestartRule): readonly FieldError[] {
  const errors = ["Restart", "RestartAllContainers"].includes(action)
    ? []
    : [fieldError.notSupported(`${path}.action`, action, ["Restart", "RestartAllContainers"])];
  if (exitCodes === undefined) return [...errors, fieldError.required(`${path}.exitCodes`, "must be specified")];
  if (!["In", "NotIn"].includes(exitCodes.operator)) errors.push(fieldError.notSupported(`${path}.exitCodes.operator`, exitCodes.operator, ["In", "NotIn"]));
  const count = (exitCodes.values ?? []).length;
  if (count === 0) errors.push(fieldError.invalid(`${path}.exitCodes.values`, exitCodes.values ?? [], "must specify at least one exit code"));
  if (count > 255) errors.push(fieldError.tooMany(`${path}.exitCodes.values`, count, 255));
  return errors;
}

function portErrors(path: string, ports: readonly ContainerPort[]): readonly FieldError[] {
  const names = new Set<string>();
  return each(ports, path, ({ name, containerPort, hostPort, protocol }, at) =>
    joined(
      portNameErrorsOf(at, name, names),
      containerPort ? portNumber(`${at}.containerPort`, containerPort) : [fieldError.required(`${at}.containerPort`)],
      hostPort ? portNumber(`${at}.hostPort`, hostPort) : none,
      requiredField(at, "protocol", protocol),
    ),
  );
}

function portNameErrorsOf(path: string, name: string | undefined, names: Set<string>): readonly FieldError[] {
  if (!name) return none;
  const errors = matches(`${path}.name`, name, portNameErrors);
  if (errors.length > 0) return errors;
  if (names.has(name)) return [fieldError.duplicate(`${path}.name`, name)];
  names.add(name);
  return none;
}

/** Two containers of a pod cannot have one port of the host. */
function hostPortConflicts(path: string, containers: readonly Container[], firstIndex = 0): readonly FieldError[] {
  if (!containers.some(({ ports }) => ports?.some(({ hostPort }) => hostPort))) return none;
  const taken = new Set<string>();
  return containers.flatMap(({ ports }, index) =>
    each(ports, `${path}[${firstIndex + index}].ports`, ({ hostPort, hostIP = "", protocol = "" }, at) => {
      if (!hostPort) return none;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) return [fieldError.duplicate(`${at}.hostPort`, key)];
      taken.add(key);
      return none;
    }),
  );
}

function resizePolicyErrors(path: string, policies: readonly ContainerResizePolicy[], restartPolicy: string | undefined): readonly FieldError[] {
  const seen = new Set<string>();
  return each(policies, path, ({ resourceName, restartPolicy: policy }, at) => {
    const errors: FieldError[] = [];
    if (seen.has(resourceName)) errors.push(fieldError.duplicate(at, resourceName));
    seen.add(resourceName);
    errors.push(...choiceErrors(path, resourceName, ["cpu", "memory"]), ...choiceErrors(path, policy, ["NotRequired", "RestartContainer"]));
    if (restartPolicy === "Never" && policy !== "NotRequired") {
      errors.push(fieldError.invalid(path, policy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    }
    return errors;
  });
}

function choiceErrors(path: string, value: string, supported: readonly string[]): readonly FieldError[] {
  if (!value) return [fieldError.required(path)];
  return supported.includes(value) ? [] : [fieldError.notSupported(path, value, supported)];
}

/** For pods only: templates may hold an image still to be filled in. */
export function paddedImageErrors(path: string, image: string | undefined): readonly FieldError[] {
  if (image === undefined || image === image.trim()) return none;
  return [fieldError.invalid(`${path}.image`, image, "must not have leading or trailing whitespace")];
}
