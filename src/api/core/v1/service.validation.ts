/** Services on create and update (pkg/apis/core/validation). Allocation of addresses and ports has happened before. */
import { parseIp } from "../../../machinery/ip.ts";
import { joined, none } from "../../../machinery/joined.ts";
import { dns1035LabelErrors, dns1123SubdomainErrors } from "../../../machinery/names.ts";
import { validateLabels } from "../../../machinery/object-meta.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { cidrErrors, familyOf, ipErrors, isDualStack, looseCIDRErrors, looseIPErrors, nonSpecialIPErrors } from "../../ip.ts";
import { duplicateNames, duplicates, each, label, matches, portNumber, portNumberOrName, qualifiedName, required, subdomain } from "../../validation.ts";
import { ipFamilies, ipFamilyPolicies } from "./enums.ts";
import type { Service, ServicePort } from "./service.ts";

export const serviceNameErrors = dns1035LabelErrors;

const maxSessionSeconds = 86400;

export function serviceErrors(service: Service): readonly FieldError[] {
  const { spec } = service;
  return joined(
    typeErrors(service),
    portsErrors(service),
    validateLabels(spec.selector ?? {}, "spec.selector"),
    sessionErrors(service),
    serviceClusterIPErrors(service),
    each(spec.externalIPs, "spec.externalIPs", (ip, at) => (ipErrors(at, ip).length > 0 ? ipErrors(at, ip) : nonSpecialIPErrors(at, ip))),
    loadBalancerErrors(service),
    trafficErrors(service),
  );
}

/** What clients may write from now on; what was stored before stays. */
export function serviceAddressErrors({ spec }: Service, old?: Service): readonly FieldError[] {
  const before = old?.spec;
  return joined(
    each(spec.clusterIPs, "spec.clusterIPs", (ip, at) => looseIPErrors(at, ip, before?.clusterIPs)),
    each(spec.externalIPs, "spec.externalIPs", (ip, at) => looseIPErrors(at, ip, before?.externalIPs)),
    each(spec.loadBalancerSourceRanges, "spec.LoadBalancerSourceRanges", (range, at) =>
      looseCIDRErrors(
        at,
        range.trim(),
        before?.loadBalancerSourceRanges?.map((text) => text.trim()),
      ),
    ),
  );
}

function isHeadless({ spec }: Service): boolean {
  return spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === "None";
}

function typeErrors(service: Service): readonly FieldError[] {
  const { type = "", externalName = "", clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = service.spec;
  if ((type === "LoadBalancer" || type === "NodePort") && isHeadless(service)) {
    return [fieldError.invalid("spec.clusterIPs[0]", clusterIPs[0], `may not be set to 'None' for ${type} services`)];
  }
  if (type !== "ExternalName") return required("spec.type", type);
  const refuse = (field: string) => fieldError.forbidden(`spec.${field}`, "may not be set for ExternalName services");
  const name = externalName.endsWith(".") ? externalName.slice(0, -1) : externalName;
  return joined(
    clusterIPs.length > 0 ? [refuse("clusterIPs")] : none,
    ipFamilies.length > 0 ? [refuse("ipFamilies")] : none,
    ipFamilyPolicy !== undefined ? [refuse("ipFamilyPolicy")] : none,
    name === "" ? [fieldError.required("spec.externalName")] : subdomain("spec.externalName", name),
  );
}

function portsErrors(service: Service): readonly FieldError[] {
  const { ports = [], type } = service.spec;
  const path = "spec.ports";
  const key = ({ protocol = "", port }: ServicePort) => `${protocol}/${port}`;
  return joined(
    ports.length === 0 && !isHeadless(service) && type !== "ExternalName" ? [fieldError.required(path)] : none,
    each(ports, path, (port, at) => portErrors(at, port, ports.length > 1)),
    duplicateNames(ports, path),
    each(ports, path, ({ nodePort }, at) =>
      type === "ClusterIP" && nodePort ? [fieldError.forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'")] : [],
    ),
    duplicates(
      ports,
      path,
      ({ protocol = "", nodePort }) => (nodePort ? `${protocol}/${nodePort}` : undefined),
      (at, { nodePort }) => fieldError.duplicate(`${at}.nodePort`, nodePort),
    ),
    duplicates(ports, path, key, (at, { port, protocol }) => fieldError.duplicate(at, { port, protocol })),
  );
}

function portErrors(path: string, { name, port, protocol, targetPort, appProtocol }: ServicePort, needsName: boolean): readonly FieldError[] {
  return joined(
    name ? label(`${path}.name`, name) : needsName ? [fieldError.required(`${path}.name`)] : none,
    portNumber(`${path}.port`, port ?? 0),
    required(`${path}.protocol`, protocol),
    portNumberOrName(`${path}.targetPort`, targetPort),
    appProtocol === undefined ? none : qualifiedName(`${path}.appProtocol`, appProtocol),
  );
}

function sessionErrors({ spec }: Service): readonly FieldError[] {
  const path = "spec.sessionAffinityConfig";
  if (!spec.sessionAffinity) return [fieldError.required("spec.sessionAffinity")];
  if (spec.sessionAffinity === "None") {
    return spec.sessionAffinityConfig === undefined ? [] : [fieldError.forbidden(path, "must not be set when session affinity is None")];
  }
  if (spec.sessionAffinity !== "ClientIP") return [];
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (timeout === undefined) return [fieldError.required(`${path}.clientIP.timeoutSeconds`, "when session affinity type is ClientIP")];
  if (timeout > 0 && timeout <= maxSessionSeconds) return [];
  return [fieldError.invalid(`${path}.clientIP.timeoutSeconds`, timeout, `must be greater than 0 and less than ${maxSessionSeconds}`)];
}

/** clusterIP, clusterIPs and ipFamilies tell one story. The allocator asks before it allocates. */
export function serviceClusterIPErrors(service: Service): readonly FieldError[] {
  const { type, clusterIP = "", clusterIPs = [], ipFamilies = [] } = service.spec;
  if (type === "ExternalName") return [];
  const path = "spec.clusterIPs";
  const errors = [...mirrorErrors(path, clusterIP, clusterIPs), ...supportErrors(service)];
  const repeated = duplicates(
    ipFamilies,
    "spec.ipFamilies",
    (family) => family,
    (at, family) => fieldError.duplicate(at, family),
  );
  errors.push(...repeated);
  const bad = each(clusterIPs, path, (ip, at, index) => (index === 0 && ip === "None" ? noneErrors(path, clusterIPs) : ipErrors(at, ip)));
  errors.push(...bad);
  if (clusterIPs.length > 2) errors.push(fieldError.invalid(path, clusterIPs, "may only hold up to 2 values"));
  if (bad.length > 0) return errors;
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs.map(parseIp))) {
    errors.push(fieldError.invalid(path, clusterIPs, "may specify no more than one IP for each IP family"));
  }
  return isHeadless(service) ? errors : [...errors, ...familyErrors(path, clusterIPs, ipFamilies)];
}

