/** How a container sees its pod's volumes: as files (mounts) or as raw devices. */
import { joined, none } from "../../../../machinery/joined.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { each } from "../../../validation.ts";
import type { Container, VolumeDevice, VolumeMount } from "../container.ts";
import { mountPropagations } from "../enums.ts";
import type { Volume } from "../volume.ts";
import { descendingPathErrors } from "./paths.ts";

export type Volumes = ReadonlyMap<string, Volume>;

type Mounting = Pick<Container, "volumeMounts" | "volumeDevices" | "securityContext">;

export function mountErrors(path: string, container: Mounting, volumes: Volumes): readonly FieldError[] {
  const { volumeMounts, volumeDevices } = container;
  if (volumeMounts === undefined) return none;
  const list = `${path}.volumeMounts`;
  const seen = new Set<string>();
  return each(volumeMounts, list, (mount, at) =>
    joined(
      referenceErrors(at, mount.name, volumes),
      mountPathErrors(at, mount, seen),
      volumeDevices === undefined ? none : sameDeviceErrors(at, mount, volumeDevices),
      subPathErrors(list, at, mount),
      propagationErrors(list, mount, container),
    ),
  );
}

function sameDeviceErrors(path: string, { name, mountPath }: VolumeMount, devices: readonly VolumeDevice[]): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (devices.some((device) => device.name === name)) errors.push(fieldError.invalid(`${path}.name`, name, "must not already exist in volumeDevices"));
  if (devices.some(({ devicePath }) => devicePath === mountPath)) {
    errors.push(fieldError.invalid(`${path}.mountPath`, mountPath, "must not already exist as a path in volumeDevices"));
  }
  return errors;
}

function referenceErrors(path: string, name: string | undefined, volumes: Volumes): readonly FieldError[] {
  if (name && volumes.has(name)) return none;
  const errors = name ? [] : [fieldError.required(`${path}.name`)];
  if (!volumes.has(name ?? "")) errors.push(fieldError.notFound(`${path}.name`, name ?? ""));
  return errors;
}

function mountPathErrors(path: string, { mountPath }: VolumeMount, seen: Set<string>): readonly FieldError[] {
  const errors = mountPath ? [] : [fieldError.required(`${path}.mountPath`)];
  if (seen.has(mountPath)) errors.push(fieldError.invalid(`${path}.mountPath`, mountPath, "must be unique"));
  seen.add(mountPath);
  return errors;
}

/** Upstream reports these four at the list, not at its element. */
function subPathErrors(list: string, path: string, { subPath, subPathExpr }: VolumeMount): readonly FieldError[] {
  return joined(
    subPath ? descendingPathErrors(`${list}.subPath`, subPath) : none,
    subPath && subPathExpr ? [fieldError.invalid(`${path}.subPathExpr`, subPathExpr, "subPathExpr and subPath are mutually exclusive")] : none,
    subPathExpr ? descendingPathErrors(`${list}.subPathExpr`, subPathExpr) : none,
  );
}

function propagationErrors(list: string, { mountPropagation, recursiveReadOnly, readOnly }: VolumeMount, container: Mounting): readonly FieldError[] {
  if (mountPropagation === undefined && recursiveReadOnly === undefined) return none;
  const isKnown = mountPropagation === undefined || (mountPropagations as readonly string[]).includes(mountPropagation);
  const errors = isKnown ? [] : [fieldError.notSupported(`${list}.mountPropagation`, mountPropagation, mountPropagations)];
  if (mountPropagation === "Bidirectional" && container.securityContext?.privileged !== true) {
    errors.push(fieldError.forbidden(`${list}.mountPropagation`, "Bidirectional mount propagation is available only to privileged containers"));
  }
  if (recursiveReadOnly !== "Enabled" && recursiveReadOnly !== "IfPossible") return errors;
  const path = `${list}.recursiveReadOnly`;
  if (readOnly !== true) errors.push(fieldError.forbidden(path, "may only be specified when readOnly is true"));
  if (mountPropagation !== undefined && mountPropagation !== "None") {
    errors.push(fieldError.forbidden(path, "may only be specified when mountPropagation is None or not specified"));
  }
  return errors;
}

export function deviceErrors(path: string, container: Mounting, volumes: Volumes): readonly FieldError[] {
  if (container.volumeDevices === undefined) return none;
  const mounts = container.volumeMounts ?? [];
  const names = new Set<string>();
  const paths = new Set<string>();
  return each(container.volumeDevices, `${path}.volumeDevices`, (device, at) => {
    const errors = [...deviceNameErrors(at, device, names, volumes), ...devicePathErrors(at, device, paths)];
    if (mounts.some(({ name }) => name === device.name)) errors.push(fieldError.invalid(`${at}.name`, device.name, "must not already exist in volumeMounts"));
    if (mounts.some(({ mountPath }) => mountPath === device.devicePath)) {
      errors.push(fieldError.invalid(`${at}.devicePath`, device.devicePath, "must not already exist as a path in volumeMounts"));
    }
    return errors;
  });
}

function deviceNameErrors(path: string, { name }: VolumeDevice, seen: Set<string>, volumes: Volumes): readonly FieldError[] {
  const errors = name ? [] : [fieldError.required(`${path}.name`)];
  if (seen.has(name)) errors.push(fieldError.invalid(`${path}.name`, name, "must be unique"));
  if (name) seen.add(name);
  const volume = volumes.get(name ?? "");
  if (volume === undefined) errors.push(fieldError.notFound(`${path}.name`, name ?? ""));
  else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
    errors.push(fieldError.invalid(`${path}.name`, name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"));
  }
  return errors;
}

function devicePathErrors(path: string, { devicePath }: VolumeDevice, seen: Set<string>): readonly FieldError[] {
  const errors = devicePath ? [] : [fieldError.required(`${path}.devicePath`)];
  if (seen.has(devicePath)) errors.push(fieldError.invalid(`${path}.devicePath`, devicePath, "must be unique"));
  if ((devicePath ?? "").split("/").includes("..")) errors.push(fieldError.invalid(`${path}.devicePath`, devicePath, "can not contain backsteps ('..')"));
  else seen.add(devicePath);
  return errors;
}
