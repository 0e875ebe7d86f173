/** Volume sources that name storage elsewhere: network file systems, disks of clouds, drivers. For pods and PersistentVolumes. */
import { joined, none } from "../../../../machinery/joined.ts";
import { dns1123SubdomainErrors, rangeMessage } from "../../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { label, matches, required } from "../../../validation.ts";
import { noBackstepsErrors } from "./paths.ts";

/** Any of the sources, as JSON: the checks below know the fields of each type. */
type Source = Readonly<Record<string, unknown>>;

type Check = (path: string, source: Source) => readonly FieldError[];

const text = (source: Source, field: string) => (typeof source[field] === "string" ? (source[field] as string) : "");
const items = (source: Source, field: string) => (Array.isArray(source[field]) ? (source[field] as unknown[]) : []);
const integer = (source: Source, field: string) => (typeof source[field] === "number" ? (source[field] as number) : undefined);

/** Fields that have to be there, lists with at least one element. */
function needs(...fields: readonly string[]): Check {
  return (path, source) =>
    fields.filter((field) => text(source, field) === "" && items(source, field).length === 0).map((field) => fieldError.required(`${path}.${field}`));
}

const checks: Readonly<Record<string, Check>> = {
  nfs: (path, source) =>
    joined(
      needs("server", "path")(path, source),
      text(source, "path").startsWith("/") ? none : [fieldError.invalid(`${path}.path`, text(source, "path"), "must be an absolute path")],
    ),
  gitRepo: (path, source) => joined(needs("repository")(path, source), relativeErrors(`${path}.directory`, text(source, "directory"))),
  iscsi: (path, source) =>
    joined(
      needs("targetPortal", "iqn")(path, source),
      text(source, "iqn") === "" ? none : iqnErrors(`${path}.iqn`, text(source, "iqn")),
      rangeErrors(`${path}.lun`, integer(source, "lun"), 0, 255),
      source["initiatorName"] === undefined ? none : iqnErrors(`${path}.initiatorname`, text(source, "initiatorName")),
      (source["chapAuthDiscovery"] === true || source["chapAuthSession"] === true) && source["secretRef"] === undefined
        ? [fieldError.required(`${path}.secretRef`)]
        : none,
    ),
  fc: fcErrors,
  gcePersistentDisk: (path, source) => joined(needs("pdName")(path, source), partitionErrors(path, source)),
  awsElasticBlockStore: (path, source) => joined(needs("volumeID")(path, source), partitionErrors(path, source)),
  glusterfs: needs("endpoints", "path"),
  rbd: needs("monitors", "image"),
  cephfs: needs("monitors"),
  cinder: (path, source) => joined(needs("volumeID")(path, source), secretNameErrors(path, source)),
  flocker: flockerErrors,
  quobyte: quobyteErrors,
  flexVolume: flexErrors,
  azureFile: needs("secretName", "shareName"),
  azureDisk: azureDiskErrors,
  vsphereVolume: needs("volumePath"),
  photonPersistentDisk: needs("pdID"),
  portworxVolume: needs("volumeID"),
  scaleIO: needs("gateway", "system", "volumeName"),
  storageos: (path, source) =>
    joined(
      text(source, "volumeName") ? label(`${path}.volumeName`, text(source, "volumeName")) : [fieldError.required(`${path}.volumeName`)],
      text(source, "volumeNamespace") ? label(`${path}.volumeNamespace`, text(source, "volumeNamespace")) : none,
      secretNameErrors(path, source),
    ),
  csi: (path, source) => joined(csiDriverNameErrors(`${path}.driver`, text(source, "driver")), publishSecretErrors(path, source)),
  local: (path, source) => (text(source, "path") ? noBackstepsErrors(`${path}.path`, text(source, "path")) : [fieldError.required(`${path}.path`)]),
};

/** The errors of `holder[type]`; none for a type without rules. */
export function legacySourceErrors(path: string, holder: object, type: string): readonly FieldError[] {
  const source = (holder as Record<string, unknown>)[type];
  return source === undefined ? [] : (checks[type]?.(path, source as Source) ?? []);
}

function relativeErrors(path: string, value: string): readonly FieldError[] {
  const absolute = value.startsWith("/") ? [fieldError.invalid(path, value, "must be a relative path")] : [];
  return joined(absolute, noBackstepsErrors(path, value));
}

function rangeErrors(path: string, value: number | undefined, low: number, high: number): readonly FieldError[] {
  return value === undefined || (value >= low && value <= high) ? [] : [fieldError.invalid(path, value, rangeMessage(low, high))];
}

/** The message promises less than the check takes, as upstream's: 0 means the whole disk. */
function partitionErrors(path: string, source: Source): readonly FieldError[] {
  const partition = integer(source, "partition");
  return partition === undefined || (partition >= 0 && partition <= 255) ? [] : [fieldError.invalid(`${path}.partition`, partition, rangeMessage(1, 255))];
}

const iqnForms = [/iqn\.\d{4}-\d{2}\.([a-zA-Z0-9.-]+)(:[^,;*&$|\s]+)$/, /^eui.[a-zA-Z0-9]{16}$/, /^naa.[a-zA-Z0-9]{32}$/];

