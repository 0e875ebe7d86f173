import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, map, message, obj, str, time } from "../../../machinery/schema.ts";
import { boolean, text } from "../../columns.ts";
import { persistentVolumeSpec } from "../../core/v1/common.ts";
import { defineResource } from "../../resource.ts";
import { ownedStatus, statusSubresource } from "../../strategy.ts";
import { newVolumeAttachmentErrors, volumeAttachmentErrors, volumeAttachmentUpdateErrors } from "./validation.ts";

export const volumeAttachmentSource = message("io.k8s.api.storage.v1.VolumeAttachmentSource", "VolumeAttachmentSource names a volume.", {
  persistentVolumeName: str(1, "Name of the PersistentVolume; excludes the other."),
  inlineVolumeSpec: obj(2, persistentVolumeSpec, "The volume itself, for volumes of pods that were migrated to CSI; excludes the other."),
});
export interface VolumeAttachmentSource extends Infer<typeof volumeAttachmentSource> {}

export const volumeAttachmentSpec = message("io.k8s.api.storage.v1.VolumeAttachmentSpec", "VolumeAttachmentSpec says which volume is wanted on which node.", {
  attacher: str(1, "Driver that attaches it.", { required: true }),
  source: obj(2, volumeAttachmentSource, "The volume.", { required: true, default: {} }),
  nodeName: str(3, "The node.", { required: true }),
});
export interface VolumeAttachmentSpec extends Infer<typeof volumeAttachmentSpec> {}

export const volumeError = message("io.k8s.api.storage.v1.VolumeError", "VolumeError is a failure with a volume.", {
  time: time(1, "When it happened."),
  message: str(2, "What happened, for people."),
  errorCode: int32(3, "Code of gRPC that the driver answered with."),
});
export interface VolumeError extends Infer<typeof volumeError> {}

export const volumeAttachmentStatus = message("io.k8s.api.storage.v1.VolumeAttachmentStatus", "VolumeAttachmentStatus says whether a volume is attached.", {
  attached: bool(1, "Whether it is.", { required: true }),
  attachmentMetadata: map(2, "string", "What the driver says of the attachment, for mounting."),
  attachError: obj(3, volumeError, "What went wrong when it was last attached."),
  detachError: obj(4, volumeError, "What went wrong when it was last detached."),
});
export interface VolumeAttachmentStatus extends Infer<typeof volumeAttachmentStatus> {}

export const volumeAttachment = message("io.k8s.api.storage.v1.VolumeAttachment", "A VolumeAttachment asks for a volume to be attached to a node.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, volumeAttachmentSpec, "Which volume, and where; it cannot change.", { required: true, present: true, default: {} }),
  status: obj(3, volumeAttachmentStatus, "Whether it is attached."),
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
