/** Warnings about nodes and about labels of nodes that have been replaced (pkg/api/node). */

import type { LabelSelector } from "../../../machinery/meta.ts";
import { labelValueErrors } from "../../../machinery/names.ts";
import { cidrWarnings } from "../../ip.warnings.ts";
import type { NodeSelectorTerm } from "./common.ts";
import type { Node } from "./node.ts";

const deprecatedLabels = new Map([
  ["beta.kubernetes.io/arch", 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ["beta.kubernetes.io/os", 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ["failure-domain.beta.kubernetes.io/region", 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ["failure-domain.beta.kubernetes.io/zone", 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ["beta.kubernetes.io/instance-type", 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ["app.kubernetes.io/created-by", "deprecated since v1.9"],
  ["scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead"],
  ["node-role.kubernetes.io/master", 'use "node-role.kubernetes.io/control-plane" instead'],
]);

/** What to say of a label; nothing of those in use. */
export function deprecatedLabelText(key: string): string | undefined {
  return deprecatedLabels.get(key);
}

/** One warning a key that has been replaced: `PATH: TEXT`. */
export function nodeLabelWarnings(keys: Iterable<string>, pathOf: (key: string) => string): string[] {
  return [...keys].flatMap((key) => {
    const text = deprecatedLabels.get(key);
    return text === undefined ? [] : [`${pathOf(key)}: ${text}`];
  });
}

/** Requirements at `path`, such as `…[0].matchExpressions`, on keys that have been replaced. */
export function requirementWarnings(requirements: readonly { readonly key: string }[] | undefined, path: string, field = ".key"): string[] {
  return (requirements ?? []).flatMap(({ key }, index) => {
    const text = deprecatedLabels.get(key);
    return text === undefined ? [] : [`${path}[${index}]${field}: ${key} is ${text}`];
  });
}

/** `checkValues` is for terms whose values are not validated: those of preferences. */
export function nodeSelectorTermWarnings(term: NodeSelectorTerm, path: string, checkValues: boolean): string[] {
  const expressions = term.matchExpressions ?? [];
  return expressions.flatMap((expression, index) => {
    const at = `${path}.matchExpressions[${index}]`;
    const text = deprecatedLabels.get(expression.key);
    const bad = checkValues ? invalidValueWarnings(expression.values ?? [], `${at}.values`) : [];
    return text === undefined ? bad : [`${at}.key: ${expression.key} is ${text}`, ...bad];
  });
}

function invalidValueWarnings(values: readonly string[], path: string): string[] {
  return values.flatMap((value, index) => labelValueErrors(value).map((problem) => `${path}[${index}]: ${value} is invalid, ${problem}`));
}

/** Label selectors that select nodes, such as the topology of a CSIStorageCapacity. */
export function nodeLabelSelectorWarnings(selector: LabelSelector | undefined, path: string): string[] {
  return [
    ...requirementWarnings(selector?.matchExpressions, `${path}.matchExpressions`),
    ...nodeLabelWarnings(Object.keys(selector?.matchLabels ?? {}), (key) => `${path}.matchLabels.${key}`),
  ];
}

export function nodeWarnings({ spec }: Node): string[] {
  return [
    ...(spec.configSource === undefined ? [] : ["spec.configSource: the feature is no longer supported"]),
    ...(spec.externalID ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] : []),
    ...(spec.podCIDRs ?? []).flatMap((cidr, index) => cidrWarnings(`spec.podCIDRs[${index}]`, cidr)),
  ];
}
