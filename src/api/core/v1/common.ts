import { labelSelector } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, list, map, message, obj, quantity, str } from "../../../machinery/schema.ts";

export const awsElasticBlockStoreVolumeSource = message("io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource", "", {
  volumeID: str(1, "", { required: true }),
  fsType: str(2, ""),
  partition: int32(3, ""),
  readOnly: bool(4, ""),
});
export interface AWSElasticBlockStoreVolumeSource extends Infer<typeof awsElasticBlockStoreVolumeSource> {}

export const azureDiskVolumeSource = message("io.k8s.api.core.v1.AzureDiskVolumeSource", "", {
  diskName: str(1, "", { required: true }),
  diskURI: str(2, "", { required: true }),
  cachingMode: str(3, "", { default: "ReadWrite", enumCheck: "strict" }),
  fsType: str(4, "", { default: "ext4", enumCheck: "strict" }),
  readOnly: bool(5, "", { default: false }),
  kind: str(6, "", { default: "Shared", enumCheck: "strict" }),
});
export interface AzureDiskVolumeSource extends Infer<typeof azureDiskVolumeSource> {}

export const azureFilePersistentVolumeSource = message("io.k8s.api.core.v1.AzureFilePersistentVolumeSource", "", {
  secretName: str(1, "", { required: true }),
  shareName: str(2, "", { required: true }),
  readOnly: bool(3, ""),
  secretNamespace: str(4, ""),
});
export interface AzureFilePersistentVolumeSource extends Infer<typeof azureFilePersistentVolumeSource> {}

export const secretReference = message(
  "io.k8s.api.core.v1.SecretReference",
  "",
  {
    name: str(1, ""),
    namespace: str(2, ""),
  },
  { mapType: "atomic" },
);
export interface SecretReference extends Infer<typeof secretReference> {}

export const csiPersistentVolumeSource = message("io.k8s.api.core.v1.CSIPersistentVolumeSource", "", {
  driver: str(1, "", { required: true }),
  volumeHandle: str(2, "", { required: true }),
  readOnly: bool(3, ""),
  fsType: str(4, ""),
  volumeAttributes: map(5, "string", ""),
  controllerPublishSecretRef: obj(6, secretReference, ""),
  nodeStageSecretRef: obj(7, secretReference, ""),
  nodePublishSecretRef: obj(8, secretReference, ""),
  controllerExpandSecretRef: obj(9, secretReference, ""),
  nodeExpandSecretRef: obj(10, secretReference, ""),
});
export interface CSIPersistentVolumeSource extends Infer<typeof csiPersistentVolumeSource> {}

export const cephFSPersistentVolumeSource = message("io.k8s.api.core.v1.CephFSPersistentVolumeSource", "", {
  monitors: list(1, "string", "", { required: true, listType: "atomic" }),
  path: str(2, ""),
  user: str(3, ""),
  secretFile: str(4, ""),
  secretRef: obj(5, secretReference, ""),
  readOnly: bool(6, ""),
});
export interface CephFSPersistentVolumeSource extends Infer<typeof cephFSPersistentVolumeSource> {}

export const cinderPersistentVolumeSource = message("io.k8s.api.core.v1.CinderPersistentVolumeSource", "", {
  volumeID: str(1, "", { required: true }),
  fsType: str(2, ""),
  readOnly: bool(3, ""),
  secretRef: obj(4, secretReference, ""),
});
export interface CinderPersistentVolumeSource extends Infer<typeof cinderPersistentVolumeSource> {}

export const eventSource = message("io.k8s.api.core.v1.EventSource", "", {
  component: str(1, ""),
  host: str(2, ""),
});
export interface EventSource extends Infer<typeof eventSource> {}

export const fcVolumeSource = message("io.k8s.api.core.v1.FCVolumeSource", "", {
  targetWWNs: list(1, "string", "", { listType: "atomic" }),
  lun: int32(2, ""),
  fsType: str(3, ""),
  readOnly: bool(4, ""),
  wwids: list(5, "string", "", { listType: "atomic" }),
});
export interface FCVolumeSource extends Infer<typeof fcVolumeSource> {}