function iqnErrors(path: string, name: string): readonly FieldError[] {
  const form = ["iqn", "eui", "naa"].findIndex((prefix) => name.startsWith(prefix));
  if (form < 0) return [fieldError.invalid(path, name, "must be valid format starting with iqn, eui, or naa")];
  return iqnForms[form]?.test(name) === true ? [] : [fieldError.invalid(path, name, "must be valid format")];
}

function fcErrors(path: string, source: Source): readonly FieldError[] {
  const names = items(source, "targetWWNs");
  const ids = items(source, "wwids");
  const errors: FieldError[] = [];
  if (names.length === 0 && ids.length === 0) errors.push(fieldError.required(`${path}.targetWWNs`, "must specify either targetWWNs or wwids, but not both"));
  if (names.length > 0 && ids.length > 0) {
    errors.push(fieldError.invalid(`${path}.targetWWNs`, names, "targetWWNs and wwids can not be specified simultaneously"));
  }
  if (names.length === 0) return errors;
  const lun = integer(source, "lun");
  if (lun === undefined) return [...errors, fieldError.required(`${path}.lun`, "lun is required if targetWWNs is specified")];
  return joined(errors, rangeErrors(`${path}.lun`, lun, 0, 255));
}

function flockerErrors(path: string, source: Source): readonly FieldError[] {
  const name = text(source, "datasetName");
  const uuid = text(source, "datasetUUID");
  const errors: FieldError[] = [];
  if (name === "" && uuid === "") errors.push(fieldError.required(path, "one of datasetName and datasetUUID is required"));
  if (name !== "" && uuid !== "") errors.push(fieldError.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously"));
  if (name.includes("/")) errors.push(fieldError.invalid(`${path}.datasetName`, name, "must not contain '/'"));
  return errors;
}

const registryMessage = "must be a host:port pair or multiple pairs separated by commas";

function quobyteErrors(path: string, source: Source): readonly FieldError[] {
  const registry = text(source, "registry");
  const errors: FieldError[] = [];
  if (registry === "") errors.push(fieldError.required(`${path}.registry`, registryMessage));
  else if (text(source, "tenant").length >= 65) {
    errors.push(fieldError.required(`${path}.tenant`, "must be a UUID and may not exceed a length of 64 characters"));
  } else {
    for (const pair of registry.split(","))
      if (!/^(\[[^\]]*\]|[^:]*):[^:]*$/.test(pair)) errors.push(fieldError.invalid(`${path}.registry`, registry, registryMessage));
  }
  return joined(errors, required(`${path}.volume`, text(source, "volume")));
}

function flexErrors(path: string, source: Source): readonly FieldError[] {
  const reserved = Object.keys((source["options"] as object | undefined) ?? {}).filter((key) => {
    const domain = `.${(key.includes("/") ? (key.split("/")[0] ?? "") : key).toLowerCase()}`;
    return domain.endsWith(".kubernetes.io") || domain.endsWith(".k8s.io");
  });
  return joined(
    needs("driver")(path, source),
    reserved.map((key) => fieldError.invalid(`${path}.options[${key}]`, key, "kubernetes.io and k8s.io namespaces are reserved")),
  );
}

const cachingModes = ["None", "ReadOnly", "ReadWrite"];
const diskKinds = ["Dedicated", "Managed", "Shared"];
const managedDisk = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const blobDisk = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";

function azureDiskErrors(path: string, source: Source): readonly FieldError[] {
  const [caching, kind, uri] = [text(source, "cachingMode"), text(source, "kind"), text(source, "diskURI")];
  const isBad = (field: string, modes: readonly string[]) => source[field] !== undefined && !modes.includes(text(source, field));
  const errors = [...needs("diskName", "diskURI")(path, source)];
  if (isBad("cachingMode", cachingModes)) errors.push(fieldError.notSupported(`${path}.cachingMode`, caching, cachingModes));
  if (isBad("kind", diskKinds)) errors.push(fieldError.notSupported(`${path}.kind`, kind, diskKinds));
  if (kind === "Managed" && !uri.startsWith("/subscriptions/")) errors.push(fieldError.notSupported(`${path}.diskURI`, uri, [managedDisk]));
  if (source["kind"] !== undefined && kind !== "Managed" && !uri.startsWith("https://"))
    errors.push(fieldError.notSupported(`${path}.diskURI`, uri, [blobDisk]));
  return errors;
}

function secretNameErrors(path: string, source: Source): readonly FieldError[] {
  const reference = source["secretRef"] as Source | undefined;
  return reference === undefined ? [] : required(`${path}.secretRef.name`, text(reference, "name"));
}

const maxDriverNameLength = 63;

export function csiDriverNameErrors(path: string, driver: string | undefined): readonly FieldError[] {
  if (!driver) return [fieldError.required(path), ...matches(path, "", dns1123SubdomainErrors)];
  const tooLong = driver.length > maxDriverNameLength ? [fieldError.tooLong(path, maxDriverNameLength)] : [];
  return joined(
    tooLong,
    dns1123SubdomainErrors(driver.toLowerCase()).map((text) => fieldError.invalid(path, driver, text)),
  );
}

function publishSecretErrors(path: string, source: Source): readonly FieldError[] {
  const reference = source["nodePublishSecretRef"] as Source | undefined;
  if (reference === undefined) return [];
  const name = text(reference, "name");
  return name === "" ? [fieldError.required(`${path}.nodePublishSecretRef.name`)] : matches(`${path}.nodePublishSecretRef.name`, name, dns1123SubdomainErrors);
}
