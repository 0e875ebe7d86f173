/** Profiles named by the annotations of before v1.30 become fields of new pods (KEP-24, version skew). */
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import type { Container } from "./container.ts";
import type { Pod } from "./pod.ts";
import type { AppArmorProfile } from "./security-context.ts";

const annotationPrefix = "container.apparmor.security.beta.kubernetes.io/";
/** Profiles that the server derived: their clients are told of the field, those who wrote it are not. */
const derived = new WeakSet<AppArmorProfile>();

/** Undefined for what names no profile. */
export function profileOfAnnotation(annotation: string): AppArmorProfile | undefined {
  if (annotation === "unconfined") return { type: "Unconfined" };
  if (annotation === "runtime/default") return { type: "RuntimeDefault" };
  const localhostProfile = /^localhost\/(.+)$/.exec(annotation)?.[1];
  return localhostProfile === undefined ? undefined : { type: "Localhost", localhostProfile };
}

/** Part of the key of every annotation that has become a field: they are of `….alpha.kubernetes.io/` or `….beta.kubernetes.io/`. */
const formerField = "a.kubernetes.io/";

/** Whether any of them might be an annotation that has become a field: hardly a pod has one. */
export function hasFormerFields(annotations: Readonly<Record<string, string>> | undefined): boolean {
  for (const key in annotations) if (key.includes(formerField)) return true;
  return false;
}

interface Annotated {
  readonly container: Container;
  readonly path: string;
  readonly annotation: string;
}

const nobody: readonly Annotated[] = [];

function annotated(pod: Pod): readonly Annotated[] {
  const { annotations } = pod.metadata;
  if (annotations === undefined || !hasFormerFields(annotations) || pod.spec.os?.name === "windows") return nobody;
  return (["initContainers", "containers"] as const).flatMap((list) =>
    (pod.spec[list] ?? []).flatMap((container, index) => {
      const annotation = annotations[`${annotationPrefix}${container.name}`];
      return annotation === undefined ? [] : [{ container, path: `spec.${list}[${index}].securityContext.appArmorProfile`, annotation }];
    }),
  );
}

/** A field that is there wins; what the pod says for all its containers needs no repeating. */
export function deriveAppArmorProfiles(pod: Pod): void {
  const ofPod = pod.spec.securityContext?.appArmorProfile;
  for (const { container, annotation } of annotated(pod)) {
    const profile = profileOfAnnotation(annotation);
    if (profile === undefined || container.securityContext?.appArmorProfile !== undefined) continue;
    if (sameProfile(profile, ofPod)) continue;
    derived.add(profile);
    container.securityContext = { ...container.securityContext, appArmorProfile: profile };
  }
}

function sameProfile(a: AppArmorProfile, b: AppArmorProfile | undefined): boolean {
  return a.type === b?.type && a.localhostProfile === b.localhostProfile;
}

/** Of a new pod: annotations that took effect, or that say nothing. */
export function appArmorWarnings(pod: Pod): string[] {
  return annotated(pod)
    .filter(({ container: { securityContext }, annotation }) => {
      const profile = securityContext?.appArmorProfile;
      return profile === undefined ? profileOfAnnotation(annotation) === undefined : derived.has(profile);
    })
    .map(({ container: { name } }) => `metadata.annotations[${annotationPrefix}${name}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
}

/** Field and annotation of a new pod say the same. */
export function appArmorMatchErrors(pod: Pod): readonly FieldError[] {
  return annotated(pod).flatMap(({ container, path, annotation }) => {
    const [field, wanted] = [container.securityContext?.appArmorProfile, profileOfAnnotation(annotation)];
    if (field === undefined || wanted === undefined) return [];
    if (field.type !== wanted.type) return [fieldError.forbidden(`${path}.type`, "apparmor type in annotation and field must match")];
    if (field.localhostProfile === wanted.localhostProfile) return [];
    return [fieldError.forbidden(`${path}.localhostProfile`, "apparmor profile in annotation and field must match")];
  });
}