export const flexPersistentVolumeSource = message("io.k8s.api.core.v1.FlexPersistentVolumeSource", "", {
  driver: str(1, "", { required: true }),
  fsType: str(2, ""),
  secretRef: obj(3, secretReference, ""),
  readOnly: bool(4, ""),
  options: map(5, "string", ""),
});
export interface FlexPersistentVolumeSource extends Infer<typeof flexPersistentVolumeSource> {}

export const flockerVolumeSource = message("io.k8s.api.core.v1.FlockerVolumeSource", "", {
  datasetName: str(1, ""),
  datasetUUID: str(2, ""),
});
export interface FlockerVolumeSource extends Infer<typeof flockerVolumeSource> {}

export const gcePersistentDiskVolumeSource = message("io.k8s.api.core.v1.GCEPersistentDiskVolumeSource", "", {
  pdName: str(1, "", { required: true }),
  fsType: str(2, ""),
  partition: int32(3, ""),
  readOnly: bool(4, ""),
});
export interface GCEPersistentDiskVolumeSource extends Infer<typeof gcePersistentDiskVolumeSource> {}

export const glusterfsPersistentVolumeSource = message("io.k8s.api.core.v1.GlusterfsPersistentVolumeSource", "", {
  endpoints: str(1, "", { required: true }),
  path: str(2, "", { required: true }),
  readOnly: bool(3, ""),
  endpointsNamespace: str(4, ""),
});
export interface GlusterfsPersistentVolumeSource extends Infer<typeof glusterfsPersistentVolumeSource> {}

export const hostPathVolumeSource = message("io.k8s.api.core.v1.HostPathVolumeSource", "A file or folder of the node.", {
  path: str(1, "Path on the node.", { required: true }),
  type: str(2, "What must be there, or be made.", {
    default: "",
    enum: ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"],
  }),
});
export interface HostPathVolumeSource extends Infer<typeof hostPathVolumeSource> {}

export const iscsiPersistentVolumeSource = message("io.k8s.api.core.v1.ISCSIPersistentVolumeSource", "", {
  targetPortal: str(1, "", { required: true }),
  iqn: str(2, "", { required: true }),
  lun: int32(3, "", { required: true }),
  iscsiInterface: str(4, "", { default: "default" }),
  fsType: str(5, ""),
  readOnly: bool(6, ""),
  portals: list(7, "string", "", { listType: "atomic" }),
  chapAuthDiscovery: bool(8, ""),
  secretRef: obj(10, secretReference, ""),
  chapAuthSession: bool(11, ""),
  initiatorName: str(12, ""),
});
export interface ISCSIPersistentVolumeSource extends Infer<typeof iscsiPersistentVolumeSource> {}

export const localObjectReference = message(
  "io.k8s.api.core.v1.LocalObjectReference",
  "",
  {
    name: str(1, ""),
  },
  { mapType: "atomic" },
);
export interface LocalObjectReference extends Infer<typeof localObjectReference> {}

export const localVolumeSource = message("io.k8s.api.core.v1.LocalVolumeSource", "", {
  path: str(1, "", { required: true }),
  fsType: str(2, ""),
});
export interface LocalVolumeSource extends Infer<typeof localVolumeSource> {}

export const nfsVolumeSource = message("io.k8s.api.core.v1.NFSVolumeSource", "", {
  server: str(1, "", { required: true }),
  path: str(2, "", { required: true }),
  readOnly: bool(3, ""),
});
export interface NFSVolumeSource extends Infer<typeof nfsVolumeSource> {}

export const nodeSelectorRequirement = message("io.k8s.api.core.v1.NodeSelectorRequirement", "", {
  key: str(1, "", { required: true }),
  operator: str(2, "", { required: true }),
  values: list(3, "string", "", { listType: "atomic" }),
});
export interface NodeSelectorRequirement extends Infer<typeof nodeSelectorRequirement> {}

