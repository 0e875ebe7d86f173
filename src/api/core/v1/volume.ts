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

export const keyToPath = message("io.k8s.api.core.v1.KeyToPath", "", {
  key: str(1, "", { required: true }),
  path: str(2, "", { required: true }),
  mode: int32(3, ""),
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
  "",
  {
    items: list(2, keyToPath, "", { listType: "atomic" }),
    defaultMode: int32(3, "", { default: 0o644 }),
    optional: bool(4, ""),
    ...localObjectReference.fields,
  },
  { inline: [{ number: 1, message: localObjectReference }] },
);
export interface ConfigMapVolumeSource extends Infer<typeof configMapVolumeSource> {}

export const downwardAPIVolumeFile = message("io.k8s.api.core.v1.DownwardAPIVolumeFile", "", {
  path: str(1, "", { required: true }),
  fieldRef: obj(2, objectFieldSelector, ""),
  resourceFieldRef: obj(3, resourceFieldSelector, ""),
  mode: int32(4, ""),
});
export interface DownwardAPIVolumeFile extends Infer<typeof downwardAPIVolumeFile> {}

export const downwardAPIProjection = message("io.k8s.api.core.v1.DownwardAPIProjection", "", {
  items: list(1, downwardAPIVolumeFile, "", { listType: "atomic" }),
});
export interface DownwardAPIProjection extends Infer<typeof downwardAPIProjection> {}

export const downwardAPIVolumeSource = message("io.k8s.api.core.v1.DownwardAPIVolumeSource", "", {
  items: list(1, downwardAPIVolumeFile, "", { listType: "atomic" }),
  defaultMode: int32(2, "", { default: 0o644 }),
});
export interface DownwardAPIVolumeSource extends Infer<typeof downwardAPIVolumeSource> {}

export const emptyDirVolumeSource = message("io.k8s.api.core.v1.EmptyDirVolumeSource", "", {
  medium: str(1, ""),
  sizeLimit: quantity(2, ""),
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

export const persistentVolumeClaimVolumeSource = message("io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource", "", {
  claimName: str(1, "", { required: true }),
  readOnly: bool(2, ""),
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

export const serviceAccountTokenProjection = message("io.k8s.api.core.v1.ServiceAccountTokenProjection", "", {
  audience: str(1, ""),
  expirationSeconds: int64(2, "", { default: 3600 }),
  path: str(3, "", { required: true }),
});
export interface ServiceAccountTokenProjection extends Infer<typeof serviceAccountTokenProjection> {}

export const volumeProjection = message("io.k8s.api.core.v1.VolumeProjection", "", {
  secret: obj(1, secretProjection, ""),
  downwardAPI: obj(2, downwardAPIProjection, ""),
  configMap: obj(3, configMapProjection, ""),
  serviceAccountToken: obj(4, serviceAccountTokenProjection, ""),
  clusterTrustBundle: obj(5, clusterTrustBundleProjection, ""),
  podCertificate: obj(6, podCertificateProjection, ""),
});
export interface VolumeProjection extends Infer<typeof volumeProjection> {}

export const projectedVolumeSource = message("io.k8s.api.core.v1.ProjectedVolumeSource", "", {
  sources: list(1, volumeProjection, "", { listType: "atomic" }),
  defaultMode: int32(2, "", { default: 0o644 }),
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

export const secretVolumeSource = message("io.k8s.api.core.v1.SecretVolumeSource", "", {
  secretName: str(1, ""),
  items: list(2, keyToPath, "", { listType: "atomic" }),
  defaultMode: int32(3, "", { default: 0o644 }),
  optional: bool(4, ""),
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

export const volumeSource = message("io.k8s.api.core.v1.VolumeSource", "", {
  hostPath: obj(1, hostPathVolumeSource, ""),
  emptyDir: obj(2, emptyDirVolumeSource, ""),
  gcePersistentDisk: obj(3, gcePersistentDiskVolumeSource, ""),
  awsElasticBlockStore: obj(4, awsElasticBlockStoreVolumeSource, ""),
  gitRepo: obj(5, gitRepoVolumeSource, ""),
  secret: obj(6, secretVolumeSource, ""),
  nfs: obj(7, nfsVolumeSource, ""),
  iscsi: obj(8, iscsiVolumeSource, ""),
  glusterfs: obj(9, glusterfsVolumeSource, ""),
  persistentVolumeClaim: obj(10, persistentVolumeClaimVolumeSource, ""),
  rbd: obj(11, rbdVolumeSource, ""),
  flexVolume: obj(12, flexVolumeSource, ""),
  cinder: obj(13, cinderVolumeSource, ""),
  cephfs: obj(14, cephFSVolumeSource, ""),
  flocker: obj(15, flockerVolumeSource, ""),
  downwardAPI: obj(16, downwardAPIVolumeSource, ""),
  fc: obj(17, fcVolumeSource, ""),
  azureFile: obj(18, azureFileVolumeSource, ""),
  configMap: obj(19, configMapVolumeSource, ""),
  vsphereVolume: obj(20, vsphereVirtualDiskVolumeSource, ""),
  quobyte: obj(21, quobyteVolumeSource, ""),
  azureDisk: obj(22, azureDiskVolumeSource, ""),
  photonPersistentDisk: obj(23, photonPersistentDiskVolumeSource, ""),
  portworxVolume: obj(24, portworxVolumeSource, ""),
  scaleIO: obj(25, scaleIOVolumeSource, ""),
  projected: obj(26, projectedVolumeSource, ""),
  storageos: obj(27, storageOSVolumeSource, ""),
  csi: obj(28, csiVolumeSource, ""),
  ephemeral: obj(29, ephemeralVolumeSource, ""),
  image: obj(30, imageVolumeSource, ""),
});
export interface VolumeSource extends Infer<typeof volumeSource> {}

export const volume = message(
  "io.k8s.api.core.v1.Volume",
  "",
  {
    name: str(1, "", { required: true }),
    ...volumeSource.fields,
  },
  { inline: [{ number: 2, message: volumeSource }] },
);
export interface Volume extends Infer<typeof volume> {}
