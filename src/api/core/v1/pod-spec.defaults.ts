/** Defaults of everything that holds a pod spec, that depend on other fields (pkg/apis/core/v1/defaults.go). */
import type { Container, EphemeralContainer, Probe } from "./container.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { Volume } from "./volume.ts";

const none: readonly never[] = [];

/** For pods and for templates of pods. */
export function defaultPodSpec(spec: PodSpec | undefined): void {
  if (spec === undefined) return;
  for (const container of spec.initContainers ?? none) defaultContainer(container);
  for (const container of spec.containers ?? none) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? none) defaultContainer(container);
  for (const volume of spec.volumes ?? none) defaultVolume(volume);
  mirrorServiceAccount(spec);
}

export function allContainers(spec: PodSpec): (Container | EphemeralContainer)[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= pullPolicyOf(container.image ?? "");
  container.terminationMessagePath ||= "/dev/termination-log";
  container.terminationMessagePolicy ||= "File";
  for (const port of container.ports ?? none) port.protocol ||= "TCP";
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
}

/** Zero counts as unset, which a static default cannot say. */
function defaultProbe(probe: Probe | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
}

const domain = String.raw`(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::\d+)?`;
const component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
/** Domain, repository and tag; what is none has no tag that could be `latest` (github.com/distribution/reference). */
const imageReference = new RegExp(`^(?:${domain}/)?${component}(?:/${component})*(?::\\w[\\w.-]{0,127})?$`);

const imageId = /^[a-f0-9]{64}$/;
const maxNameLength = 255 - "docker.io/library/".length;

function isImageReference(image: string): boolean {
  return imageReference.test(image) && !imageId.test(image) && image.length <= maxNameLength;
}

type PullPolicy = "Always" | "IfNotPresent";

/** Of images asked for lately, which are mostly the same few: the expression above is dear. */
const policies = new Map<string, PullPolicy>();
const maxPolicies = 1000;

/** `Always` for images without a tag or tagged latest, unless they are named by digest. */
export function pullPolicyOf(image: string): PullPolicy {
  const known = policies.get(image);
  if (known !== undefined) return known;
  const policy = readPullPolicy(image);
  if (policies.size >= maxPolicies) policies.clear();
  if (image.length <= maxNameLength) policies.set(image, policy);
  return policy;
}

function readPullPolicy(image: string): PullPolicy {
  if (image.includes("@") || !isImageReference(image)) return "IfNotPresent";
  const colon = image.lastIndexOf(":");
  const tag = colon > image.lastIndexOf("/") ? image.slice(colon + 1) : "latest";
  return tag === "latest" && image !== "" ? "Always" : "IfNotPresent";
}

function defaultVolume(volume: Volume): void {
  if (hasNoSource(volume)) volume.emptyDir = {};
  if (volume.image !== undefined) volume.image.pullPolicy ||= pullPolicyOf(volume.image.reference ?? "");
}

function hasNoSource(volume: Volume): boolean {
  for (const field in volume) if (field !== "name") return false;
  return true;
}

/** `serviceAccount` is the old name of `serviceAccountName`: both are served, whichever was set. */
export function mirrorServiceAccount(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (name === undefined || name === "") return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}
