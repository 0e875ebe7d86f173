import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, list, map, message, obj, quantity, str } from "../../../machinery/schema.ts";
import {
  awsElasticBlockStoreVolumeSource,
  azureDiskVolumeSource,
  fcVolumeSource,
  flockerVolumeSource,
  gcePersistentDiskVolumeSource,
  hostPathVolumeSource,
  iscsiFields,
  localObjectReference,
  nfsVolumeSource,
  objectFieldSelector,
  persistentVolumeClaimSpec,
  photonPersistentDiskVolumeSource,
  portworxVolumeSource,
  quobyteVolumeSource,
  rbdFields,
  resourceFieldSelector,
  scaleIOFields,
  vsphereVirtualDiskVolumeSource,
} from "./common.ts";

export const azureFileVolumeSource = message("io.k8s.api.core.v1.AzureFileVolumeSource", "A file share of Azure.", {
  secretName: str(1, "Secret with name and key of the storage account.", { required: true }),
  shareName: str(2, "Name of the share.", { required: true }),
  readOnly: bool(3, "Whether it is mounted read-only."),
});
export interface AzureFileVolumeSource extends Infer<typeof azureFileVolumeSource> {}

export const csiVolumeSource = message("io.k8s.api.core.v1.CSIVolumeSource", "A volume of a CSI driver that lives as long as the pod.", {
  driver: str(1, "Name of the driver.", { required: true }),
  readOnly: bool(2, "Whether it is mounted read-only."),
  fsType: str(3, "File system of the volume; the driver chooses unless set."),
  volumeAttributes: map(4, "string", "What the driver has to know of the volume."),
  nodePublishSecretRef: obj(5, localObjectReference, "Secret for mounting into the pod."),
});
export interface CSIVolumeSource extends Infer<typeof csiVolumeSource> {}

export const cephFSVolumeSource = message("io.k8s.api.core.v1.CephFSVolumeSource", "A Ceph file system.", {
  monitors: list(1, "string", "Addresses of the Ceph monitors.", { required: true, listType: "atomic" }),
  path: str(2, "Path in the file system; all of it unless set."),
  user: str(3, "User to connect as."),
  secretFile: str(4, "File on the node with the user's key."),
  secretRef: obj(5, localObjectReference, "Secret with the key, instead of the file."),
  readOnly: bool(6, "Whether it is mounted read-only."),
});
export interface CephFSVolumeSource extends Infer<typeof cephFSVolumeSource> {}

export const cinderVolumeSource = message("io.k8s.api.core.v1.CinderVolumeSource", "A disk of OpenStack Cinder.", {
  volumeID: str(1, "Id of the disk.", { required: true }),
  fsType: str(2, "File system of the volume, such as ext4; ext4 unless set."),
  readOnly: bool(3, "Whether it is mounted read-only."),
  secretRef: obj(4, localObjectReference, "Secret with the access to OpenStack."),
});
export interface CinderVolumeSource extends Infer<typeof cinderVolumeSource> {}

export const clusterTrustBundleProjection = message("io.k8s.api.core.v1.ClusterTrustBundleProjection", "Certificates of ClusterTrustBundles, in one file.", {
  name: str(1, "One bundle by name."),
  signerName: str(2, "All bundles of a signer that the labels select."),
  labelSelector: obj(3, labelSelector, "Labels of the bundles of the signer; none unless set."),
  path: str(4, "Path of the file, relative to the volume.", { required: true }),
  optional: bool(5, "Whether what is named may be missing."),
});
export interface ClusterTrustBundleProjection extends Infer<typeof clusterTrustBundleProjection> {}

export const keyToPath = message("io.k8s.api.core.v1.KeyToPath", "KeyToPath gives a key its path.", {
  key: str(1, "Key to show.", { required: true }),
  path: str(2, "Path relative to the volume.", { required: true }),
  mode: int32(3, "Permissions of this file."),
});
export interface KeyToPath extends Infer<typeof keyToPath> {}

export const configMapProjection = message(
  "io.k8s.api.core.v1.ConfigMapProjection",
  "Keys of a ConfigMap.",
  {
    items: list(2, keyToPath, "Keys to show and their paths; all of them unless set.", { listType: "atomic" }),
    optional: bool(4, "Whether what is named may be missing."),
    ...localObjectReference.fields,
  },
  { inline: [{ number: 1, message: localObjectReference }] },
);
export interface ConfigMapProjection extends Infer<typeof configMapProjection> {}

