import { joined, none } from "../../../machinery/joined.ts";
import { copyJson, sameJson } from "../../../machinery/json.ts";
import { dns1123SubdomainErrors } from "../../../machinery/names.ts";
import { parseQuantity } from "../../../machinery/quantity.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { jsonDiff } from "../../diff.ts";
import { eachEntry, immutable, label, matches, optional, required } from "../../validation.ts";
import {
  type CSIPersistentVolumeSource,
  type ISCSIPersistentVolumeSource,
  type PersistentVolumeSource,
  type PersistentVolumeSpec,
  persistentVolumeSource,
  type SecretReference,
} from "./common.ts";
import type { PersistentVolume } from "./persistent-volume.ts";
import { accessModesErrors } from "./validation/claims.ts";
import { csiDriverNameErrors, legacySourceErrors } from "./validation/legacy-volumes.ts";
import { noBackstepsErrors } from "./validation/paths.ts";
import { basicQuantityErrors } from "./validation/resources.ts";
import { hasStrangeValues, nodeSelectorErrors } from "./validation/scheduling.ts";

/** In the order of pkg/apis/core/validation: the first that is set is judged, the others are too many. */
const sourceTypes = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "flocker",
  "nfs",
  "rbd",
  "quobyte",
  "cephfs",
  "iscsi",
  "cinder",
  "fc",
  "flexVolume",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "scaleIO",
  "local",
  "storageos",
  "csi",
] as const satisfies readonly (keyof PersistentVolumeSource)[];
type SourceType = (typeof sourceTypes)[number];

/** Paths in messages, where they are not the field's name. */
const judgedAs: Partial<Record<SourceType, string>> = { gcePersistentDisk: "persistentDisk" };
const refusedAs: Partial<Record<SourceType, string>> = { cephfs: "cephFS" };

export function persistentVolumeErrors({ metadata, spec }: PersistentVolume, old?: PersistentVolume): readonly FieldError[] {
  const anyValue = hasStrangeValues(old?.spec.nodeAffinity?.required);
  return persistentVolumeSpecErrors("spec", spec, metadata.name, { anyValue });
}

export function persistentVolumeSpecErrors(path: string, spec: PersistentVolumeSpec, name: string, affinity = { anyValue: false }): readonly FieldError[] {
  const modes = spec.accessModes ?? [];
  return joined(
    modes.length === 0 ? [fieldError.required(`${path}.accessModes`)] : accessModesErrors(`${path}.accessModes`, modes),
    capacityErrors(`${path}.capacity`, spec.capacity),
    required(`${path}.persistentVolumeReclaimPolicy`, spec.persistentVolumeReclaimPolicy),
    affinityErrors(`${path}.nodeAffinity`, spec, affinity),
    sourceErrors(path, spec, name),
    recycleErrors(path, spec),
    spec.storageClassName ? matches(`${path}.storageClassName`, spec.storageClassName, dns1123SubdomainErrors) : none,
    attributesErrors(`${path}.volumeAttributesClassName`, spec),
  );
}

function capacityErrors(path: string, capacity: Readonly<Record<string, string>> | undefined): readonly FieldError[] {
  const names = Object.keys(capacity ?? {});
  return joined(
    names.length === 0 ? [fieldError.required(path)] : none,
    names.includes("storage") && names.length === 1 ? none : [fieldError.notSupported(path, capacity, ["storage"])],
    eachEntry(capacity, path, (amount, at) =>
      joined(basicQuantityErrors(amount, at), parseQuantity(amount).nanos > 0n ? none : [fieldError.invalid(at, amount, "must be greater than zero")]),
    ),
  );
}

function affinityErrors(path: string, { nodeAffinity }: PersistentVolumeSpec, options: { anyValue: boolean }): readonly FieldError[] {
  if (nodeAffinity === undefined) return [];
  if (nodeAffinity.required === undefined) return [fieldError.required(`${path}.required`, "must specify required node constraints")];
  return nodeSelectorErrors(`${path}.required`, nodeAffinity.required, options);
}

function sourceErrors(path: string, spec: PersistentVolumeSpec, name: string): readonly FieldError[] {
  const [first, ...more] = sourceTypes.filter((type) => spec[type] !== undefined);
  if (first === undefined) return [fieldError.required(path, "must specify a volume type")];
  const own = oneSourceErrors(`${path}.${judgedAs[first] ?? first}`, spec, first, name);
  // Of a FlexVolume upstream does not ask whether there is another source already.
  const flexible = more.includes("flexVolume") ? legacySourceErrors(`${path}.flexVolume`, spec, "flexVolume") : [];
  const tooMany = more.filter((type) => type !== "flexVolume");
  const refused = tooMany.map((type) => fieldError.forbidden(`${path}.${refusedAs[type] ?? type}`, "may not specify more than 1 volume type"));
  const unbound = first === "local" && spec.nodeAffinity === undefined;
  return joined(own, flexible, refused, unbound ? [fieldError.required(`${path}.nodeAffinity`, "Local volume requires node affinity")] : none);
}

