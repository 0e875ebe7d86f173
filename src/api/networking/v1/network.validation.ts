/** Network policies, IP addresses and service CIDRs (pkg/apis/networking/validation). */
import { canonicalCidrErrors, canonicalIpErrors, parseCidr } from "../../../machinery/ip.ts";
import { joined, none } from "../../../machinery/joined.ts";
import { sameJson } from "../../../machinery/json.ts";
import { dns1123SubdomainErrors, pathSegmentNameErrors, portNameErrors } from "../../../machinery/names.ts";
import { validateLabelSelector } from "../../../machinery/selectors/label-selector.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { cidrErrors, containsCIDR, isDualStack, looseCIDRErrors } from "../../ip.ts";
import { each, matches, matchesIfSet, optional, portNumber, requiredName } from "../../validation.ts";
import type { IPAddress, ParentReference } from "./ip-address.ts";
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "./network-policy.ts";
import type { ServiceCIDR } from "./service-cidr.ts";

export function newNetworkPolicyErrors(policy: NetworkPolicy): readonly FieldError[] {
  return joined(policyErrors(policy, {}), addressErrors(policy));
}

/** Selectors once took values that no label can have; a policy that has one may have others. */
export function networkPolicyUpdateErrors(policy: NetworkPolicy, old: NetworkPolicy): readonly FieldError[] {
  const allowInvalidValues = policyErrors(old, {}).length > policyErrors(old, { allowInvalidValues: true }).length;
  return joined(policyErrors(policy, { allowInvalidValues }), addressErrors(policy, old));
}

interface SelectorOptions {
  readonly allowInvalidValues?: boolean;
}

const policyTypes = ["Ingress", "Egress"];

function policyErrors({ spec }: NetworkPolicy, options: SelectorOptions): readonly FieldError[] {
  const types = spec.policyTypes ?? [];
  const peers = (items: readonly NetworkPolicyPeer[] | undefined, path: string) => each(items, path, (peer, at) => peerErrors(peer, at, options));
  return joined(
    validateLabelSelector(spec.podSelector, "spec.podSelector", options),
    each(spec.ingress, "spec.ingress", ({ ports, from }, at) => joined(portsErrors(`${at}.ports`, ports), peers(from, `${at}.from`))),
    each(spec.egress, "spec.egress", ({ ports, to }, at) => joined(portsErrors(`${at}.ports`, ports), peers(to, `${at}.to`))),
    types.length > policyTypes.length
      ? [fieldError.invalid("spec.policyTypes", types, "may not specify more than two policyTypes")]
      : each(types, "spec.policyTypes", (type, at) => (policyTypes.includes(type) ? none : [fieldError.notSupported(at, type, policyTypes)])),
  );
}

function blocksOf({ spec }: NetworkPolicy): readonly { at: string; block: IPBlock }[] {
  const of = (peers: readonly NetworkPolicyPeer[] | undefined, path: string) =>
    (peers ?? []).flatMap(({ ipBlock }, index) => (ipBlock === undefined ? [] : [{ at: `${path}[${index}].ipBlock`, block: ipBlock }]));
  return joined(
    (spec.ingress ?? []).flatMap(({ from }, index) => of(from, `spec.ingress[${index}].from`)),
    (spec.egress ?? []).flatMap(({ to }, index) => of(to, `spec.egress[${index}].to`)),
  );
}

/** What clients may write from now on; blocks that the policy had before stay, wherever they are now. */
function addressErrors(policy: NetworkPolicy, old?: NetworkPolicy): readonly FieldError[] {
  const before = old === undefined ? [] : blocksOf(old).flatMap(({ block }) => [block.cidr, ...(block.except ?? [])]);
  return blocksOf(policy).flatMap(({ at, block }) =>
    joined(
      looseCIDRErrors(`${at}.cidr`, block.cidr, before),
      each(block.except, `${at}.except`, (cidr, path) => looseCIDRErrors(path, cidr, before)),
    ),
  );
}

