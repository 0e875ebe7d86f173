/** Ingresses and their classes (pkg/apis/networking/validation). */
import { parseIp } from "../../../machinery/ip.ts";
import { joined, none } from "../../../machinery/joined.ts";
import {
  byteLength,
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  type NameRule,
  pathSegmentNameErrors,
  portNameErrors,
  regexMessage,
  wildcardDns1123SubdomainErrors,
} from "../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import type { TypedLocalObjectReference } from "../../core/v1/common.ts";
import { ipErrors, looseIPErrors } from "../../ip.ts";
import { each, immutable, matches, matchesIfSet, optional, portNumber } from "../../validation.ts";
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressSpec, IngressTLS } from "./ingress.ts";
import type { IngressClass } from "./ingress-class.ts";

/** Faults that older releases let in: objects that have them may keep them. */
interface Allowed {
  readonly secretNames: boolean;
  readonly wildcardRules: boolean;
}

const nothing: Allowed = { secretNames: false, wildcardRules: false };
const classAnnotation = "kubernetes.io/ingress.class";

export function newIngressErrors({ metadata, spec }: Ingress): readonly FieldError[] {
  const errors = [...specErrors(spec, nothing)];
  // What chose the class before there was a field for it may stay, if it says the same.
  const annotation = metadata.annotations?.[classAnnotation];
  if (annotation !== undefined && spec.ingressClassName !== undefined && annotation !== spec.ingressClassName)
    errors.push(fieldError.invalid(`annotations.${classAnnotation}`, annotation, "must match `ingressClassName` when both are specified"));
  return errors;
}

export function ingressUpdateErrors({ spec }: Ingress, { spec: old }: Ingress): readonly FieldError[] {
  return specErrors(spec, {
    secretNames: (old.tls ?? []).some(({ secretName }) => matchesIfSet("", secretName, dns1123SubdomainErrors).length > 0),
    wildcardRules: (old.rules ?? []).some((rule) => isWildcard(rule) && ruleErrors("", rule).length > 0),
  });
}

function specErrors({ rules = [], defaultBackend, tls, ingressClassName }: IngressSpec, allowed: Allowed): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) errors.push(fieldError.invalid("spec", null, "either `defaultBackend` or `rules` must be specified"));
  return joined(
    errors,
    optional(defaultBackend, (backend) => backendErrors("spec.defaultBackend", backend)),
    each(rules, "spec.rules", (rule, at) =>
      joined(hostErrors(`${at}.host`, rule.host ?? ""), isWildcard(rule) && allowed.wildcardRules ? none : ruleErrors(at, rule)),
    ),
    each(tls, "spec.tls", (item, at) => tlsErrors(at, item, allowed)),
    optional(ingressClassName, (name) => matches("spec.ingressClassName", name, dns1123SubdomainErrors)),
  );
}

const isWildcard = ({ host = "" }: IngressRule) => host.includes("*");

function tlsErrors(path: string, { hosts, secretName }: IngressTLS, { secretNames }: Allowed): readonly FieldError[] {
  const errors = each(hosts, `${path}.hosts`, (host, at) => matches(at, host, hostRule(host)));
  return secretNames ? errors : [...errors, ...matchesIfSet(`${path}.secretName`, secretName, dns1123SubdomainErrors)];
}

function hostErrors(path: string, host: string): readonly FieldError[] {
  if (host === "") return [];
  const address = parseIp(host) === undefined ? [] : [fieldError.invalid(path, host, "must be a DNS name, not an IP address")];
  return joined(address, matches(path, host, hostRule(host)));
}

function hostRule(host: string): NameRule {
  return host.includes("*") ? wildcardDns1123SubdomainErrors : dns1123SubdomainErrors;
}

function ruleErrors(path: string, { http }: IngressRule): readonly FieldError[] {
  if (http === undefined) return [];
  const at = `${path}.http.paths`;
  if ((http.paths ?? []).length === 0) return [fieldError.required(at)];
  return each(http.paths, at, (item, index) => pathErrors(index, item));
}

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
const badSequences = ["//", "/./", "/../", "%2f", "%2F"];
const badSuffixes = ["/..", "/."];

