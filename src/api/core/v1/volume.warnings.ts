/** Warnings about volumes and claims (pkg/api/persistentvolume, pkg/api/persistentvolumeclaim). */
import { canonicalQuantity, parseQuantity } from "../../../machinery/quantity.ts";
import type { PersistentVolumeClaimSpec } from "./common.ts";
import { nodeSelectorTermWarnings } from "./node.warnings.ts";
import type { PersistentVolume } from "./persistent-volume.ts";
import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts";

const classAnnotation = "volume.beta.kubernetes.io/storage-class";
const mountOptionsAnnotation = "volume.beta.kubernetes.io/mount-options";

const nanosPerMilli = 1_000_000n;

/** By far the most amounts: digits, and a suffix at most that makes more of them. */
export function isWholeAtAGlance(amount: string): boolean {
  let end = 0;
  while (isDigit(amount.charCodeAt(end))) end++;
  if (end === 0) return false;
  if (end < amount.length && largeSuffixes.includes(amount.charAt(end))) end += amount.charAt(end + 1) === "i" ? 2 : 1;
  return end === amount.length;
}

const largeSuffixes = "kMGTPE";

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Amounts of bytes that are not whole, judged by thousandths, as upstream does. */
export function fractionalBytesWarnings(path: string, amount: string | undefined): string[] {
  if (amount === undefined || isWholeAtAGlance(amount)) return [];
  const { nanos } = parseQuantity(amount);
  const millis = (nanos + (nanos > 0n ? nanosPerMilli - 1n : 0n)) / nanosPerMilli;
  if (millis % 1000n === 0n) return [];
  return [`${path}: fractional byte value "${canonicalQuantity(amount)}" is invalid, must be an integer`];
}

export function claimSpecWarnings(path: string, { resources }: PersistentVolumeClaimSpec): string[] {
  return (["requests", "limits"] as const).flatMap((field) => fractionalBytesWarnings(`${path}.resources.${field}[storage]`, resources?.[field]?.["storage"]));
}

export function persistentVolumeClaimWarnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  return [...classAnnotationWarnings(metadata.annotations), ...claimSpecWarnings("spec", spec)];
}

function classAnnotationWarnings(annotations: Readonly<Record<string, string>> | undefined): string[] {
  if (annotations?.[classAnnotation] === undefined) return [];
  return [`metadata.annotations[${classAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`];
}

/** Volume plugins that are gone, by the field that asks for them. */
const goneFromVolumes = {
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  storageos: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  flocker: "deprecated in v1.22, non-functional in v1.25+",
  quobyte: "deprecated in v1.22, non-functional in v1.25+",
  cephfs: "deprecated in v1.28, non-functional in v1.31+",
  rbd: "deprecated in v1.28, non-functional in v1.31+",
} as const;

/** As `goneFromVolumes` for the volumes of pods. */
const goneFromPods = { ...goneFromVolumes, gitRepo: "deprecated in v1.11, and disabled by default in v1.33+" } as const;

/** Whether there is anything for `goneVolumeWarnings` to warn of. */
export function asksForGonePlugin(source: object): boolean {
  for (const field in source) if (goneNames.has(field)) return true;
  return false;
}

const goneNames: ReadonlySet<string> = new Set(Object.keys(goneFromPods));

export function goneVolumeWarnings(source: object, path: string, of: "volume" | "pod"): string[] {
  return (of === "pod" ? goneFields.pod : goneFields.volume)
    .filter(([field]) => (source as Record<string, unknown>)[field] !== undefined)
    .map(([field, text]) => `${path}.${field === "storageos" ? "storageOS" : field}: ${text}`);
}

const goneFields = { pod: Object.entries(goneFromPods), volume: Object.entries(goneFromVolumes) };

export function persistentVolumeWarnings({ metadata, spec }: PersistentVolume): string[] {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const recycles = spec.persistentVolumeReclaimPolicy === "Recycle";
  return [
    ...classAnnotationWarnings(metadata.annotations),
    ...(metadata.annotations?.[mountOptionsAnnotation] === undefined
      ? []
      : [`metadata.annotations[${mountOptionsAnnotation}]: deprecated since v1.31; use "mountOptions" attribute instead`]),
    ...(recycles
      ? ["spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."]
      : []),
    ...terms.flatMap((term, index) => nodeSelectorTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`, false)),
    ...goneVolumeWarnings(spec, "spec", "volume"),
  ];
}