function portsErrors(path: string, ports: readonly NetworkPolicyPort[] | undefined): readonly FieldError[] {
  return each(ports, path, ({ port, endPort }, at) => {
    const name = `${at}.port`;
    if (port === undefined) return endPort === undefined ? [] : [fieldError.required(name, "must be specified when `endPort` is specified")];
    if (typeof port === "string") {
      const errors = [...matches(name, port, portNameErrors)];
      if (endPort !== undefined) errors.push(fieldError.invalid(`${at}.endPort`, endPort, "may not be specified when `port` is non-numeric"));
      return errors;
    }
    const errors = [...portNumber(name, port)];
    if (endPort === undefined) return errors;
    if (endPort < port) errors.push(fieldError.invalid(`${at}.endPort`, endPort, "must be greater than or equal to `port`"));
    return joined(errors, portNumber(`${at}.endPort`, endPort));
  });
}

function peerErrors({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: string, options: SelectorOptions): readonly FieldError[] {
  const errors = [
    ...validateLabelSelector(podSelector, `${path}.podSelector`, options),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`, options),
    ...optional(ipBlock, (block) => blockErrors(`${path}.ipBlock`, block)),
  ];
  const selectors = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selectors && ipBlock === undefined) return [...errors, fieldError.required(path, "must specify a peer")];
  if (selectors && ipBlock !== undefined) errors.push(fieldError.forbidden(path, "may not specify both ipBlock and another peer"));
  return errors;
}

function blockErrors(path: string, { cidr = "", except }: IPBlock): readonly FieldError[] {
  if (cidr === "") return [fieldError.required(`${path}.cidr`)];
  const whole = parseCidr(cidr);
  if (whole === undefined) return cidrErrors(`${path}.cidr`, cidr);
  return each(except, `${path}.except`, (text, at) => {
    const part = parseCidr(text);
    if (part === undefined) return cidrErrors(at, text);
    const strict = containsCIDR(whole, part) && part.prefix > whole.prefix;
    return strict ? [] : [fieldError.invalid(at, text, "must be a strict subset of `cidr`")];
  });
}

/** The name is the address, in its one canonical form. */
export function ipAddressNameErrors(name: string): string[] {
  return canonicalIpErrors(name);
}

export function newIPAddressErrors({ spec }: IPAddress): readonly FieldError[] {
  const parent: ParentReference | undefined = spec.parentRef;
  const path = "spec.parentRef";
  if (parent === undefined) return [fieldError.required(path)];
  return joined(
    matchesIfSet(`${path}.group`, parent.group, dns1123SubdomainErrors),
    requiredName(`${path}.resource`, parent.resource, pathSegmentNameErrors),
    requiredName(`${path}.name`, parent.name, pathSegmentNameErrors),
    matchesIfSet(`${path}.namespace`, parent.namespace, pathSegmentNameErrors),
  );
}

export function ipAddressUpdateErrors({ spec }: IPAddress, old: IPAddress): readonly FieldError[] {
  return sameJson(spec.parentRef, old.spec.parentRef) ? [] : [fieldError.invalid("spec.parentRef", spec.parentRef, "field is immutable")];
}

export function serviceCIDRErrors({ spec }: ServiceCIDR): readonly FieldError[] {
  const path = "spec.cidrs";
  const cidrs = spec.cidrs ?? [];
  if (cidrs.length === 0) return [fieldError.required(path, "at least one CIDR required")];
  if (cidrs.length > 2) return [fieldError.invalid(path, spec, "may only hold up to 2 values")];
  if (cidrs.length === 2 && !isDualStack(cidrs.map(parseCidr))) {
    return [fieldError.invalid(path, spec, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64")];
  }
  return each(cidrs, path, (cidr, at) => canonicalCidrErrors(cidr).map((text) => fieldError.invalid(at, cidr, text)));
}

export function serviceCIDRUpdateErrors({ spec }: ServiceCIDR, old: ServiceCIDR): readonly FieldError[] {
  const [now, before] = [spec.cidrs ?? [], old.spec.cidrs ?? []];
  if (before.length === 1 && now.length === 2) {
    return now[0] === before[0] ? [] : [fieldError.invalid("spec.cidrs[0]", now[0], "field is immutable")];
  }
  return sameJson(now, before) ? [] : [fieldError.invalid("spec.cidrs", now, "field is immutable")];
}