export const nodeSelectorTerm = message(
  "io.k8s.api.core.v1.NodeSelectorTerm",
  "",
  {
    matchExpressions: list(1, nodeSelectorRequirement, "", { listType: "atomic" }),
    matchFields: list(2, nodeSelectorRequirement, "", { listType: "atomic" }),
  },
  { mapType: "atomic" },
);
export interface NodeSelectorTerm extends Infer<typeof nodeSelectorTerm> {}

export const nodeSelector = message(
  "io.k8s.api.core.v1.NodeSelector",
  "",
  {
    nodeSelectorTerms: list(1, nodeSelectorTerm, "", { required: true, listType: "atomic" }),
  },
  { mapType: "atomic" },
);
export interface NodeSelector extends Infer<typeof nodeSelector> {}

export const objectFieldSelector = message(
  "io.k8s.api.core.v1.ObjectFieldSelector",
  "",
  {
    apiVersion: str(1, "", { default: "v1" }),
    fieldPath: str(2, "", { required: true }),
  },
  { mapType: "atomic" },
);
export interface ObjectFieldSelector extends Infer<typeof objectFieldSelector> {}

export const objectReference = message(
  "io.k8s.api.core.v1.ObjectReference",
  "",
  {
    kind: str(1, ""),
    namespace: str(2, ""),
    name: str(3, ""),
    uid: str(4, ""),
    apiVersion: str(5, ""),
    resourceVersion: str(6, ""),
    fieldPath: str(7, ""),
  },
  { mapType: "atomic" },
);
export interface ObjectReference extends Infer<typeof objectReference> {}

export const typedLocalObjectReference = message(
  "io.k8s.api.core.v1.TypedLocalObjectReference",
  "",
  {
    apiGroup: str(1, ""),
    kind: str(2, "", { required: true }),
    name: str(3, "", { required: true }),
  },
  { mapType: "atomic" },
);
export interface TypedLocalObjectReference extends Infer<typeof typedLocalObjectReference> {}

export const typedObjectReference = message("io.k8s.api.core.v1.TypedObjectReference", "", {
  apiGroup: str(1, ""),
  kind: str(2, "", { required: true }),
  name: str(3, "", { required: true }),
  namespace: str(4, ""),
});
export interface TypedObjectReference extends Infer<typeof typedObjectReference> {}

export const volumeResourceRequirements = message("io.k8s.api.core.v1.VolumeResourceRequirements", "", {
  limits: map(1, "quantity", ""),
  requests: map(2, "quantity", ""),
});
export interface VolumeResourceRequirements extends Infer<typeof volumeResourceRequirements> {}

