/** Security contexts of pods and containers. */
import { joined, none } from "../../../../machinery/joined.ts";
import { dns1123SubdomainErrors, idNumberErrors } from "../../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { each, matches, matchesIfSet, optional } from "../../../validation.ts";
import type { Container } from "../container.ts";
import type { PodSpec } from "../pod-spec.ts";
import type { AppArmorProfile, PodSecurityContext, SeccompProfile, SecurityContext, Sysctl, WindowsSecurityContextOptions } from "../security-context.ts";
import { descendingPathErrors } from "./paths.ts";

export function securityContextErrors(path: string, context: SecurityContext, hostUsers: boolean): readonly FieldError[] {
  const { procMount, seccompProfile, windowsOptions, appArmorProfile } = context;
  const isExposed = hostUsers && procMount === "Unmasked";
  return joined(
    identityErrors(path, context),
    isExposed ? [fieldError.invalid(`${path}.procMount`, procMount, "`hostUsers` must be false to use `Unmasked`")] : none,
    seccompProfile === undefined ? none : seccompErrors(`${path}.seccompProfile`, seccompProfile),
    escalationErrors(path, context),
    windowsOptions === undefined ? none : windowsErrors(`${path}.windowsOptions`, windowsOptions),
    appArmorProfile === undefined ? none : appArmorErrors(`${path}.appArmorProfile`, appArmorProfile),
  );
}

function identityErrors(path: string, { runAsUser, runAsGroup }: { runAsUser?: number; runAsGroup?: number }): readonly FieldError[] {
  return joined(idErrors(`${path}.runAsUser`, runAsUser), idErrors(`${path}.runAsGroup`, runAsGroup));
}

function idErrors(path: string, id: number | undefined): readonly FieldError[] {
  if (id === undefined) return none;
  return idNumberErrors(id).map((text) => fieldError.invalid(path, id, text));
}

function escalationErrors(path: string, context: SecurityContext): readonly FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return none;
  const refuse = (what: string) => fieldError.invalid(path, context, `cannot set \`allowPrivilegeEscalation\` to false and ${what}`);
  return joined(
    context.privileged === true ? [refuse("`privileged` to true")] : none,
    (context.capabilities?.add ?? none).filter((name) => name === "CAP_SYS_ADMIN").map(() => refuse("`capabilities.Add` CAP_SYS_ADMIN")),
  );
}

function seccompErrors(path: string, profile: SeccompProfile): readonly FieldError[] {
  const { type, localhostProfile } = profile;
  const errors = type ? [] : [fieldError.required(`${path}.type`, "type is required when seccompProfile is set")];
  if (type !== "Localhost") {
    if (localhostProfile !== undefined) errors.push(fieldError.invalid(`${path}.localhostProfile`, profile, "can only be set when seccomp type is Localhost"));
    return errors;
  }
  if (localhostProfile === undefined) return [fieldError.required(`${path}.localhostProfile`, "must be set when seccomp type is Localhost")];
  return descendingPathErrors(`${path}.localhostProfile`, localhostProfile);
}

/** PATH_MAX - 1. */
const maxProfileLength = 4095;

function appArmorErrors(path: string, profile: AppArmorProfile): readonly FieldError[] {
  const { type, localhostProfile } = profile;
  const at = `${path}.localhostProfile`;
  if (!type) return [fieldError.required(`${path}.type`, "type is required when appArmorProfile is set")];
  if (type !== "Localhost") {
    return localhostProfile === undefined ? none : [fieldError.invalid(at, localhostProfile, "can only be set when AppArmor type is Localhost")];
  }
  const errors: FieldError[] = [];
  if (localhostProfile !== undefined && localhostProfile.trim() !== localhostProfile) {
    errors.push(fieldError.invalid(at, localhostProfile, "must not be padded with whitespace"));
  } else if (!localhostProfile) errors.push(fieldError.required(at, "must be set when AppArmor type is Localhost"));
  if ((localhostProfile ?? "").length > maxProfileLength) errors.push(fieldError.tooLong(at, maxProfileLength));
  return errors;
}

const maxCredentialSpecBytes = 64 * 1024;

function windowsErrors(path: string, options: WindowsSecurityContextOptions): readonly FieldError[] {
  return joined(
    matchesIfSet(`${path}.gmsaCredentialSpecName`, options.gmsaCredentialSpecName, dns1123SubdomainErrors),
    optional(options.gmsaCredentialSpec, (spec) => credentialSpecErrors(`${path}.gmsaCredentialSpec`, spec)),
    optional(options.runAsUserName, (name) => matches(`${path}.runAsUserName`, name, userNameErrors)),
  );
}

