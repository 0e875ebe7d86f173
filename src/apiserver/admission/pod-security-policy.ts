/** Which checks make up a Pod Security level in a version of Kubernetes, and how namespaces choose one (KEP-2579). */
import * as baseline from "./pod-security-baseline.ts";
import * as restricted from "./pod-security-restricted.ts";
import type { Check, CheckedPod, Violation } from "./pod-security-words.ts";

export type Level = "privileged" | "baseline" | "restricted";
export type Mode = "enforce" | "audit" | "warn";

/** `minor` undefined means latest. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number | undefined;
}

export const latestMinor = 36;
export const levels: readonly Level[] = ["privileged", "baseline", "restricted"];

/** One rule of a standard; the last version that is not newer than the policy's holds. */
interface VersionedCheck {
  readonly id: string;
  readonly level: "baseline" | "restricted";
  readonly versions: readonly { readonly since: number; readonly check: Check }[];
  /** Baseline rules that this restricted one includes. */
  readonly overrides?: readonly string[];
}

function always(id: string, level: VersionedCheck["level"], check: Check): VersionedCheck {
  return { id, level, versions: [{ since: 0, check }] };
}

const sysctls127 = ["net.ipv4.ip_local_reserved_ports"];
const sysctls129 = [...sysctls127, "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"];
const sysctls132 = [...sysctls129, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];

/** In the order in which violations are named: baseline, then restricted, each by id. */
const checks: readonly VersionedCheck[] = [
  always("appArmorProfile", "baseline", baseline.appArmorProfile),
  always("capabilities_baseline", "baseline", baseline.capabilitiesBaseline),
  always("hostNamespaces", "baseline", baseline.hostNamespaces),
  always("hostPathVolumes", "baseline", baseline.hostPathVolumes),
  always("hostPorts", "baseline", baseline.hostPorts),
  { id: "hostProbesAndHostLifecycle", level: "baseline", versions: [{ since: 34, check: baseline.hostProbes }] },
  always("privileged", "baseline", baseline.privileged),
  {
    id: "procMount",
    level: "baseline",
    versions: [
      { since: 0, check: baseline.procMount },
      { since: 35, check: baseline.procMountOutsideUserNamespaces },
    ],
  },
  {
    id: "seLinuxOptions",
    level: "baseline",
    versions: [
      { since: 0, check: baseline.seLinuxOptions([]) },
      { since: 31, check: baseline.seLinuxOptions(["container_engine_t"]) },
    ],
  },
  {
    id: "seccompProfile_baseline",
    level: "baseline",
    versions: [
      { since: 0, check: baseline.seccompAnnotations },
      { since: 19, check: baseline.seccompProfileBaseline },
    ],
  },
  {
    id: "sysctls",
    level: "baseline",
    versions: [
      { since: 0, check: baseline.sysctls([]) },
      { since: 27, check: baseline.sysctls(sysctls127) },
      { since: 29, check: baseline.sysctls(sysctls129) },
      { since: 32, check: baseline.sysctls(sysctls132) },
    ],
  },
  always("windowsHostProcess", "baseline", baseline.windowsHostProcess),
  {
    id: "allowPrivilegeEscalation",
    level: "restricted",
    versions: [
      { since: 8, check: restricted.allowPrivilegeEscalation },
      { since: 25, check: restricted.onLinux(restricted.allowPrivilegeEscalation) },
    ],
  },
  {
    id: "capabilities_restricted",
    level: "restricted",
    overrides: ["capabilities_baseline"],
    versions: [
      { since: 22, check: restricted.capabilitiesRestricted },
      { since: 25, check: restricted.onLinux(restricted.capabilitiesRestricted) },
    ],
  },
  { id: "procMount_restricted", level: "restricted", overrides: ["procMount"], versions: [{ since: 35, check: baseline.procMount }] },
  { ...always("restrictedVolumes", "restricted", restricted.restrictedVolumes), overrides: ["hostPathVolumes"] },
  {
    id: "runAsNonRoot",
    level: "restricted",
    versions: [
      { since: 0, check: restricted.runAsNonRoot },
      { since: 35, check: restricted.outsideUserNamespaces(restricted.runAsNonRoot) },
    ],
  },
  {
    id: "runAsUser",
    level: "restricted",
    versions: [
      { since: 23, check: restricted.runAsUser },
      { since: 35, check: restricted.outsideUserNamespaces(restricted.runAsUser) },
    ],
  },
  {
    id: "seccompProfile_restricted",
    level: "restricted",
    overrides: ["seccompProfile_baseline"],
    versions: [
      { since: 19, check: restricted.seccompProfileRestricted },
      { since: 25, check: restricted.onLinux(restricted.seccompProfileRestricted) },
    ],
  },
];