export const persistentVolumeClaimSpec = message("io.k8s.api.core.v1.PersistentVolumeClaimSpec", "", {
  accessModes: list(1, "string", "", { listType: "atomic", enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"], enumCheck: "own" }),
  resources: obj(2, volumeResourceRequirements, "", { default: {} }),
  volumeName: str(3, ""),
  selector: obj(4, labelSelector, ""),
  storageClassName: str(5, ""),
  volumeMode: str(6, "", { default: "Filesystem", enum: ["Block", "Filesystem"], enumCheck: "strict" }),
  dataSource: obj(7, typedLocalObjectReference, ""),
  dataSourceRef: obj(8, typedObjectReference, ""),
  volumeAttributesClassName: str(9, ""),
});
export interface PersistentVolumeClaimSpec extends Infer<typeof persistentVolumeClaimSpec> {}

export const photonPersistentDiskVolumeSource = message("io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource", "", {
  pdID: str(1, "", { required: true }),
  fsType: str(2, ""),
});
export interface PhotonPersistentDiskVolumeSource extends Infer<typeof photonPersistentDiskVolumeSource> {}

export const portworxVolumeSource = message("io.k8s.api.core.v1.PortworxVolumeSource", "", {
  volumeID: str(1, "", { required: true }),
  fsType: str(2, ""),
  readOnly: bool(3, ""),
});
export interface PortworxVolumeSource extends Infer<typeof portworxVolumeSource> {}

export const quobyteVolumeSource = message("io.k8s.api.core.v1.QuobyteVolumeSource", "", {
  registry: str(1, "", { required: true }),
  volume: str(2, "", { required: true }),
  readOnly: bool(3, ""),
  user: str(4, ""),
  group: str(5, ""),
  tenant: str(6, ""),
});
export interface QuobyteVolumeSource extends Infer<typeof quobyteVolumeSource> {}

export const rbdPersistentVolumeSource = message("io.k8s.api.core.v1.RBDPersistentVolumeSource", "", {
  monitors: list(1, "string", "", { required: true, listType: "atomic" }),
  image: str(2, "", { required: true }),
  fsType: str(3, ""),
  pool: str(4, "", { default: "rbd" }),
  user: str(5, "", { default: "admin" }),
  keyring: str(6, "", { default: "/etc/ceph/keyring" }),
  secretRef: obj(7, secretReference, ""),
  readOnly: bool(8, ""),
});
export interface RBDPersistentVolumeSource extends Infer<typeof rbdPersistentVolumeSource> {}

export const scaleIOPersistentVolumeSource = message("io.k8s.api.core.v1.ScaleIOPersistentVolumeSource", "", {
  gateway: str(1, "", { required: true }),
  system: str(2, "", { required: true }),
  secretRef: obj(3, secretReference, "", { required: true }),
  sslEnabled: bool(4, ""),
  protectionDomain: str(5, ""),
  storagePool: str(6, ""),
  storageMode: str(7, "", { default: "ThinProvisioned" }),
  volumeName: str(8, ""),
  fsType: str(9, "", { default: "xfs" }),
  readOnly: bool(10, ""),
});
export interface ScaleIOPersistentVolumeSource extends Infer<typeof scaleIOPersistentVolumeSource> {}

export const storageOSPersistentVolumeSource = message("io.k8s.api.core.v1.StorageOSPersistentVolumeSource", "", {
  volumeName: str(1, ""),
  volumeNamespace: str(2, ""),
  fsType: str(3, ""),
  readOnly: bool(4, ""),
  secretRef: obj(5, objectReference, ""),
});
export interface StorageOSPersistentVolumeSource extends Infer<typeof storageOSPersistentVolumeSource> {}

export const vsphereVirtualDiskVolumeSource = message("io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource", "", {
  volumePath: str(1, "", { required: true }),
  fsType: str(2, ""),
  storagePolicyName: str(3, ""),
  storagePolicyID: str(4, ""),
});
export interface VsphereVirtualDiskVolumeSource extends Infer<typeof vsphereVirtualDiskVolumeSource> {}

export const persistentVolumeSource = message("io.k8s.api.core.v1.PersistentVolumeSource", "", {
  gcePersistentDisk: obj(1, gcePersistentDiskVolumeSource, ""),
  awsElasticBlockStore: obj(2, awsElasticBlockStoreVolumeSource, ""),
  hostPath: obj(3, hostPathVolumeSource, ""),
  glusterfs: obj(4, glusterfsPersistentVolumeSource, ""),
  nfs: obj(5, nfsVolumeSource, ""),
  rbd: obj(6, rbdPersistentVolumeSource, ""),
  iscsi: obj(7, iscsiPersistentVolumeSource, ""),
  cinder: obj(8, cinderPersistentVolumeSource, ""),
  cephfs: obj(9, cephFSPersistentVolumeSource, ""),
  fc: obj(10, fcVolumeSource, ""),
  flocker: obj(11, flockerVolumeSource, ""),
  flexVolume: obj(12, flexPersistentVolumeSource, ""),
  azureFile: obj(13, azureFilePersistentVolumeSource, ""),
  vsphereVolume: obj(14, vsphereVirtualDiskVolumeSource, ""),
  quobyte: obj(15, quobyteVolumeSource, ""),
  azureDisk: obj(16, azureDiskVolumeSource, ""),
  photonPersistentDisk: obj(17, photonPersistentDiskVolumeSource, ""),
  portworxVolume: obj(18, portworxVolumeSource, ""),
  scaleIO: obj(19, scaleIOPersistentVolumeSource, ""),
  local: obj(20, localVolumeSource, ""),
  storageos: obj(21, storageOSPersistentVolumeSource, ""),
  csi: obj(22, csiPersistentVolumeSource, ""),
});
export interface PersistentVolumeSource extends Infer<typeof persistentVolumeSource> {}

export const volumeNodeAffinity = message("io.k8s.api.core.v1.VolumeNodeAffinity", "", {
  required: obj(1, nodeSelector, ""),
});
export interface VolumeNodeAffinity extends Infer<typeof volumeNodeAffinity> {}

export const persistentVolumeSpec = message(
  "io.k8s.api.core.v1.PersistentVolumeSpec",
  "",
  {
    capacity: map(1, "quantity", ""),
    accessModes: list(3, "string", "", { listType: "atomic", enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"], enumCheck: "own" }),
    claimRef: obj(4, objectReference, "", { mapType: "granular" }),
    persistentVolumeReclaimPolicy: str(5, "", { default: "Retain", enum: ["Delete", "Recycle", "Retain"] }),
    storageClassName: str(6, ""),
    mountOptions: list(7, "string", "", { listType: "atomic" }),
    volumeMode: str(8, "", { default: "Filesystem", enum: ["Block", "Filesystem"], enumCheck: "strict" }),
    nodeAffinity: obj(9, volumeNodeAffinity, ""),
    volumeAttributesClassName: str(10, ""),
    ...persistentVolumeSource.fields,
  },
  { inline: [{ number: 2, message: persistentVolumeSource }] },
);
export interface PersistentVolumeSpec extends Infer<typeof persistentVolumeSpec> {}

export const resourceClaim = message("io.k8s.api.core.v1.ResourceClaim", "", {
  name: str(1, "", { required: true }),
  request: str(2, ""),
});
export interface ResourceClaim extends Infer<typeof resourceClaim> {}

export const resourceFieldSelector = message(
  "io.k8s.api.core.v1.ResourceFieldSelector",
  "",
  {
    containerName: str(1, ""),
    resource: str(2, "", { required: true }),
    divisor: quantity(3, ""),
  },
  { mapType: "atomic" },
);
export interface ResourceFieldSelector extends Infer<typeof resourceFieldSelector> {}

export const resourceRequirements = message(
  "io.k8s.api.core.v1.ResourceRequirements",
  "ResourceRequirements says what is requested and what it is limited to.",
  {
    limits: map(1, "quantity", "The most that may be used."),
    requests: map(2, "quantity", "What must be free on a node; the limits unless set."),
    claims: list(3, resourceClaim, "Entries of the pod's resourceClaims that the container uses.", { listType: "map", keys: ["name"] }),
  },
);
export interface ResourceRequirements extends Infer<typeof resourceRequirements> {}

export const toleration = message("io.k8s.api.core.v1.Toleration", "Toleration lets a pod onto nodes with a matching taint.", {
  key: str(1, "Key of the taint; empty for all."),
  operator: str(2, "Exists or Equal.", { enum: ["Equal", "Exists"] }),
  value: str(3, "Value of the taint, for Equal."),
  effect: str(4, "Effect of the taint; empty for all.", { enum: ["NoSchedule", "PreferNoSchedule", "NoExecute"] }),
  tolerationSeconds: int64(5, "How long a NoExecute taint is tolerated; for ever unless set."),
});
export interface Toleration extends Infer<typeof toleration> {}

export const topologySelectorLabelRequirement = message("io.k8s.api.core.v1.TopologySelectorLabelRequirement", "", {
  key: str(1, "", { required: true }),
  values: list(2, "string", "", { required: true, listType: "atomic" }),
});
export interface TopologySelectorLabelRequirement extends Infer<typeof topologySelectorLabelRequirement> {}

export const topologySelectorTerm = message(
  "io.k8s.api.core.v1.TopologySelectorTerm",
  "",
  {
    matchLabelExpressions: list(1, topologySelectorLabelRequirement, "", { listType: "atomic" }),
  },
  { mapType: "atomic" },
);
export interface TopologySelectorTerm extends Infer<typeof topologySelectorTerm> {}