function credentialSpecErrors(path: string, spec: string): readonly FieldError[] {
  if (spec === "") return [fieldError.invalid(path, spec, "gmsaCredentialSpec cannot be an empty string")];
  return spec.length > maxCredentialSpecBytes ? [fieldError.invalid(path, spec, "gmsaCredentialSpec size must be under 64 KiB")] : [];
}

const maxDomainLength = 256;
const maxUserLength = 104;
const netBiosDomain = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsDomain = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;

/** DOMAIN\USER, the domain optional. */
function userNameErrors(name: string): readonly string[] {
  if (name === "") return ["runAsUserName cannot be an empty string"];
  if (/[\x00-\x1f\x7f]/.test(name)) return ["runAsUserName cannot contain control characters"];
  const parts = name.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const [domain, user = ""] = parts.length === 2 ? parts : [undefined, parts[0]];
  return joined(domain === undefined ? none : domainErrors(domain), userErrors(user));
}

function domainErrors(domain: string): readonly string[] {
  return joined(
    domain.length >= maxDomainLength ? [`runAsUserName's Domain length must be under ${maxDomainLength} characters`] : none,
    netBiosDomain.test(domain) || dnsDomain.test(domain) ? none : ["runAsUserName's Domain doesn't match the NetBios nor the DNS format"],
  );
}

function userErrors(user: string): string[] {
  const errors: string[] = [];
  if (user === "") errors.push("runAsUserName's User cannot be empty");
  else if (user.length > maxUserLength) errors.push(`runAsUserName's User length must not be longer than ${maxUserLength} characters`);
  if (/^[. ]+$/.test(user)) errors.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) errors.push("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
  return errors;
}

export function podSecurityErrors(path: string, spec: PodSpec): readonly FieldError[] {
  const { securityContext: context, shareProcessNamespace, hostPID } = spec;
  const at = `${path}.securityContext`;
  const sharesTwice = shareProcessNamespace === true && hostPID === true;
  return joined(
    context === undefined ? none : podIdentityErrors(at, context),
    sharesTwice ? [fieldError.invalid(`${at}.shareProcessNamespace`, true, "ShareProcessNamespace and HostPID cannot both be enabled")] : none,
    context === undefined ? none : podProfileErrors(at, context, spec),
  );
}

function podIdentityErrors(path: string, context: PodSecurityContext): readonly FieldError[] {
  return joined(
    idErrors(`${path}.fsGroup`, context.fsGroup),
    identityErrors(path, context),
    each(context.supplementalGroups, `${path}.supplementalGroups`, (group, at) => idErrors(at, group)),
  );
}

function podProfileErrors(
  path: string,
  { sysctls, seccompProfile, windowsOptions, appArmorProfile }: PodSecurityContext,
  spec: PodSpec,
): readonly FieldError[] {
  return joined(
    sysctls === undefined ? none : sysctlErrors(`${path}.sysctls`, sysctls, spec),
    seccompProfile === undefined ? none : seccompErrors(`${path}.seccompProfile`, seccompProfile),
    windowsOptions === undefined ? none : windowsErrors(`${path}.windowsOptions`, windowsOptions),
    appArmorProfile === undefined ? none : appArmorErrors(`${path}.appArmorProfile`, appArmorProfile),
  );
}

const sysctlPattern = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const maxSysctlLength = 253;
const sysctlMessage = `must have at most ${maxSysctlLength} characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`;

function sysctlErrors(path: string, sysctls: readonly Sysctl[], spec: PodSpec): readonly FieldError[] {
  const seen = new Set<string>();
  return each(sysctls, path, ({ name }, at) => {
    const errors: FieldError[] = [];
    if (!name) errors.push(fieldError.required(`${at}.name`));
    else if (name.length > maxSysctlLength || !sysctlPattern.test(name)) errors.push(fieldError.invalid(`${at}.name`, name, sysctlMessage));
    else if (seen.has(name)) errors.push(fieldError.duplicate(`${at}.name`, name));
    seen.add(name);
    return joined(errors, hostSysctlErrors(`${at}.name`, name ?? "", spec));
  });
}

const ipcSysctls = ["kernel.shm", "kernel.msg", "fs.mqueue."];

/** In the host's namespace a sysctl would be the host's. */
function hostSysctlErrors(path: string, name: string, spec: PodSpec): readonly FieldError[] {
  const dotted = name.replaceAll("/", ".");
  if (spec.hostNetwork === true && dotted.startsWith("net.")) return [fieldError.invalid(path, name, "may not be specified when 'hostNetwork' is true")];
  const ipc = dotted === "kernel.sem" || ipcSysctls.some((prefix) => dotted.startsWith(prefix));
  return spec.hostIPC === true && ipc ? [fieldError.invalid(path, name, "may not be specified when 'hostIPC' is true")] : none;
}