/** Sources of volumes that differ from those of pods in that they name the namespaces of secrets. */
function oneSourceErrors(path: string, spec: PersistentVolumeSpec, type: SourceType, name: string): readonly FieldError[] {
  switch (type) {
    case "hostPath":
      return spec.hostPath?.path ? noBackstepsErrors(`${path}.path`, spec.hostPath.path) : [fieldError.required(`${path}.path`)];
    case "csi":
      return csiErrors(path, spec.csi ?? {});
    case "iscsi":
      return joined(legacySourceErrors(path, spec, type).map(shortFormat), iscsiErrors(path, spec.iscsi ?? {}, name));
    case "azureFile":
      return joined(legacySourceErrors(path, spec, type), emptyNamespaceErrors(path, spec.azureFile?.secretNamespace));
    case "glusterfs":
      return joined(legacySourceErrors(path, spec, type), endpointsNamespaceErrors(path, spec.glusterfs?.endpointsNamespace));
    case "cinder":
    case "storageos": {
      const secret = spec[type]?.secretRef;
      return joined(legacySourceErrors(path, spec, type), secret === undefined ? none : required(`${path}.secretRef.namespace`, secret.namespace));
    }
    default:
      return legacySourceErrors(path, spec, type);
  }
}

const secretFields = ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"] as const;

function csiErrors(path: string, csi: Partial<CSIPersistentVolumeSource>): readonly FieldError[] {
  return joined(
    csiDriverNameErrors(`${path}.driver`, csi.driver),
    required(`${path}.volumeHandle`, csi.volumeHandle),
    secretFields.flatMap((field) => optional(csi[field], (secret) => secretErrors(`${path}.${field}`, secret))),
  );
}

function secretErrors(path: string, { name, namespace }: SecretReference): readonly FieldError[] {
  return joined(
    name ? matches(`${path}.name`, name, dns1123SubdomainErrors) : [fieldError.required(`${path}.name`)],
    namespace ? label(`${path}.namespace`, namespace) : [fieldError.required(`${path}.namespace`)],
  );
}

/** Of pods' volumes upstream tells more. */
function shortFormat(error: FieldError): FieldError {
  return { ...error, detail: error.detail.replace(/^(must be valid format) .*/, "$1") };
}

const maxInitiatorPortal = 64;

/** With an initiator's name, an interface is made whose name joins the volume's and the portal's. */
function iscsiErrors(path: string, { initiatorName, targetPortal = "", secretRef }: Partial<ISCSIPersistentVolumeSource>, name: string): readonly FieldError[] {
  const tooLong = initiatorName !== undefined && `${name}:${targetPortal}`.length > maxInitiatorPortal;
  const message = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
  return joined(
    tooLong ? [fieldError.invalid(`${path}.targetportal`, targetPortal, message)] : none,
    secretRef === undefined ? none : required(`${path}.secretRef.name`, secretRef.name),
  );
}

function emptyNamespaceErrors(path: string, namespace: string | undefined): readonly FieldError[] {
  return namespace === undefined ? [] : required(`${path}.secretNamespace`, namespace);
}

function endpointsNamespaceErrors(path: string, namespace: string | undefined): readonly FieldError[] {
  if (namespace === undefined) return [];
  const at = `${path}.endpointsNamespace`;
  if (namespace === "") return [fieldError.invalid(at, namespace, "if the endpointnamespace is set, it must be a valid namespace name")];
  return label(at, namespace);
}

/** Recycling means removing every file: not on the root of a machine. */
function recycleErrors(path: string, { hostPath, persistentVolumeReclaimPolicy }: PersistentVolumeSpec): readonly FieldError[] {
  if (hostPath === undefined || persistentVolumeReclaimPolicy !== "Recycle") return [];
  const isRoot = /^\/+(\.\/?)*$/.test(hostPath.path ?? "");
  return isRoot ? [fieldError.forbidden(`${path}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'")] : [];
}

function attributesErrors(path: string, { volumeAttributesClassName, csi }: PersistentVolumeSpec): readonly FieldError[] {
  if (volumeAttributesClassName === undefined) return [];
  if (volumeAttributesClassName === "") return [fieldError.required(path, "an empty string is disallowed")];
  const errors = [...matches(path, volumeAttributesClassName, dns1123SubdomainErrors)];
  if (csi === undefined)
    errors.push(fieldError.required(path.replace("volumeAttributesClassName", "csi"), "has to be specified when using volumeAttributesClassName"));
  return errors;
}

export function persistentVolumeUpdateErrors({ spec }: PersistentVolume, old: PersistentVolume): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (!sameJson(sourceOf(spec), sourceOf(old.spec))) {
    const difference = jsonDiff(sourceOf(old.spec), sourceOf(spec));
    errors.push(fieldError.forbidden("spec.persistentvolumesource", `spec.persistentvolumesource is immutable after creation\n${difference}`));
  }
  errors.push(...immutable("volumeMode", spec.volumeMode, old.spec.volumeMode));
  if (old.spec.nodeAffinity !== undefined && !sameJson(spec.nodeAffinity, old.spec.nodeAffinity)) {
    errors.push(fieldError.invalid("nodeAffinity", spec.nodeAffinity, "field is immutable, except for updating from beta label to GA"));
  }
  return errors;
}

/** What the volume is, but for the secret that growing it takes. */
function sourceOf(spec: PersistentVolumeSpec): object {
  const source = Object.fromEntries(Object.entries(copyJson(spec)).filter(([field]) => Object.hasOwn(persistentVolumeSource.fields, field)));
  const csi = source["csi"] as { controllerExpandSecretRef?: unknown } | undefined;
  if (csi !== undefined) delete csi.controllerExpandSecretRef;
  return source;
}