export const configMapVolumeSource = message(
  "io.k8s.api.core.v1.ConfigMapVolumeSource",
  "The content of a ConfigMap as files.",
  {
    items: list(2, keyToPath, "Keys to show and their paths; all of them unless set.", { listType: "atomic" }),
    defaultMode: int32(3, "Permissions of the files.", { default: 0o644 }),
    optional: bool(4, "Whether the ConfigMap or its keys may be missing."),
    ...localObjectReference.fields,
  },
  { inline: [{ number: 1, message: localObjectReference }] },
);
export interface ConfigMapVolumeSource extends Infer<typeof configMapVolumeSource> {}

export const downwardAPIVolumeFile = message("io.k8s.api.core.v1.DownwardAPIVolumeFile", "One file with a field of the pod.", {
  path: str(1, "Path relative to the volume.", { required: true }),
  fieldRef: obj(2, objectFieldSelector, "Field of the pod."),
  resourceFieldRef: obj(3, resourceFieldSelector, "Resource of a container."),
  mode: int32(4, "Permissions of this file."),
});
export interface DownwardAPIVolumeFile extends Infer<typeof downwardAPIVolumeFile> {}

export const downwardAPIProjection = message("io.k8s.api.core.v1.DownwardAPIProjection", "Fields of the pod.", {
  items: list(1, downwardAPIVolumeFile, "The files.", { listType: "atomic" }),
});
export interface DownwardAPIProjection extends Infer<typeof downwardAPIProjection> {}

export const downwardAPIVolumeSource = message("io.k8s.api.core.v1.DownwardAPIVolumeSource", "Fields of the pod as files.", {
  items: list(1, downwardAPIVolumeFile, "The files.", { listType: "atomic" }),
  defaultMode: int32(2, "Permissions of the files.", { default: 0o644 }),
});
export interface DownwardAPIVolumeSource extends Infer<typeof downwardAPIVolumeSource> {}

export const emptyDirVolumeSource = message("io.k8s.api.core.v1.EmptyDirVolumeSource", "A folder that is empty at first and lives as long as the pod.", {
  medium: str(1, "Memory for a file system in memory, empty for the node's disk."),
  sizeLimit: quantity(2, "The most that it may hold."),
});
export interface EmptyDirVolumeSource extends Infer<typeof emptyDirVolumeSource> {}

export const persistentVolumeClaimTemplate = message("io.k8s.api.core.v1.PersistentVolumeClaimTemplate", "A claim to come.", {
  metadata: obj(1, objectMeta, "Labels and annotations of the claim."),
  spec: obj(2, persistentVolumeClaimSpec, "What the claim asks for.", { required: true, default: {} }),
});
export interface PersistentVolumeClaimTemplate extends Infer<typeof persistentVolumeClaimTemplate> {}

export const ephemeralVolumeSource = message("io.k8s.api.core.v1.EphemeralVolumeSource", "A claim that is made for the pod and goes with it.", {
  volumeClaimTemplate: obj(1, persistentVolumeClaimTemplate, "The claim."),
});
export interface EphemeralVolumeSource extends Infer<typeof ephemeralVolumeSource> {}

export const flexVolumeSource = message("io.k8s.api.core.v1.FlexVolumeSource", "A volume of a FlexVolume driver.", {
  driver: str(1, "Name of the driver.", { required: true }),
  fsType: str(2, "File system of the volume; the driver chooses unless set."),
  secretRef: obj(3, localObjectReference, "Secret that is handed to the driver."),
  readOnly: bool(4, "Whether it is mounted read-only."),
  options: map(5, "string", "Further options for the driver."),
});
export interface FlexVolumeSource extends Infer<typeof flexVolumeSource> {}

export const gitRepoVolumeSource = message("io.k8s.api.core.v1.GitRepoVolumeSource", "A clone of a git repository; no longer supported by kubelets.", {
  repository: str(1, "URL of the repository.", { required: true }),
  revision: str(2, "Commit to check out."),
  directory: str(3, "Folder to clone into."),
});
export interface GitRepoVolumeSource extends Infer<typeof gitRepoVolumeSource> {}

export const glusterfsVolumeSource = message("io.k8s.api.core.v1.GlusterfsVolumeSource", "A GlusterFS volume.", {
  endpoints: str(1, "Endpoints object with the addresses of the servers.", { required: true }),
  path: str(2, "Name of the volume.", { required: true }),
  readOnly: bool(3, "Whether it is mounted read-only."),
});
export interface GlusterfsVolumeSource extends Infer<typeof glusterfsVolumeSource> {}

