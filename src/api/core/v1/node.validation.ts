import { parseCidr } from "../../../machinery/ip.ts";
import { joined, none } from "../../../machinery/joined.ts";
import { sameJson } from "../../../machinery/json.ts";
import { labelValueErrors } from "../../../machinery/names.ts";
import { validateLabelKey } from "../../../machinery/object-meta.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { cidrErrors, isDualStack, looseCIDRErrors } from "../../ip.ts";
import { duplicates, each, eachEntry, oneOf } from "../../validation.ts";
import { taintEffects } from "./enums.ts";
import type { Node, NodeSpec, Taint } from "./node.ts";
import { quantityErrors } from "./validation/resources.ts";

export function nodeErrors({ spec, status }: Node): readonly FieldError[] {
  return joined(
    taintErrors("metadata.taints", spec.taints),
    eachEntry(status?.capacity, "status.capacity", (amount, _path, name) => quantityErrors(`status.capacity.${name}`, name, amount)),
    eachEntry(status?.allocatable, "status.allocatable", (amount, _path, name) => quantityErrors(`status.allocatable.${name}`, name, amount)),
    podCIDRErrors("spec.podCIDRs", spec.podCIDRs ?? []),
  );
}

function taintErrors(path: string, taints: readonly Taint[] | undefined): readonly FieldError[] {
  const errors = each(taints, path, ({ key = "", value = "", effect }, at) => {
    const problems = labelValueErrors(value);
    return joined(
      validateLabelKey(key, `${at}.key`),
      problems.length === 0 ? none : [fieldError.invalid(`${at}.value`, value, problems.join(";"))],
      oneOf(`${at}.effect`, effect, taintEffects),
    );
  });
  const repeated = duplicates(
    taints,
    path,
    ({ key, effect }) => `${key}:${effect}`,
    (at, taint) => ({ ...fieldError.duplicate(at, taint), detail: "taints must be unique by key and effect pair" }),
  );
  return joined(errors, repeated);
}

function podCIDRErrors(path: string, cidrs: readonly string[]): readonly FieldError[] {
  const errors = [...each(cidrs, path, (cidr, at) => cidrErrors(at, cidr))];
  if (cidrs.length < 2) return errors;
  if (!isDualStack(cidrs.map(parseCidr)) || cidrs.length > 2)
    errors.push(fieldError.invalid(path, cidrs, "may specify no more than one CIDR for each IP family"));
  const repeated = duplicates(
    cidrs,
    path,
    (cidr) => cidr,
    (at, cidr) => fieldError.duplicate(at, cidr),
  );
  return joined(errors, repeated);
}

export function nodeUpdateErrors({ spec, status }: Node, old: Node): readonly FieldError[] {
  const before = old.spec.podCIDRs ?? [];
  const repeated = duplicates(
    status?.addresses,
    "status.addresses",
    ({ type, address }) => `${type} ${address}`,
    (at, address) => fieldError.duplicate(at, address),
  );
  const errors = [...repeated];
  if (before.length > 0 && (spec.podCIDRs ?? []).join() !== before.join()) {
    errors.push(fieldError.forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old.spec.providerID && spec.providerID !== old.spec.providerID) {
    errors.push(fieldError.forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid'));
  }
  if ((spec.externalID ?? "") !== (old.spec.externalID ?? "")) errors.push(fieldError.forbidden("spec.externalID", "may not be updated"));
  if (!sameJson(fixedPart(spec, old.spec), fixedPart(old.spec, old.spec))) {
    // The path is upstream's, which names no field.
    errors.push(fieldError.forbidden("[]", "node updates may only change labels, taints, or capacity"));
  }
  return errors;
}

/** What nobody changes after the node was created, or once it was set. */
function fixedPart({ podCIDRs = [], providerID = "", externalID = "" }: NodeSpec, old: NodeSpec): object {
  return { externalID, ...((old.podCIDRs ?? []).length === 0 ? {} : { podCIDRs }), ...(old.providerID ? { providerID } : {}) };
}

/** What clients may write from now on (KEP-4858). */
export function nodeCIDRErrors({ spec }: Node, old?: Node): readonly FieldError[] {
  return each(spec.podCIDRs, "spec.podCIDRs", (cidr, at) => looseCIDRErrors(at, cidr, old?.spec.podCIDRs));
}
