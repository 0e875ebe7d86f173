/** Containers: main, init and ephemeral. */
import { portNameErrors } from "../../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { each, label, matches, portNumber, required } from "../../../validation.ts";
import type { Container, ContainerPort, ContainerResizePolicy, ContainerRestartRule, EphemeralContainer } from "../container.ts";
import type { PodSpec } from "../pod-spec.ts";
import { envErrors, envFromErrors } from "./env.ts";
import { lifecycleErrors, type ProbeKind, probeErrors } from "./handlers.ts";
import { deviceErrors, mountErrors, type Volumes } from "./mounts.ts";
import { containerResourcesErrors } from "./resources.ts";
import { securityContextErrors } from "./security.ts";

/** What of the pod the checks of a container need. */
export interface ContainerSurroundings {
  readonly spec: PodSpec;
  readonly volumes: Volumes;
  readonly claimNames: ReadonlySet<string>;
}

const probeKinds: readonly ProbeKind[] = ["livenessProbe", "readinessProbe", "startupProbe"];

export function containersErrors(path: string, around: ContainerSurroundings): FieldError[] {
  const { spec } = around;
  const containers = spec.containers ?? [];
  if (containers.length === 0) return [fieldError.required(path)];
  const names = new Set<string>();
  return [
    ...each(containers, path, (container, at) => [
      ...commonErrors(at, container, around),
      ...uniqueNameErrors(at, container.name, names),
      ...hookErrors(at, container, spec),
      ...restartErrors(at, container),
    ]),
    ...hostPortConflicts(path, containers),
  ];
}

