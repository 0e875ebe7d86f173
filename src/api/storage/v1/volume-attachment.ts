import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, map, message, obj, str, time } from "../../../machinery/schema.ts";
import { boolean, text } from "../../columns.ts";
import { persistentVolumeSpec } from "../../core/v1/common.ts";
import { defineResource } from "../../resource.ts";
import { ownedStatus, statusSubresource } from "../../strategy.ts";
import { newVolumeAttachmentErrors, volumeAttachmentErrors, volumeAttachmentUpdateErrors } from "./validation.ts";

export const volumeAttachmentSource = message("io.k8s.api.storage.v1.VolumeAttachmentSource", "", {
  persistentVolumeName: str(1, ""),
  inlineVolumeSpec: obj(2, persistentVolumeSpec, ""),
});
export interface VolumeAttachmentSource extends Infer<typeof volumeAttachmentSource> {}

export const volumeAttachmentSpec = message("io.k8s.api.storage.v1.VolumeAttachmentSpec", "", {
  attacher: str(1, "", { required: true }),
  source: obj(2, volumeAttachmentSource, "", { required: true, default: {} }),
  nodeName: str(3, "", { required: true }),
});
export interface VolumeAttachmentSpec extends Infer<typeof volumeAttachmentSpec> {}

export const volumeError = message("io.k8s.api.storage.v1.VolumeError", "", {
  time: time(1, ""),
  message: str(2, ""),
  errorCode: int32(3, ""),
});
export interface VolumeError extends Infer<typeof volumeError> {}

export const volumeAttachmentStatus = message("io.k8s.api.storage.v1.VolumeAttachmentStatus", "", {
  attached: bool(1, "", { required: true }),
  attachmentMetadata: map(2, "string", ""),
  attachError: obj(3, volumeError, ""),
  detachError: obj(4, volumeError, ""),
});
export interface VolumeAttachmentStatus extends Infer<typeof volumeAttachmentStatus> {}

export const volumeAttachment = message("io.k8s.api.storage.v1.VolumeAttachment", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, volumeAttachmentSpec, "", { required: true, present: true, default: {} }),
  status: obj(3, volumeAttachmentStatus, ""),
});
export interface VolumeAttachment extends Infer<typeof volumeAttachment> {}

export const volumeAttachments = defineResource<VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  resource: "volumeattachments",
  singular: "volumeattachment",
  namespaced: false,
  schema: volumeAttachment,
  strategy: {
    validate: volumeAttachmentErrors,
    validateCreate: newVolumeAttachmentErrors,
    validateUpdate: volumeAttachmentUpdateErrors,
    returnsDeletedObject: true,
    ...ownedStatus<VolumeAttachment>(() => ({ attached: false })),
    allowUnconditionalUpdate: false,
  },
  columns: [
    { ...text("Attacher", "Driver that attaches the volume.", (object: VolumeAttachment) => object.spec.attacher), format: "name" },
    text("PV", "Volume to attach.", (object) => object.spec.source.persistentVolumeName ?? ""),
    text("Node", "Node to attach it to.", (object) => object.spec.nodeName),
    boolean("Attached", "Whether it is attached.", (object) => object.status?.attached ?? false),
  ],
  status: statusSubresource<VolumeAttachment>({ meta: "kept" }),
});