function supportErrors({ spec: { ipFamilies: families, ipFamilyPolicy } }: Service): readonly FieldError[] {
  const errors = each(families, "spec.ipFamilies", (family, at) => oneOfOrEmpty(at, family, ipFamilies));
  return ipFamilyPolicy === undefined ? errors : [...errors, ...oneOfOrEmpty("spec.ipFamilyPolicy", ipFamilyPolicy, ipFamilyPolicies)];
}

function oneOfOrEmpty(path: string, value: string, supported: readonly string[]): readonly FieldError[] {
  return supported.includes(value) ? [] : [fieldError.notSupported(path, value, supported)];
}

function mirrorErrors(path: string, clusterIP: string, clusterIPs: readonly string[]): readonly FieldError[] {
  if (clusterIP === "") return clusterIPs.length === 0 ? [] : [fieldError.invalid(path, clusterIPs, "must be empty when `clusterIP` is not specified")];
  if (clusterIPs.length === 0) return [fieldError.required(path)];
  return clusterIPs[0] === clusterIP ? [] : [fieldError.invalid(path, clusterIPs, "first value must match `clusterIP`")];
}

function noneErrors(path: string, clusterIPs: readonly string[]): readonly FieldError[] {
  return clusterIPs.length > 1 ? [fieldError.invalid(path, clusterIPs, "'None' must be the first and only value")] : [];
}

function familyErrors(path: string, clusterIPs: readonly string[], families: readonly string[]): readonly FieldError[] {
  return each(clusterIPs, path, (ip, at, index) => {
    const family = families[index];
    if (family === undefined || familyOf(ip) === family || oneOfOrEmpty("", family, ipFamilies).length > 0) return [];
    return [fieldError.invalid(at, ip, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``)];
  });
}

const onlyForLoadBalancers = "may only be used when `type` is 'LoadBalancer'";

function loadBalancerErrors({ spec }: Service): readonly FieldError[] {
  const isLoadBalancer = spec.type === "LoadBalancer";
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const path = "spec.LoadBalancerSourceRanges";
  const errors: FieldError[] = [];
  if (ranges.length > 0 && !isLoadBalancer) errors.push(fieldError.forbidden(path, onlyForLoadBalancers));
  errors.push(...each(ranges, path, (range, at) => cidrErrors(at, range.trim())));
  if (!isLoadBalancer && spec.allocateLoadBalancerNodePorts !== undefined) {
    errors.push(fieldError.forbidden("spec.allocateLoadBalancerNodePorts", onlyForLoadBalancers));
  }
  if (isLoadBalancer && spec.allocateLoadBalancerNodePorts === undefined) errors.push(fieldError.required("allocateLoadBalancerNodePorts"));
  if (spec.loadBalancerClass === undefined) return errors;
  if (!isLoadBalancer) return [...errors, fieldError.forbidden("spec.loadBalancerClass", onlyForLoadBalancers)];
  return joined(errors, qualifiedName("spec.loadBalancerClass", spec.loadBalancerClass));
}