function pathErrors(path: string, { path: url = "", pathType, backend }: HTTPIngressPath): readonly FieldError[] {
  if (pathType === undefined) return [fieldError.required(`${path}.pathType`, "pathType must be specified")];
  const at = `${path}.path`;
  const errors: FieldError[] = [];
  const relative = !url.startsWith("/") && (url !== "" || pathType !== "ImplementationSpecific");
  if (!pathTypes.includes(pathType)) errors.push(fieldError.notSupported(`${path}.pathType`, pathType, pathTypes));
  else if (relative) errors.push(fieldError.invalid(at, url, "must be an absolute path"));
  if (pathType === "Exact" || pathType === "Prefix") {
    errors.push(...badSequences.filter((part) => url.includes(part)).map((part) => fieldError.invalid(at, url, `must not contain '${part}'`)));
    errors.push(...badSuffixes.filter((part) => url.endsWith(part)).map((part) => fieldError.invalid(at, url, `cannot end with '${part}'`)));
  }
  return joined(errors, backendErrors(`${path}.backend`, backend ?? {}));
}

function backendErrors(path: string, { service, resource }: IngressBackend): readonly FieldError[] {
  if (service !== undefined && resource !== undefined) return [fieldError.invalid(path, "", "cannot set both resource and service backends")];
  if (resource !== undefined) return referenceErrors(`${path}.resource`, resource);
  return service === undefined ? [fieldError.invalid(path, "", "resource or service backend is required")] : serviceErrors(path, service);
}

function serviceErrors(path: string, { name, port = {} }: IngressServiceBackend): readonly FieldError[] {
  const at = `${path}.service`;
  const errors = name ? matches(`${at}.name`, name, dns1035LabelErrors) : [fieldError.required(`${at}.name`)];
  if (port.name && port.number) return [...errors, fieldError.invalid(path, "", "cannot set both port name & port number")];
  if (port.name) return joined(errors, matches(`${at}.port.name`, port.name, portNameErrors));
  if (port.number) return joined(errors, portNumber(`${at}.port.number`, port.number));
  return [...errors, fieldError.required(path, "port name or number is required")];
}

function referenceErrors(path: string, { apiGroup, kind, name }: TypedLocalObjectReference): readonly FieldError[] {
  return joined(
    optional(apiGroup, (group) => matches(`${path}.apiGroup`, group, dns1123SubdomainErrors)),
    kind ? matches(`${path}.kind`, kind, pathSegmentNameErrors) : [fieldError.required(`${path}.kind`, "kind is required")],
    name ? matches(`${path}.name`, name, pathSegmentNameErrors) : [fieldError.required(`${path}.name`, "name is required")],
  );
}

export function ingressStatusErrors({ status }: Ingress, old: Ingress): readonly FieldError[] {
  const before = (old.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  return each(status?.loadBalancer?.ingress, "status.loadBalancer.ingress", ({ ip = "", hostname = "" }, at) =>
    joined(
      ip === "" ? none : [...ipErrors(`${at}.ip`, ip), ...looseIPErrors(`${at}.ip`, ip, before)],
      matchesIfSet(`${at}.hostname`, hostname, dns1123SubdomainErrors),
      parseIp(hostname) === undefined ? none : [fieldError.invalid(`${at}.hostname`, hostname, "must be a DNS name, not an IP address")],
    ),
  );
}

const maxControllerBytes = 250;
const urlPathFormat = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const urlPathPattern = new RegExp(`^${urlPathFormat}$`);

export function ingressClassErrors({ spec }: IngressClass): readonly FieldError[] {
  const { controller = "", parameters } = spec;
  return joined(
    byteLength(controller) > maxControllerBytes ? [fieldError.tooLong("spec.controller", maxControllerBytes)] : none,
    controllerErrors("spec.controller", controller),
    optional(parameters, (value) => parameterErrors("spec.parameters", value)),
  );
}

/** A path in a domain. */
function controllerErrors(path: string, name: string): readonly FieldError[] {
  if (name === "") return [fieldError.required(path)];
  const slash = name.indexOf("/");
  const [host, rest] = [name.slice(0, Math.max(slash, 0)), name.slice(slash + 1)];
  if (host === "" || rest === "") return [fieldError.invalid(path, name, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const errors = matches(path, host, dns1123SubdomainErrors);
  return urlPathPattern.test(rest) ? errors : [...errors, fieldError.invalid(path, rest, regexMessage("Invalid path", urlPathFormat))];
}

function parameterErrors(path: string, parameters: NonNullable<IngressClass["spec"]["parameters"]>): readonly FieldError[] {
  const { scope, namespace } = parameters;
  const errors = [...referenceErrors(path, parameters)];
  if (scope === "Cluster" && namespace !== undefined) errors.push(fieldError.forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  if (scope !== "Namespace") return errors;
  if (namespace === undefined) return [...errors, fieldError.required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'")];
  return joined(errors, matches(`${path}.namespace`, namespace, dns1123LabelErrors));
}

export function ingressClassUpdateErrors({ spec }: IngressClass, old: IngressClass): readonly FieldError[] {
  return immutable("spec.controller", spec.controller ?? "", old.spec.controller ?? "");
}