/** Every violation of the level, in order. */
export function evaluate({ level, minor = latestMinor }: LevelVersion, pod: CheckedPod): Violation[] {
  if (level === "privileged") return [];
  const active = checks.flatMap((item) => {
    const check = item.versions.findLast((version) => version.since <= minor)?.check;
    return check === undefined || (level === "baseline" && item.level === "restricted") ? [] : [{ ...item, check }];
  });
  const overridden = new Set(active.flatMap((item) => item.overrides ?? []));
  return active.filter((item) => !overridden.has(item.id)).flatMap(({ check }) => check(pod) ?? []);
}

/** `hostPort (container "a" uses hostPort 80), privileged (…)`. */
export function violationText(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => (detail === "" ? reason : `${reason} (${detail})`)).join(", ");
}

/** `restricted:latest`, `baseline:v1.30`. */
export function levelText({ level, minor }: LevelVersion): string {
  return `${level}:${minor === undefined ? "latest" : `v1.${minor}`}`;
}

const labelPrefix = "pod-security.kubernetes.io/";

export function levelLabel(mode: Mode): string {
  return `${labelPrefix}${mode}`;
}

export function versionLabel(mode: Mode): string {
  return `${labelPrefix}${mode}-version`;
}

export type Labels = Readonly<Record<string, string>>;

/** What a namespace's labels ask for. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

const latestPrivileged: LevelVersion = { level: "privileged", minor: undefined };

/** Of namespaces that ask for nothing, unless the API server is configured otherwise. */
export const privilegedPolicy: Policy = { enforce: latestPrivileged, audit: latestPrivileged, warn: latestPrivileged };

/**
 * What labels do not say is as in `defaults`. A level that cannot be read is the strictest where it is enforced, and
 * none where it is only spoken of.
 */
export function policyOf(labels: Labels, defaults: Policy = privilegedPolicy): Policy {
  const enforce = labelledPolicy(labels, "enforce", defaults.enforce, "restricted");
  const audit = labelledPolicy(labels, "audit", defaults.audit, "privileged");
  const warn = labelledPolicy(labels, "warn", defaults.warn, "privileged");
  if (!warnsLikeEnforced(labels, enforce, warn)) return { enforce, audit, warn };
  return { enforce, audit, warn: { level: enforce.level, minor: labels[versionLabel("warn")] === undefined ? enforce.minor : warn.minor } };
}

function labelledPolicy(labels: Labels, mode: Mode, absent: LevelVersion, unreadable: Level): LevelVersion {
  const [level, version] = [labels[levelLabel(mode)], labels[versionLabel(mode)]];
  return {
    level: level === undefined ? absent.level : (parseLevel(level) ?? unreadable),
    minor: version === undefined ? absent.minor : parseVersion(version),
  };
}

export function parseLevel(text: string): Level | undefined {
  return levels.find((known) => known === text);
}

/** Whoever says what is enforced and nothing of warnings gets warnings of that, if it is stricter than the default (v1.26). */
function warnsLikeEnforced(labels: Labels, { level }: LevelVersion, warn: LevelVersion): boolean {
  const isSaid = labels[levelLabel("warn")] === undefined && labels[levelLabel("enforce")] === level;
  return isSaid && levels.indexOf(level) > levels.indexOf(warn.level);
}

export function isFullyPrivileged(policy: Policy): boolean {
  return [policy.enforce, policy.audit, policy.warn].every(({ level }) => level === "privileged");
}

/** Minor version of `v1.30`; undefined for latest, and for what cannot be read: the strictest reading. */
export function parseVersion(text: string): number | undefined {
  const match = /^v1\.(0|[1-9]\d*)$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

export function isVersion(text: string): boolean {
  return text === "latest" || parseVersion(text) !== undefined;
}

export const wrongLevel = `must be one of ${levels.join(", ")}`;
export const wrongVersion = 'must be "latest" or "v1.x"';

/** Errors in a namespace's labels: path and message. */
export function labelErrors(labels: Labels): { label: string; value: string; detail: string }[] {
  return (["enforce", "audit", "warn"] as const).flatMap((mode) => {
    const [level, version] = [labels[levelLabel(mode)], labels[versionLabel(mode)]];
    const badLevel = level !== undefined && parseLevel(level) === undefined;
    const badVersion = version !== undefined && !isVersion(version);
    return [
      ...(badLevel ? [{ label: levelLabel(mode), value: level, detail: wrongLevel }] : []),
      ...(badVersion ? [{ label: versionLabel(mode), value: version, detail: wrongVersion }] : []),
    ];
  });
}
