/** Volumes of a pod: names, one source each, and what the sources need. */
import { joined, none } from "../../../../machinery/joined.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors } from "../../../../machinery/names.ts";
import { parseQuantity } from "../../../../machinery/quantity.ts";
import { validateLabelSelector } from "../../../../machinery/selectors/label-selector.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { each, oneOf, optional, required, requiredField, requiredNameField, setFields } from "../../../validation.ts";
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  EphemeralVolumeSource,
  ImageVolumeSource,
  KeyToPath,
  ProjectedVolumeSource,
  Volume,
  VolumeProjection,
  VolumeSource,
} from "../volume.ts";
import { volumeSource } from "../volume.ts";
import { claimSpecErrors } from "./claims.ts";
import { fieldReferenceErrors, resourceReferenceErrors, volumeFieldPaths } from "./downward-api.ts";
import { legacySourceErrors } from "./legacy-volumes.ts";
import { fileModeErrors, noBackstepsErrors, nonReservedPathErrors } from "./paths.ts";

const sourceTypes = Object.keys(volumeSource.fields);

/** @param podName of the pod, when it is one: claims of ephemeral volumes are named after it. */
export function volumesErrors(path: string, volumes: readonly Volume[] | undefined, podName: string | undefined): readonly FieldError[] {
  if (volumes === undefined) return none;
  const names = new Set<string>();
  return each(volumes, path, (volume, at) => joined(sourceErrors(at, volume, podName), nameErrors(at, volume.name, names)));
}

function nameErrors(path: string, name: string, names: Set<string>): readonly FieldError[] {
  const repeated = names.has(name) ? [fieldError.duplicate(`${path}.name`, name)] : none;
  if (name) names.add(name);
  return joined(requiredNameField(path, "name", name, dns1123LabelErrors), repeated);
}

function sourceErrors(path: string, volume: Volume, podName: string | undefined): readonly FieldError[] {
  const types = setFields(volume, sourceTypes);
  const first = types[0];
  if (first === undefined) return [fieldError.required(path, "must specify a volume type")];
  return joined(
    oneSourceErrors(`${path}.${first}`, volume, first as keyof VolumeSource),
    first === "ephemeral" && podName ? claimNameErrors(path, volume.name, podName) : none,
    types.length === 1 ? none : types.slice(1).map((type) => fieldError.forbidden(`${path}.${type}`, "may not specify more than 1 volume type")),
  );
}

function claimNameErrors(path: string, name: string, podName: string): readonly FieldError[] {
  const claim = `${podName}-${name}`;
  return dns1123SubdomainErrors(claim).map((text) => fieldError.invalid(`${path}.name`, name, `PVC name "${claim}": ${text}`));
}

function oneSourceErrors(path: string, volume: Volume, type: keyof VolumeSource): readonly FieldError[] {
  switch (type) {
    case "emptyDir":
      return optional(volume.emptyDir?.sizeLimit, (limit) => sizeLimitErrors(`${path}.sizeLimit`, limit));
    case "hostPath":
      return volume.hostPath?.path ? noBackstepsErrors(`${path}.path`, volume.hostPath.path) : [fieldError.required(`${path}.path`)];
    case "secret":
      return joined(requiredField(path, "secretName", volume.secret?.secretName), filesErrors(path, volume.secret));
    case "configMap":
      return joined(requiredField(path, "name", volume.configMap?.name), filesErrors(path, volume.configMap));
    case "persistentVolumeClaim":
      return required(`${path}.claimName`, volume.persistentVolumeClaim?.claimName);
    case "downwardAPI":
      return joined(
        fileModeErrors(`${path}.defaultMode`, volume.downwardAPI?.defaultMode),
        (volume.downwardAPI?.items ?? none).flatMap((file) => downwardFileErrors(path, file)),
      );
    case "projected":
      return optional(volume.projected, (source) => projectedErrors(path, source));
    case "ephemeral":
      return optional(volume.ephemeral, (source) => ephemeralErrors(path, source));
    case "image":
      return optional(volume.image, (source) => imageErrors(path, source));
    case "gcePersistentDisk":
      return legacySourceErrors(path.replace(/gcePersistentDisk$/, "persistentDisk"), volume, type);
    default:
      return legacySourceErrors(path, volume, type);
  }
}

function sizeLimitErrors(path: string, limit: string): readonly FieldError[] {
  return parseQuantity(limit).nanos < 0n ? [fieldError.forbidden(path, "SizeLimit field must be a valid resource quantity")] : none;
}

function filesErrors(path: string, source: { defaultMode?: number; items?: KeyToPath[] } | undefined): readonly FieldError[] {
  return joined(fileModeErrors(`${path}.defaultMode`, source?.defaultMode), each(source?.items, `${path}.items`, keyToPathErrors));
}

function keyToPathErrors({ key, path: file, mode }: KeyToPath, path: string): readonly FieldError[] {
  return joined(
    requiredField(path, "key", key),
    requiredField(path, "path", file),
    nonReservedPathErrors(`${path}.path`, file ?? ""),
    fileModeErrors(`${path}.mode`, mode),
  );
}

function downwardFileErrors(path: string, file: DownwardAPIVolumeFile): readonly FieldError[] {
  return joined(
    requiredField(path, "path", file.path),
    nonReservedPathErrors(`${path}.path`, file.path ?? ""),
    downwardSourceErrors(path, file),
    fileModeErrors(`${path}.mode`, file.mode),
  );
}