export const iscsiVolumeSource = message("io.k8s.api.core.v1.ISCSIVolumeSource", "An iSCSI disk.", iscsiFields(localObjectReference));
export interface ISCSIVolumeSource extends Infer<typeof iscsiVolumeSource> {}

export const imageVolumeSource = message("io.k8s.api.core.v1.ImageVolumeSource", "The content of an OCI image or artifact.", {
  reference: str(1, "Name of the image."),
  pullPolicy: str(2, "When the image is pulled: Always, IfNotPresent or Never."),
});
export interface ImageVolumeSource extends Infer<typeof imageVolumeSource> {}

export const persistentVolumeClaimVolumeSource = message("io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource", "The volume that a claim is bound to.", {
  claimName: str(1, "Claim of the namespace.", { required: true }),
  readOnly: bool(2, "Whether all mounts are read-only."),
});
export interface PersistentVolumeClaimVolumeSource extends Infer<typeof persistentVolumeClaimVolumeSource> {}

export const podCertificateProjection = message("io.k8s.api.core.v1.PodCertificateProjection", "A key of the pod and certificates for it, renewed in time.", {
  signerName: str(1, "Who issues the certificate.", { required: true }),
  keyType: str(2, "Kind of key, such as ED25519 or RSA3072.", { required: true }),
  maxExpirationSeconds: int32(3, "The longest life to ask for."),
  credentialBundlePath: str(4, "Path of the file with key and certificates."),
  keyPath: str(5, "Path of the file with the key."),
  certificateChainPath: str(6, "Path of the file with the certificates."),
  userAnnotations: map(7, "string", "Words for the signer."),
});
export interface PodCertificateProjection extends Infer<typeof podCertificateProjection> {}

export const secretProjection = message(
  "io.k8s.api.core.v1.SecretProjection",
  "Keys of a Secret.",
  {
    items: list(2, keyToPath, "Keys to show and their paths; all of them unless set.", { listType: "atomic" }),
    optional: bool(4, "Whether what is named may be missing."),
    ...localObjectReference.fields,
  },
  { inline: [{ number: 1, message: localObjectReference }] },
);
export interface SecretProjection extends Infer<typeof secretProjection> {}

export const serviceAccountTokenProjection = message(
  "io.k8s.api.core.v1.ServiceAccountTokenProjection",
  "A token of the pod's service account that is renewed in time.",
  {
    audience: str(1, "Whom the token is for; the API server unless set."),
    expirationSeconds: int64(2, "How long the token is valid.", { default: 3600 }),
    path: str(3, "Path relative to the volume.", { required: true }),
  },
);
export interface ServiceAccountTokenProjection extends Infer<typeof serviceAccountTokenProjection> {}

export const volumeProjection = message("io.k8s.api.core.v1.VolumeProjection", "VolumeProjection is one source of a projected volume.", {
  secret: obj(1, secretProjection, "Keys of a Secret."),
  downwardAPI: obj(2, downwardAPIProjection, "Fields of the pod."),
  configMap: obj(3, configMapProjection, "Keys of a ConfigMap."),
  serviceAccountToken: obj(4, serviceAccountTokenProjection, "Token of the pod's service account."),
  clusterTrustBundle: obj(5, clusterTrustBundleProjection, "Certificates of ClusterTrustBundles."),
  podCertificate: obj(6, podCertificateProjection, "Certificate and key issued for the pod."),
});
export interface VolumeProjection extends Infer<typeof volumeProjection> {}

export const projectedVolumeSource = message("io.k8s.api.core.v1.ProjectedVolumeSource", "Several sources in one folder.", {
  sources: list(1, volumeProjection, "The sources.", { listType: "atomic" }),
  defaultMode: int32(2, "Permissions of the files.", { default: 0o644 }),
});
export interface ProjectedVolumeSource extends Infer<typeof projectedVolumeSource> {}

export const rbdVolumeSource = message("io.k8s.api.core.v1.RBDVolumeSource", "A Ceph block device.", rbdFields(localObjectReference));
export interface RBDVolumeSource extends Infer<typeof rbdVolumeSource> {}

export const scaleIOVolumeSource = message("io.k8s.api.core.v1.ScaleIOVolumeSource", "A ScaleIO volume.", scaleIOFields(localObjectReference));
export interface ScaleIOVolumeSource extends Infer<typeof scaleIOVolumeSource> {}