export function initContainersErrors(path: string, around: ContainerSurroundings): FieldError[] {
  const { spec } = around;
  const names = new Set((spec.containers ?? []).map(({ name }) => name));
  return each(spec.initContainers, path, (container, at, index) => [
    ...commonErrors(at, container, around),
    ...restartErrors(at, container),
    ...uniqueNameErrors(at, container.name, names),
    // Init containers run one by one: their ports conflict with none but their own.
    ...hostPortConflicts(path, [container], index),
    ...(container.restartPolicy === "Always" ? hookErrors(at, container, spec) : forbiddenHookErrors(at, container)),
  ]);
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

export function ephemeralContainersErrors(path: string, around: ContainerSurroundings): FieldError[] {
  const { spec } = around;
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Set(others);
  return each(spec.ephemeralContainers, path, (container, at) => [
    ...commonErrors(at, container, around),
    ...paddedImageErrors(at, container.image),
    ...uniqueNameErrors(at, container.name, names),
    ...targetErrors(at, container, others),
    ...forbiddenForEphemeral.filter((field) => container[field] !== undefined).map((field) => fieldError.forbidden(`${at}.${field}`, ephemeralMessage)),
    ...(Object.keys(container.resources ?? {}).length > 0 ? [fieldError.forbidden(`${at}.resources`, ephemeralMessage)] : []),
    ...each(container.volumeMounts, `${at}.volumeMounts`, ({ subPath, subPathExpr }, mount) => [
      ...(subPath ? [fieldError.forbidden(`${mount}.subPath`, ephemeralMessage)] : []),
      ...(subPathExpr ? [fieldError.forbidden(`${mount}.subPathExpr`, ephemeralMessage)] : []),
    ]),
  ]);
}

function targetErrors(path: string, { targetContainerName }: EphemeralContainer, names: ReadonlySet<string>): FieldError[] {
  if (!targetContainerName || names.has(targetContainerName)) return [];
  return [fieldError.notFound(`${path}.targetContainerName`, targetContainerName)];
}

function commonErrors(path: string, container: Container | EphemeralContainer, around: ContainerSurroundings): FieldError[] {
  const { spec, volumes, claimNames } = around;
  return [
    ...(container.name ? label(`${path}.name`, container.name) : [fieldError.required(`${path}.name`)]),
    ...required(`${path}.image`, container.image),
    ...required(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy),
    ...portErrors(`${path}.ports`, container.ports),
    ...envErrors(`${path}.env`, container.env),
    ...envFromErrors(`${path}.envFrom`, container.envFrom),
    ...mountErrors(path, container, volumes),
    ...deviceErrors(path, container, volumes),
    ...required(`${path}.imagePullPolicy`, container.imagePullPolicy),
    ...containerResourcesErrors(`${path}.resources`, container.resources, claimNames),
    ...resizePolicyErrors(`${path}.resizePolicy`, container.resizePolicy, spec.restartPolicy),
    ...securityContextErrors(`${path}.securityContext`, container.securityContext, spec.hostUsers !== false),
  ];
}

function uniqueNameErrors(path: string, name: string, names: Set<string>): FieldError[] {
  if (names.has(name)) return [fieldError.duplicate(`${path}.name`, name)];
  if (name) names.add(name);
  return [];
}

function hookErrors(path: string, container: Container, spec: PodSpec): FieldError[] {
  const grace = spec.terminationGracePeriodSeconds;
  return [
    ...lifecycleErrors(`${path}.lifecycle`, container.lifecycle, grace, spec.os?.name),
    ...probeKinds.flatMap((kind) => probeErrors(path, kind, container[kind], grace)),
  ];
}

function forbiddenHookErrors(path: string, container: Container): FieldError[] {
  return (["lifecycle", ...probeKinds] as const)
    .filter((field) => container[field] !== undefined)
    .map((field) => fieldError.forbidden(`${path}.${field}`, "may not be set for init containers without restartPolicy=Always"));
}

const restartPolicies = ["Always", "Never", "OnFailure"];

/** Restart policies of single containers and the rules that refine them (KEP-5307). */
function restartErrors(path: string, { restartPolicy, restartPolicyRules }: Container): FieldError[] {
  const errors: FieldError[] = [];
  if (restartPolicy !== undefined && !restartPolicies.includes(restartPolicy)) {
    errors.push(fieldError.notSupported(`${path}.restartPolicy`, restartPolicy, restartPolicies));
  }
  if ((restartPolicyRules ?? []).length === 0) return errors;
  if (restartPolicy === undefined) errors.push(fieldError.required(`${path}.restartPolicy`, "must specify restartPolicy when restart rules are used"));
  if ((restartPolicyRules ?? []).length > 20) errors.push(fieldError.tooMany(`${path}.restartPolicyRules`, restartPolicyRules?.length ?? 0, 20));
  return [...errors, ...each(restartPolicyRules, `${path}.restartPolicyRules`, (rule, at) => restartRuleErrors(at, rule))];
}

function restartRuleErrors(path: string, { action, exitCodes }: ContainerRestartRule): FieldError[] {
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

function portErrors(path: string, ports: readonly ContainerPort[] | undefined): FieldError[] {
  const names = new Set<string>();
  return each(ports, path, (port, at) => [
    ...portNameErrorsOf(at, port.name, names),
    ...(port.containerPort ? portNumber(`${at}.containerPort`, port.containerPort) : [fieldError.required(`${at}.containerPort`)]),
    ...(port.hostPort ? portNumber(`${at}.hostPort`, port.hostPort) : []),
    ...required(`${at}.protocol`, port.protocol),
  ]);
}

function portNameErrorsOf(path: string, name: string | undefined, names: Set<string>): FieldError[] {
  if (!name) return [];
  const errors = matches(`${path}.name`, name, portNameErrors);
  if (errors.length > 0) return errors;
  if (names.has(name)) return [fieldError.duplicate(`${path}.name`, name)];
  names.add(name);
  return [];
}

/** Two containers of a pod cannot have one port of the host. */
function hostPortConflicts(path: string, containers: readonly Container[], firstIndex = 0): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports }, index) =>
    each(ports, `${path}[${firstIndex + index}].ports`, ({ hostPort, hostIP = "", protocol = "" }, at) => {
      if (!hostPort) return [];
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) return [fieldError.duplicate(`${at}.hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}

function resizePolicyErrors(path: string, policies: readonly ContainerResizePolicy[] | undefined, restartPolicy: string | undefined): FieldError[] {
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

function choiceErrors(path: string, value: string, supported: readonly string[]): FieldError[] {
  if (!value) return [fieldError.required(path)];
  return supported.includes(value) ? [] : [fieldError.notSupported(path, value, supported)];
}

/** For pods only: templates may hold an image still to be filled in. */
export function paddedImageErrors(path: string, image: string | undefined): FieldError[] {
  if (image === undefined || image === image.trim()) return [];
  return [fieldError.invalid(`${path}.image`, image, "must not have leading or trailing whitespace")];
}
