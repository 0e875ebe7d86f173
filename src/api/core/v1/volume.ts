import { labelSelector, objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, list, map, message, obj, quantity, str } from "../../../machinery/schema.ts";
import {
  awsElasticBlockStoreVolumeSource,
  azureDiskVolumeSource,
  fcVolumeSource,
  flockerVolumeSource,
  gcePersistentDiskVolumeSource,
  hostPathVolumeSource,
  localObjectReference,
  nfsVolumeSource,
  objectFieldSelector,
  persistentVolumeClaimSpec,
  photonPersistentDiskVolumeSource,
  portworxVolumeSource,
  quobyteVolumeSource,
  resourceFieldSelector,
  vsphereVirtualDiskVolumeSource,
} from "./common.ts";

export const azureFileVolumeSource = message("io.k8s.api.core.v1.AzureFileVolumeSource", "", {
  secretName: str(1, "", { required: true }),
  shareName: str(2, "", { required: true }),
  readOnly: bool(3, ""),
});
export interface AzureFileVolumeSource extends Infer<typeof azureFileVolumeSource> {}

export const csiVolumeSource = message("io.k8s.api.core.v1.CSIVolumeSource", "", {
  driver: str(1, "", { required: true }),
  readOnly: bool(2, ""),
  fsType: str(3, ""),
  volumeAttributes: map(4, "string", ""),
  nodePublishSecretRef: obj(5, localObjectReference, ""),
});
export interface CSIVolumeSource extends Infer<typeof csiVolumeSource> {}

export const cephFSVolumeSource = message("io.k8s.api.core.v1.CephFSVolumeSource", "", {
  monitors: list(1, "string", "", { required: true, listType: "atomic" }),
  path: str(2, ""),
  user: str(3, ""),
  secretFile: str(4, ""),
  secretRef: obj(5, localObjectReference, ""),
  readOnly: bool(6, ""),
});
export interface CephFSVolumeSource extends Infer<typeof cephFSVolumeSource> {}

export const cinderVolumeSource = message("io.k8s.api.core.v1.CinderVolumeSource", "", {
  volumeID: str(1, "", { required: true }),
  fsType: str(2, ""),
  readOnly: bool(3, ""),
  secretRef: obj(4, localObjectReference, ""),
});
export interface CinderVolumeSource extends Infer<typeof cinderVolumeSource> {}

