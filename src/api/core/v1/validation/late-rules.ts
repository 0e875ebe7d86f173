/** Rules that came late: clients keep them in pods and templates that they write from now on; what was stored before stays. */
import { joined, none } from "../../../../machinery/joined.ts";
import type { KubeObject } from "../../../../machinery/object.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { looseIPErrors } from "../../../ip.ts";
import type { Strategy } from "../../../resource.ts";
import { each } from "../../../validation.ts";
import type { Container, ContainerResizePolicy } from "../container.ts";
import type { PodSpec, PodTemplateSpec } from "../pod-spec.ts";

/** Addresses are written in one way only (KEP-4858). */
export function podAddressErrors(path: string, spec: PodSpec | undefined, old?: PodSpec): readonly FieldError[] {
  const { hostAliases, dnsConfig } = spec ?? {};
  if (hostAliases === undefined && dnsConfig === undefined) return none;
  const aliases = old?.hostAliases?.flatMap(({ ip }) => ip ?? []);
  return joined(
    each(hostAliases, `${path}.hostAliases`, ({ ip }, at) => looseIPErrors(`${at}.ip`, ip, aliases)),
    each(dnsConfig?.nameservers, `${path}.dnsConfig.nameservers`, (server, at) => looseIPErrors(at, server, old?.dnsConfig?.nameservers)),
  );
}

/** A plain init container was never restarted for new resources: the policy would be an empty promise (v1.36). */
export function restartingInitErrors(path: string, spec: PodSpec | undefined, old?: PodSpec): readonly FieldError[] {
  if (spec?.initContainers === undefined || old?.initContainers?.some(promisesRestart)) return none;
  return each(spec.initContainers, `${path}.initContainers`, (container, at) =>
    promisesRestart(container) ? each(container.resizePolicy, `${at}.resizePolicy`, policyErrors) : none,
  );
}

function policyErrors({ restartPolicy }: ContainerResizePolicy, path: string): readonly FieldError[] {
  if (restartPolicy !== "RestartContainer") return none;
  return [fieldError.invalid(`${path}.restartPolicy`, restartPolicy, "must not be set to 'RestartContainer' for non-sidecar initContainers")];
}

function promisesRestart({ restartPolicy, resizePolicy }: Container): boolean {
  return restartPolicy !== "Always" && resizePolicy?.some((policy) => policy.restartPolicy === "RestartContainer") === true;
}

/** The strategy of a kind that holds a template at `path`, with those rules on top. */
export function withStrictTemplate<T extends KubeObject>(
  strategy: Strategy<T>,
  path: string,
  templateOf: (object: T) => PodTemplateSpec | undefined,
): Strategy<T> {
  const errors = (object: T, old?: T) => templateErrors(`${path}.spec`, templateOf(object)?.spec, old && templateOf(old)?.spec);
  return {
    ...strategy,
    validateCreate: (object, context) => joined(strategy.validateCreate?.(object, context) ?? none, errors(object)),
    validateUpdate: (object, old, context) => joined(strategy.validateUpdate?.(object, old, context) ?? none, errors(object, old)),
  };
}

function templateErrors(path: string, spec: PodSpec | undefined, old: PodSpec | undefined): readonly FieldError[] {
  return joined(podAddressErrors(path, spec, old), restartingInitErrors(path, spec, old));
}
