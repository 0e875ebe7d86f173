/** Addresses in pods and templates of pods that clients may write from now on (KEP-4858); what was stored before stays. */
import type { KubeObject } from "../../../../machinery/object.ts";
import type { FieldError } from "../../../../machinery/status.ts";
import { looseIPErrors } from "../../../ip.ts";
import type { Strategy } from "../../../resource.ts";
import { each } from "../../../validation.ts";
import type { PodSpec, PodTemplateSpec } from "../pod-spec.ts";

export function podAddressErrors(path: string, spec: PodSpec | undefined, old?: PodSpec): FieldError[] {
  const aliases = old?.hostAliases?.flatMap(({ ip }) => ip ?? []);
  return [
    ...each(spec?.hostAliases, `${path}.hostAliases`, ({ ip }, at) => looseIPErrors(`${at}.ip`, ip, aliases)),
    ...each(spec?.dnsConfig?.nameservers, `${path}.dnsConfig.nameservers`, (server, at) => looseIPErrors(at, server, old?.dnsConfig?.nameservers)),
  ];
}

/** The strategy of a kind that holds a template at `path`, with that rule on top. */
export function withStrictTemplate<T extends KubeObject>(
  strategy: Strategy<T>,
  path: string,
  templateOf: (object: T) => PodTemplateSpec | undefined,
): Strategy<T> {
  const errors = (object: T, old?: T) => podAddressErrors(`${path}.spec`, templateOf(object)?.spec, old && templateOf(old)?.spec);
  return {
    ...strategy,
    validateCreate: (object, context) => [...(strategy.validateCreate?.(object, context) ?? []), ...errors(object)],
    validateUpdate: (object, old, context) => [...(strategy.validateUpdate?.(object, old, context) ?? []), ...errors(object, old)],
  };
}
