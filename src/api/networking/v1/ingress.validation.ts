/** pkg/apis/networking/validation. */
import { parseIp } from "../../../machinery/ip.ts";
import { dns1035LabelErrors, dns1123SubdomainErrors, portNameErrors, wildcardDns1123SubdomainErrors } from "../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import type { TypedLocalObjectReference } from "../../core/v1/common.ts";
import { ipErrors } from "../../ip.ts";
import { each, immutable, label, matches, matchesIfSet, optional, portNumber, required } from "../../validation.ts";
import type { HTTPIngressPath, Ingress, IngressBackend, IngressServiceBackend } from "./ingress.ts";
import type { IngressClass } from "./ingress-class.ts";

export function ingressErrors({ spec }: Ingress): FieldError[] {
  const { rules = [], defaultBackend, tls, ingressClassName } = spec;
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) errors.push(fieldError.invalid("spec", spec, "either `defaultBackend` or `rules` must be specified"));
  return [
    ...errors,
    ...each(tls, "spec.tls", ({ hosts, secretName }, at) => [
      ...each(hosts, `${at}.hosts`, (host, index) => hostNameErrors(index, host)),
      ...matchesIfSet(`${at}.secretName`, secretName, dns1123SubdomainErrors),
    ]),
    ...each(rules, "spec.rules", ({ host = "", http }, at) => [
      ...hostErrors(`${at}.host`, host),
      ...optional(http, ({ paths }) => pathsErrors(`${at}.http.paths`, paths)),
    ]),
    ...optional(defaultBackend, (backend) => backendErrors("spec.defaultBackend", backend)),
    ...optional(ingressClassName, (name) => matches("spec.ingressClassName", name, dns1123SubdomainErrors)),
  ];
}

const classAnnotation = "kubernetes.io/ingress.class";

/** What chose the class before there was a field for it may stay, if it says the same. */
export function newIngressErrors({ metadata, spec }: Ingress): FieldError[] {
  const annotation = metadata.annotations?.[classAnnotation];
  if (annotation === undefined || spec.ingressClassName === undefined || annotation === spec.ingressClassName) return [];
  return [fieldError.invalid(`annotations.${classAnnotation}`, annotation, "must match `ingressClassName` when both are specified")];
}

function hostErrors(path: string, host: string): FieldError[] {
  if (host === "") return [];
  if (parseIp(host) !== undefined) return [fieldError.invalid(path, host, "must be a DNS name, not an IP address")];
  return hostNameErrors(path, host);
}

function hostNameErrors(path: string, host: string): FieldError[] {
  return matches(path, host, host.includes("*") ? wildcardDns1123SubdomainErrors : dns1123SubdomainErrors);
}

function pathsErrors(path: string, paths: readonly HTTPIngressPath[] | undefined): FieldError[] {
  if ((paths ?? []).length === 0) return [fieldError.required(path)];
  return each(paths, path, (item, at) => pathErrors(at, item));
}

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
const badSequences = ["//", "/./", "/../", "%2f", "%2F"];
const badSuffixes = ["/..", "/."];

function pathErrors(path: string, { path: url = "", pathType, backend }: HTTPIngressPath): FieldError[] {
  const at = `${path}.path`;
  const errors: FieldError[] = [];
  if (!pathType) errors.push(fieldError.required(`${path}.pathType`, "pathType must be specified"));
  else if (!pathTypes.includes(pathType)) errors.push(fieldError.notSupported(`${path}.pathType`, pathType, pathTypes));
  else if (pathType === "ImplementationSpecific") {
    if (url !== "" && !url.startsWith("/")) errors.push(fieldError.invalid(at, url, "must be an absolute path"));
  } else {
    if (!url.startsWith("/")) errors.push(fieldError.invalid(at, url, "must be an absolute path"));
    errors.push(...badSequences.filter((part) => url.includes(part)).map((part) => fieldError.invalid(at, url, `must not contain '${part}'`)));
    errors.push(...badSuffixes.filter((part) => url.endsWith(part)).map((part) => fieldError.invalid(at, url, `cannot end with '${part}'`)));
  }
  return [...errors, ...backendErrors(`${path}.backend`, backend ?? {})];
}

function backendErrors(path: string, { service, resource }: IngressBackend): FieldError[] {
  if (service !== undefined && resource !== undefined) return [fieldError.invalid(path, "", "cannot set both resource and service backends")];
  if (resource !== undefined) return resourceErrors(`${path}.resource`, resource);
  if (service === undefined) return [fieldError.required(path, "resource or service backend is required")];
  return serviceErrors(`${path}.service`, service);
}

function resourceErrors(path: string, { apiGroup, kind, name }: TypedLocalObjectReference): FieldError[] {
  return [...matchesIfSet(`${path}.apiGroup`, apiGroup, dns1123SubdomainErrors), ...required(`${path}.kind`, kind), ...required(`${path}.name`, name)];
}

function serviceErrors(path: string, { name, port = {} }: IngressServiceBackend): FieldError[] {
  const errors = name ? matches(`${path}.name`, name, dns1035LabelErrors) : [fieldError.required(`${path}.name`)];
  if (port.name && port.number) return [...errors, fieldError.invalid(path, "", "cannot set both port name & port number")];
  if (port.name) return [...errors, ...matches(`${path}.port.name`, port.name, portNameErrors)];
  if (port.number) return [...errors, ...portNumber(`${path}.port.number`, port.number)];
  return [...errors, fieldError.required(path, "port name or number is required")];
}

export function ingressStatusErrors({ status }: Ingress): FieldError[] {
  return each(status?.loadBalancer?.ingress, "status.loadBalancer.ingress", ({ ip = "", hostname = "" }, at) => [
    ...(ip === "" ? [] : ipErrors(`${at}.ip`, ip)),
    ...matchesIfSet(`${at}.hostname`, hostname, dns1123SubdomainErrors),
    ...(parseIp(hostname) === undefined ? [] : [fieldError.invalid(`${at}.hostname`, hostname, "must be a DNS name, not an IP address")]),
  ]);
}

const maxControllerLength = 250;
const controllerPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

export function ingressClassErrors({ spec }: IngressClass): FieldError[] {
  const { controller = "", parameters } = spec;
  const errors: FieldError[] = [];
  if (controller.length > maxControllerLength) errors.push(fieldError.tooLong("spec.controller", maxControllerLength));
  if (!controllerPattern.test(controller)) {
    const message =
      controller === ""
        ? [fieldError.required("spec.controller")]
        : [fieldError.invalid("spec.controller", controller, 'must be a domain-prefixed path (such as "acme.io/foo")')];
    errors.push(...message);
  }
  return [...errors, ...optional(parameters, (value) => parameterErrors("spec.parameters", value))];
}

function parameterErrors(path: string, parameters: NonNullable<IngressClass["spec"]["parameters"]>): FieldError[] {
  const { scope, namespace } = parameters;
  const errors = resourceErrors(path, parameters);
  if (scope === undefined) errors.push(fieldError.required(`${path}.scope`));
  if (scope === "Namespace")
    errors.push(
      ...(namespace ? label(`${path}.namespace`, namespace) : [fieldError.required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'")]),
    );
  if (scope === "Cluster" && namespace !== undefined) errors.push(fieldError.forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  return errors;
}

export function ingressClassUpdateErrors({ spec }: IngressClass, old: IngressClass): FieldError[] {
  return immutable("spec.controller", spec.controller, old.spec.controller);
}