export const clusterTrustBundleProjection = message("io.k8s.api.core.v1.ClusterTrustBundleProjection", "", {
  name: str(1, ""),
  signerName: str(2, ""),
  labelSelector: obj(3, labelSelector, ""),
  path: str(4, "", { required: true }),
  optional: bool(5, ""),
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
  "",
  {
    items: list(2, keyToPath, "", { listType: "atomic" }),
    optional: bool(4, ""),
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

export const downwardAPIProjection = message("io.k8s.api.core.v1.DownwardAPIProjection", "", {
  items: list(1, downwardAPIVolumeFile, "", { listType: "atomic" }),
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

export const persistentVolumeClaimTemplate = message("io.k8s.api.core.v1.PersistentVolumeClaimTemplate", "", {
  metadata: obj(1, objectMeta, ""),
  spec: obj(2, persistentVolumeClaimSpec, "", { required: true, default: {} }),
});
export interface PersistentVolumeClaimTemplate extends Infer<typeof persistentVolumeClaimTemplate> {}

export const ephemeralVolumeSource = message("io.k8s.api.core.v1.EphemeralVolumeSource", "", {
  volumeClaimTemplate: obj(1, persistentVolumeClaimTemplate, ""),
});
export interface EphemeralVolumeSource extends Infer<typeof ephemeralVolumeSource> {}

export const flexVolumeSource = message("io.k8s.api.core.v1.FlexVolumeSource", "", {
  driver: str(1, "", { required: true }),
  fsType: str(2, ""),
  secretRef: obj(3, localObjectReference, ""),
  readOnly: bool(4, ""),
  options: map(5, "string", ""),
});
export interface FlexVolumeSource extends Infer<typeof flexVolumeSource> {}

export const gitRepoVolumeSource = message("io.k8s.api.core.v1.GitRepoVolumeSource", "", {
  repository: str(1, "", { required: true }),
  revision: str(2, ""),
  directory: str(3, ""),
});
export interface GitRepoVolumeSource extends Infer<typeof gitRepoVolumeSource> {}

export const glusterfsVolumeSource = message("io.k8s.api.core.v1.GlusterfsVolumeSource", "", {
  endpoints: str(1, "", { required: true }),
  path: str(2, "", { required: true }),
  readOnly: bool(3, ""),
});
export interface GlusterfsVolumeSource extends Infer<typeof glusterfsVolumeSource> {}

export const iscsiVolumeSource = message("io.k8s.api.core.v1.ISCSIVolumeSource", "", {
  targetPortal: str(1, "", { required: true }),
  iqn: str(2, "", { required: true }),
  lun: int32(3, "", { required: true }),
  iscsiInterface: str(4, "", { default: "default" }),
  fsType: str(5, ""),
  readOnly: bool(6, ""),
  portals: list(7, "string", "", { listType: "atomic" }),
  chapAuthDiscovery: bool(8, ""),
  secretRef: obj(10, localObjectReference, ""),
  chapAuthSession: bool(11, ""),
  initiatorName: str(12, ""),
});
export interface ISCSIVolumeSource extends Infer<typeof iscsiVolumeSource> {}

export const imageVolumeSource = message("io.k8s.api.core.v1.ImageVolumeSource", "", {
  reference: str(1, ""),
  pullPolicy: str(2, ""),
});
export interface ImageVolumeSource extends Infer<typeof imageVolumeSource> {}

export const persistentVolumeClaimVolumeSource = message("io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource", "The volume that a claim is bound to.", {
  claimName: str(1, "Claim of the namespace.", { required: true }),
  readOnly: bool(2, "Whether all mounts are read-only."),
});
export interface PersistentVolumeClaimVolumeSource extends Infer<typeof persistentVolumeClaimVolumeSource> {}

export const podCertificateProjection = message("io.k8s.api.core.v1.PodCertificateProjection", "", {
  signerName: str(1, "", { required: true }),
  keyType: str(2, "", { required: true }),
  maxExpirationSeconds: int32(3, ""),
  credentialBundlePath: str(4, ""),
  keyPath: str(5, ""),
  certificateChainPath: str(6, ""),
  userAnnotations: map(7, "string", ""),
});
export interface PodCertificateProjection extends Infer<typeof podCertificateProjection> {}

export const secretProjection = message(
  "io.k8s.api.core.v1.SecretProjection",
  "",
  {
    items: list(2, keyToPath, "", { listType: "atomic" }),
    optional: bool(4, ""),
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

export const rbdVolumeSource = message("io.k8s.api.core.v1.RBDVolumeSource", "", {
  monitors: list(1, "string", "", { required: true, listType: "atomic" }),
  image: str(2, "", { required: true }),
  fsType: str(3, ""),
  pool: str(4, "", { default: "rbd" }),
  user: str(5, "", { default: "admin" }),
  keyring: str(6, "", { default: "/etc/ceph/keyring" }),
  secretRef: obj(7, localObjectReference, ""),
  readOnly: bool(8, ""),
});
export interface RBDVolumeSource extends Infer<typeof rbdVolumeSource> {}

export const scaleIOVolumeSource = message("io.k8s.api.core.v1.ScaleIOVolumeSource", "", {
  gateway: str(1, "", { required: true }),
  system: str(2, "", { required: true }),
  secretRef: obj(3, localObjectReference, "", { required: true }),
  sslEnabled: bool(4, ""),
  protectionDomain: str(5, ""),
  storagePool: str(6, ""),
  storageMode: str(7, "", { default: "ThinProvisioned" }),
  volumeName: str(8, ""),
  fsType: str(9, "", { default: "xfs" }),
  readOnly: bool(10, ""),
});
export interface ScaleIOVolumeSource extends Infer<typeof scaleIOVolumeSource> {}

export const secretVolumeSource = message("io.k8s.api.core.v1.SecretVolumeSource", "The content of a Secret as files.", {
  secretName: str(1, "Secret of the namespace."),
  items: list(2, keyToPath, "Keys to show and their paths; all of them unless set.", { listType: "atomic" }),
  defaultMode: int32(3, "Permissions of the files.", { default: 0o644 }),
  optional: bool(4, "Whether the Secret or its keys may be missing."),
});
export interface SecretVolumeSource extends Infer<typeof secretVolumeSource> {}

export const storageOSVolumeSource = message("io.k8s.api.core.v1.StorageOSVolumeSource", "", {
  volumeName: str(1, ""),
  volumeNamespace: str(2, ""),
  fsType: str(3, ""),
  readOnly: bool(4, ""),
  secretRef: obj(5, localObjectReference, ""),
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