export const secretVolumeSource = message("io.k8s.api.core.v1.SecretVolumeSource", "The content of a Secret as files.", {
  secretName: str(1, "Secret of the namespace."),
  items: list(2, keyToPath, "Keys to show and their paths; all of them unless set.", { listType: "atomic" }),
  defaultMode: int32(3, "Permissions of the files.", { default: 0o644 }),
  optional: bool(4, "Whether the Secret or its keys may be missing."),
});
export interface SecretVolumeSource extends Infer<typeof secretVolumeSource> {}

export const storageOSVolumeSource = message("io.k8s.api.core.v1.StorageOSVolumeSource", "A StorageOS volume.", {
  volumeName: str(1, "Name of the volume, unique within its namespace."),
  volumeNamespace: str(2, "StorageOS namespace of the volume; the pod's unless set."),
  fsType: str(3, "File system of the volume, such as ext4; ext4 unless set."),
  readOnly: bool(4, "Whether it is mounted read-only."),
  secretRef: obj(5, localObjectReference, "Secret with the access to StorageOS."),
});
export interface StorageOSVolumeSource extends Infer<typeof storageOSVolumeSource> {}

export const volumeSource = message("io.k8s.api.core.v1.VolumeSource", "VolumeSource says what a volume holds; exactly one is set.", {
  hostPath: obj(1, hostPathVolumeSource, "File or folder of the node."),
  emptyDir: obj(2, emptyDirVolumeSource, "Folder that is empty at first and lives as long as the pod."),
  gcePersistentDisk: obj(3, gcePersistentDiskVolumeSource, "Disk of Google Compute Engine."),
  awsElasticBlockStore: obj(4, awsElasticBlockStoreVolumeSource, "Disk of Amazon Web Services."),
  gitRepo: obj(5, gitRepoVolumeSource, "Clone of a git repository; no longer supported by kubelets."),
  secret: obj(6, secretVolumeSource, "Content of a Secret."),
  nfs: obj(7, nfsVolumeSource, "Folder of an NFS server."),
  iscsi: obj(8, iscsiVolumeSource, "iSCSI disk."),
  glusterfs: obj(9, glusterfsVolumeSource, "GlusterFS volume."),
  persistentVolumeClaim: obj(10, persistentVolumeClaimVolumeSource, "Volume that a PersistentVolumeClaim is bound to."),
  rbd: obj(11, rbdVolumeSource, "Ceph block device."),
  flexVolume: obj(12, flexVolumeSource, "Volume of a FlexVolume driver."),
  cinder: obj(13, cinderVolumeSource, "OpenStack Cinder disk."),
  cephfs: obj(14, cephFSVolumeSource, "Ceph file system."),
  flocker: obj(15, flockerVolumeSource, "Flocker data set."),
  downwardAPI: obj(16, downwardAPIVolumeSource, "Fields of the pod, as files."),
  fc: obj(17, fcVolumeSource, "Fibre Channel disk."),
  azureFile: obj(18, azureFileVolumeSource, "Azure file share."),
  configMap: obj(19, configMapVolumeSource, "Content of a ConfigMap."),
  vsphereVolume: obj(20, vsphereVirtualDiskVolumeSource, "vSphere disk."),
  quobyte: obj(21, quobyteVolumeSource, "Quobyte volume."),
  azureDisk: obj(22, azureDiskVolumeSource, "Azure disk."),
  photonPersistentDisk: obj(23, photonPersistentDiskVolumeSource, "PhotonController disk."),
  portworxVolume: obj(24, portworxVolumeSource, "Portworx volume."),
  scaleIO: obj(25, scaleIOVolumeSource, "ScaleIO volume."),
  projected: obj(26, projectedVolumeSource, "Several sources in one folder."),
  storageos: obj(27, storageOSVolumeSource, "StorageOS volume."),
  csi: obj(28, csiVolumeSource, "Volume of a CSI driver that lives as long as the pod."),
  ephemeral: obj(29, ephemeralVolumeSource, "Claim that is made for the pod and goes with it."),
  image: obj(30, imageVolumeSource, "Content of an OCI image."),
});
export interface VolumeSource extends Infer<typeof volumeSource> {}

export const volume = message(
  "io.k8s.api.core.v1.Volume",
  "A Volume is a folder or device that containers of the pod can mount.",
  {
    name: str(1, "Name of the volume, unique in the pod.", { required: true }),
    ...volumeSource.fields,
  },
  { inline: [{ number: 2, message: volumeSource }] },
);
export interface Volume extends Infer<typeof volume> {}