function downwardSourceErrors(path: string, { fieldRef, resourceFieldRef }: DownwardAPIVolumeFile): readonly FieldError[] {
  if (fieldRef === undefined) {
    if (resourceFieldRef === undefined) return [fieldError.required(path, "one of fieldRef and resourceFieldRef is required")];
    return resourceReferenceErrors(`${path}.resourceFieldRef`, resourceFieldRef, true);
  }
  const both = "fieldRef and resourceFieldRef can not be specified simultaneously";
  return joined(
    fieldReferenceErrors(`${path}.fieldRef`, fieldRef, volumeFieldPaths),
    resourceFieldRef === undefined ? none : [fieldError.invalid(path, "resource", both)],
  );
}

function projectedErrors(path: string, source: ProjectedVolumeSource): readonly FieldError[] {
  const files = new Set<string>();
  return joined(
    fileModeErrors(`${path}.defaultMode`, source.defaultMode),
    each(source.sources, `${path}.sources`, (projection, at) =>
      joined(
        projectionErrors(path, at, projection),
        conflictErrors(path, projection, files),
        setFields(projection, projectionTypes).length > 1 ? [fieldError.forbidden(at, "may not specify more than 1 volume type per source")] : none,
      ),
    ),
  );
}

const projectionTypes = ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"];
const minTokenSeconds = 10 * 60;
const maxTokenSeconds = 2 ** 32;

/** `volume` is the path of the whole volume, where upstream reports the token's path. */
function projectionErrors(volume: string, path: string, projection: VolumeProjection): readonly FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle } = projection;
  return joined(
    secret === undefined ? none : keysErrors(`${path}.secret`, secret),
    configMap === undefined ? none : keysErrors(`${path}.configMap`, configMap),
    (downwardAPI?.items ?? none).flatMap((file) => downwardFileErrors(`${path}.downwardAPI`, file)),
    optional(serviceAccountToken, ({ expirationSeconds = 0, path: file }) =>
      joined(
        tokenLifetimeErrors(`${path}.serviceAccountToken.expirationSeconds`, expirationSeconds),
        file ? nonReservedPathErrors(`${volume}.path`, file) : [fieldError.required(`${volume}.path`)],
      ),
    ),
    optional(clusterTrustBundle, (bundle) => trustBundleErrors(`${path}.clusterTrustBundle`, bundle)),
  );
}

function keysErrors(path: string, { name, items }: { name?: string; items?: KeyToPath[] }): readonly FieldError[] {
  return joined(requiredField(path, "name", name), each(items, `${path}.items`, keyToPathErrors));
}

function tokenLifetimeErrors(path: string, seconds: number): readonly FieldError[] {
  if (seconds < minTokenSeconds) return [fieldError.invalid(path, seconds, "may not specify a duration less than 10 minutes")];
  return seconds > maxTokenSeconds ? [fieldError.invalid(path, seconds, "may not specify a duration larger than 2^32 seconds")] : none;
}

function trustBundleErrors(path: string, bundle: ClusterTrustBundleProjection): readonly FieldError[] {
  const { name, signerName, labelSelector, path: file } = bundle;
  const errors: FieldError[] = [];
  if (name !== undefined && signerName !== undefined) errors.push(fieldError.invalid(path, bundle, "only one of name and signerName may be used"));
  else if (name !== undefined) {
    errors.push(...required(`${path}.name`, name, "must be a valid object name"));
    if (labelSelector !== undefined)
      errors.push(fieldError.invalid(`${path}.labelSelector`, labelSelector, "labelSelector must be unset if name is specified"));
  } else if (signerName !== undefined) {
    errors.push(...required(`${path}.signerName`, signerName, "must be a valid signer name"), ...validateLabelSelector(labelSelector, `${path}.labelSelector`));
  } else errors.push(fieldError.required(path, "either name or signerName must be specified"));
  return joined(errors, requiredField(path, "path", file), nonReservedPathErrors(`${path}.path`, file ?? ""));
}

/** No two files of a projected volume may have one path. */
function conflictErrors(path: string, projection: VolumeProjection, files: Set<string>): readonly FieldError[] {
  const { secret, configMap, downwardAPI, clusterTrustBundle } = projection;
  if (secret?.items === undefined && configMap?.items === undefined && downwardAPI?.items === undefined && clusterTrustBundle === undefined) return none;
  const named = [
    ...(secret?.items ?? []).map((item) => ({ file: item.path, value: secret?.name ?? "" })),
    ...(configMap?.items ?? []).map((item) => ({ file: item.path, value: configMap?.name ?? "" })),
    ...(downwardAPI?.items ?? []).map((item) => ({ file: item.path, value: item.path })),
    ...(clusterTrustBundle === undefined ? [] : [{ file: clusterTrustBundle.path, value: clusterTrustBundle.path }]),
  ];
  return named.flatMap(({ file, value }) => {
    if (!file) return [];
    if (files.has(file)) return [fieldError.invalid(path, value, "conflicting duplicate paths")];
    files.add(file);
    return [];
  });
}

function ephemeralErrors(path: string, { volumeClaimTemplate }: EphemeralVolumeSource): readonly FieldError[] {
  const at = `${path}.volumeClaimTemplate`;
  if (volumeClaimTemplate === undefined) return [fieldError.required(at)];
  return claimSpecErrors(`${at}.spec`, volumeClaimTemplate.spec ?? {});
}

const pullPolicies = ["Always", "IfNotPresent", "Never"];

function imageErrors(path: string, { reference, pullPolicy }: ImageVolumeSource): readonly FieldError[] {
  return joined(requiredField(path, "reference", reference), oneOf(`${path}.pullPolicy`, pullPolicy, pullPolicies));
}