type ContextField = keyof PodSecurityContext | keyof SecurityContext;

const linuxOnlyPod: readonly ContextField[] = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "fsGroup",
  "fsGroupChangePolicy",
  "sysctls",
  "runAsUser",
  "runAsGroup",
  "supplementalGroups",
  "supplementalGroupsPolicy",
  "seLinuxChangePolicy",
];
const linuxOnlyContainer: readonly ContextField[] = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
];

/** spec.os: fields that the named system does not have must stay unset. */
export function osErrors(path: string, spec: PodSpec): readonly FieldError[] {
  const name = spec.os?.name;
  if (spec.os === undefined) return none;
  if (!name) return [fieldError.required(`${path}.os.name`, "cannot be empty")];
  if (name !== "linux" && name !== "windows") return [fieldError.notSupported(`${path}.os`, name, ["linux", "windows"])];
  const contexts = containerContexts(path, spec);
  if (name === "linux") {
    return [{ at: `${path}.securityContext`, context: spec.securityContext }, ...contexts]
      .filter(({ context }) => context?.windowsOptions !== undefined)
      .map(({ at }) => fieldError.forbidden(`${at}.windowsOptions`, "windows options cannot be set for a linux pod"));
  }
  const refuse = (at: string) => fieldError.forbidden(at, "cannot be set for a windows pod");
  return joined(
    (["hostUsers", "shareProcessNamespace"] as const).filter((field) => spec[field] !== undefined).map((field) => refuse(`${path}.${field}`)),
    (["hostPID", "hostIPC"] as const).filter((field) => spec[field] === true).map((field) => refuse(`${path}.${field}`)),
    setIn(spec.securityContext, linuxOnlyPod).map((field) => refuse(`${path}.securityContext.${field}`)),
    contexts.flatMap(({ at, context }) => setIn(context, linuxOnlyContainer).map((field) => refuse(`${at}.${field}`))),
  );
}

function containerContexts(path: string, spec: PodSpec): { at: string; context: SecurityContext | undefined }[] {
  const contexts: { at: string; context: SecurityContext | undefined }[] = [];
  for (const list of ["initContainers", "containers", "ephemeralContainers"] as const) {
    const containers = spec[list] ?? [];
    for (let index = 0; index < containers.length; index++) {
      contexts.push({ at: `${path}.${list}[${index}].securityContext`, context: containers[index]!.securityContext });
    }
  }
  return contexts;
}

function setIn(context: object | undefined, fields: readonly ContextField[]): ContextField[] {
  const values = (context ?? {}) as Partial<Record<ContextField, unknown>>;
  return fields.filter((field) => values[field] !== undefined);
}

/** A pod with its own user namespace cannot share other namespaces with the host (KEP-127). */
export function hostUsersErrors(path: string, spec: PodSpec): readonly FieldError[] {
  if (spec.hostUsers !== false) return none;
  const message = "when `hostUsers` is false";
  return (["hostNetwork", "hostPID", "hostIPC"] as const)
    .filter((field) => spec[field] === true)
    .map((field) => fieldError.forbidden(`${path}.${field}`, message));
}

function hasWindowsContainers({ initContainers, containers, ephemeralContainers }: PodSpec): boolean {
  const isWindows = ({ securityContext }: Pick<Container, "securityContext">) => securityContext?.windowsOptions !== undefined;
  return [initContainers, containers, ephemeralContainers].some((list) => list?.some(isWindows));
}

/** All containers of a pod are Windows host processes, or none is. */
export function hostProcessErrors(path: string, spec: PodSpec): readonly FieldError[] {
  const inherited = spec.securityContext?.windowsOptions?.hostProcess;
  if (inherited === undefined && !hasWindowsContainers(spec)) return none;
  const contexts = containerContexts(path, spec);
  const errors = contexts.flatMap(({ at, context }) => {
    const own = context?.windowsOptions?.hostProcess;
    if (inherited === undefined || own === undefined || own === inherited) return [];
    return [fieldError.invalid(`${at}.windowsOptions.hostProcess`, own, `pod hostProcess value must be identical if both are specified, was ${inherited}`)];
  });
  const count = contexts.filter(({ context }) => (context?.windowsOptions?.hostProcess ?? inherited) === true).length;
  if (count === 0) return errors;
  if (count !== contexts.length) {
    errors.push(fieldError.invalid(path, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers"));
  }
  if (spec.hostNetwork !== true) {
    errors.push(fieldError.invalid(`${path}.hostNetwork`, false, "hostNetwork must be true if pod contains any hostProcess containers"));
  }
  return errors;
}