function isExternallyAccessible({ spec }: Service): boolean {
  if (spec.type === "LoadBalancer" || spec.type === "NodePort") return true;
  return spec.type === "ClusterIP" && (spec.externalIPs ?? []).length > 0;
}

function needsHealthCheck({ spec }: Service): boolean {
  return spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

function trafficErrors(service: Service): readonly FieldError[] {
  const { externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort, type } = service.spec;
  const errors: FieldError[] = [];
  if (isExternallyAccessible(service)) errors.push(...required("spec.externalTrafficPolicy", externalTrafficPolicy));
  else if (externalTrafficPolicy) {
    errors.push(fieldError.invalid("spec.externalTrafficPolicy", externalTrafficPolicy, "may only be set for externally-accessible services"));
  }
  if (needsHealthCheck(service))
    errors.push(...(healthCheckNodePort ? portNumber("spec.healthCheckNodePort", healthCheckNodePort) : [fieldError.required("spec.healthCheckNodePort")]));
  else if (healthCheckNodePort) {
    errors.push(
      fieldError.invalid(
        "spec.healthCheckNodePort",
        healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  }
  if (type !== "ExternalName" && internalTrafficPolicy === undefined) errors.push(fieldError.required("spec.internalTrafficPolicy"));
  return errors;
}

export function serviceUpdateErrors(service: Service, old: Service): readonly FieldError[] {
  return joined(
    stackErrors(service, old, "clusterIPs", "clusterIP"),
    stackErrors(service, old, "ipFamilies", "ipFamily"),
    classErrors(service, old),
    needsHealthCheck(service) && needsHealthCheck(old) && service.spec.healthCheckNodePort !== old.spec.healthCheckNodePort
      ? [fieldError.forbidden("spec.healthCheckNodePort", "field is immutable")]
      : none,
  );
}

/** A second address or family can come and go, the first stays what it is. */
function stackErrors(service: Service, old: Service, field: "clusterIPs" | "ipFamilies", what: string): readonly FieldError[] {
  if (service.spec.type === "ExternalName" || old.spec.type === "ExternalName") return [];
  const [headless, wasHeadless] = [isHeadless(service), isHeadless(old)];
  if (headless && wasHeadless) return [];
  if (field === "ipFamilies" && headless !== wasHeadless) return [];
  const now = service.spec[field] ?? [];
  const before = old.spec[field] ?? [];
  const path = `spec.${field}`;
  if (now.length === before.length) {
    return before.flatMap((value, index) => (value === now[index] ? [] : [fieldError.invalid(`${path}[${index}]`, now, "may not change once set")]));
  }
  const errors: FieldError[] = [];
  if (before.length > now.length && now.length === 0) errors.push(fieldError.invalid(`${path}[0]`, now, `primary ${what} can not be unset`));
  if (before.length > 0 && now.length > 0 && now[0] !== before[0]) errors.push(fieldError.invalid(`${path}[0]`, now, "may not change once set"));
  if (before.length > now.length && now.length === 1 && service.spec.ipFamilyPolicy !== "SingleStack") {
    errors.push(fieldError.invalid("spec.ipFamilyPolicy", service.spec.ipFamilyPolicy, `must be set to 'SingleStack' when releasing the secondary ${what}`));
  }
  return errors;
}

function classErrors({ spec }: Service, old: Service): readonly FieldError[] {
  if (spec.type !== "LoadBalancer" || old.spec.type !== "LoadBalancer" || spec.loadBalancerClass === old.spec.loadBalancerClass) return [];
  return [fieldError.invalid("spec.loadBalancerClass", spec.loadBalancerClass, "may not change once set")];
}

export function serviceStatusErrors({ status }: Service): readonly FieldError[] {
  return each(status?.loadBalancer?.ingress, "status.loadBalancer.ingress", ({ ip = "", ipMode, hostname = "" }, at) =>
    joined(
      ip === "" ? none : ipErrors(`${at}.ip`, ip),
      ip !== "" && ipMode === undefined ? [fieldError.required(`${at}.ipMode`, "must be specified when `ip` is set")] : none,
      ip === "" && ipMode !== undefined ? [fieldError.forbidden(`${at}.ipMode`, "may not be specified when `ip` is not set")] : none,
      hostname === "" ? none : matches(`${at}.hostname`, hostname, dns1123SubdomainErrors),
      parseIp(hostname) === undefined ? none : [fieldError.invalid(`${at}.hostname`, hostname, "must be a DNS name, not an IP address")],
    ),
  );
}
