import { labelSelector } from "../../../machinery/meta.ts";
import { bool, type Infer, int32, int64, list, type MessageSchema, map, message, obj, quantity, str } from "../../../machinery/schema.ts";

export const awsElasticBlockStoreVolumeSource = message("io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource", "A disk of Amazon Web Services.", {
  volumeID: str(1, "Id of the disk.", { required: true }),
  fsType: str(2, "File system of the volume, such as ext4; ext4 unless set."),
  partition: int32(3, "Partition to mount; 0 or none for the whole disk."),
  readOnly: bool(4, "Whether it is mounted read-only."),
});
export interface AWSElasticBlockStoreVolumeSource extends Infer<typeof awsElasticBlockStoreVolumeSource> {}

export const azureDiskVolumeSource = message("io.k8s.api.core.v1.AzureDiskVolumeSource", "A disk of Azure.", {
  diskName: str(1, "Name of the disk.", { required: true }),
  diskURI: str(2, "URI of the disk.", { required: true }),
  cachingMode: str(3, "None, ReadOnly or ReadWrite.", { default: "ReadWrite", enumCheck: "strict" }),
  fsType: str(4, "File system of the volume, such as ext4; ext4 unless set.", { default: "ext4", enumCheck: "strict" }),
  readOnly: bool(5, "Whether it is mounted read-only.", { default: false }),
  kind: str(6, "Shared, Dedicated or Managed.", { default: "Shared", enumCheck: "strict" }),
});
export interface AzureDiskVolumeSource extends Infer<typeof azureDiskVolumeSource> {}

export const azureFilePersistentVolumeSource = message("io.k8s.api.core.v1.AzureFilePersistentVolumeSource", "A file share of Azure.", {
  secretName: str(1, "Secret with name and key of the storage account.", { required: true }),
  shareName: str(2, "Name of the share.", { required: true }),
  readOnly: bool(3, "Whether it is mounted read-only."),
  secretNamespace: str(4, "Namespace of the secret; the claim's unless set."),
});
export interface AzureFilePersistentVolumeSource extends Infer<typeof azureFilePersistentVolumeSource> {}

export const secretReference = message(
  "io.k8s.api.core.v1.SecretReference",
  "A Secret of any namespace.",
  {
    name: str(1, "Name of the Secret."),
    namespace: str(2, "Namespace of the Secret."),
  },
  { mapType: "atomic" },
);
export interface SecretReference extends Infer<typeof secretReference> {}

export const csiPersistentVolumeSource = message("io.k8s.api.core.v1.CSIPersistentVolumeSource", "A volume of a CSI driver.", {
  driver: str(1, "Name of the driver.", { required: true }),
  volumeHandle: str(2, "Name of the volume with the driver.", { required: true }),
  readOnly: bool(3, "Whether it is published read-only."),
  fsType: str(4, "File system of the volume, such as ext4."),
  volumeAttributes: map(5, "string", "What the driver has to know of the volume."),
  controllerPublishSecretRef: obj(6, secretReference, "Secret for attaching and detaching."),
  nodeStageSecretRef: obj(7, secretReference, "Secret for staging on a node."),
  nodePublishSecretRef: obj(8, secretReference, "Secret for mounting into a pod."),
  controllerExpandSecretRef: obj(9, secretReference, "Secret for growing the volume."),
  nodeExpandSecretRef: obj(10, secretReference, "Secret for growing the file system on a node."),
});
export interface CSIPersistentVolumeSource extends Infer<typeof csiPersistentVolumeSource> {}

export const cephFSPersistentVolumeSource = message("io.k8s.api.core.v1.CephFSPersistentVolumeSource", "A Ceph file system.", {
  monitors: list(1, "string", "Addresses of the Ceph monitors.", { required: true, listType: "atomic" }),
  path: str(2, "Path in the file system; all of it unless set."),
  user: str(3, "User to connect as."),
  secretFile: str(4, "File on the node with the user's key."),
  secretRef: obj(5, secretReference, "Secret with the key, instead of the file."),
  readOnly: bool(6, "Whether it is mounted read-only."),
});
export interface CephFSPersistentVolumeSource extends Infer<typeof cephFSPersistentVolumeSource> {}

export const cinderPersistentVolumeSource = message("io.k8s.api.core.v1.CinderPersistentVolumeSource", "A disk of OpenStack Cinder.", {
  volumeID: str(1, "Id of the disk.", { required: true }),
  fsType: str(2, "File system of the volume, such as ext4; ext4 unless set."),
  readOnly: bool(3, "Whether it is mounted read-only."),
  secretRef: obj(4, secretReference, "Secret with the access to OpenStack."),
});
export interface CinderPersistentVolumeSource extends Infer<typeof cinderPersistentVolumeSource> {}

export const eventSource = message("io.k8s.api.core.v1.EventSource", "Who reported an event.", {
  component: str(1, "Component that reported it."),
  host: str(2, "Node that it was reported on."),
});
export interface EventSource extends Infer<typeof eventSource> {}

export const fcVolumeSource = message("io.k8s.api.core.v1.FCVolumeSource", "A Fibre Channel disk.", {
  targetWWNs: list(1, "string", "World wide names of the target.", { listType: "atomic" }),
  lun: int32(2, "Number of the unit at the target."),
  fsType: str(3, "File system of the volume, such as ext4; ext4 unless set."),
  readOnly: bool(4, "Whether it is mounted read-only."),
  wwids: list(5, "string", "World wide ids of the volume, instead of target and unit.", { listType: "atomic" }),
});
export interface FCVolumeSource extends Infer<typeof fcVolumeSource> {}

export const flexPersistentVolumeSource = message("io.k8s.api.core.v1.FlexPersistentVolumeSource", "A volume of a FlexVolume driver.", {
  driver: str(1, "Name of the driver.", { required: true }),
  fsType: str(2, "File system of the volume; the driver chooses unless set."),
  secretRef: obj(3, secretReference, "Secret that is handed to the driver."),
  readOnly: bool(4, "Whether it is mounted read-only."),
  options: map(5, "string", "Further options for the driver."),
});
export interface FlexPersistentVolumeSource extends Infer<typeof flexPersistentVolumeSource> {}

export const flockerVolumeSource = message("io.k8s.api.core.v1.FlockerVolumeSource", "A Flocker data set.", {
  datasetName: str(1, "Name of the data set."),
  datasetUUID: str(2, "UUID of the data set, instead of its name."),
});
export interface FlockerVolumeSource extends Infer<typeof flockerVolumeSource> {}

export const gcePersistentDiskVolumeSource = message("io.k8s.api.core.v1.GCEPersistentDiskVolumeSource", "A disk of Google Compute Engine.", {
  pdName: str(1, "Name of the disk.", { required: true }),
  fsType: str(2, "File system of the volume, such as ext4; ext4 unless set."),
  partition: int32(3, "Partition to mount; 0 or none for the whole disk."),
  readOnly: bool(4, "Whether it is mounted read-only."),
});
export interface GCEPersistentDiskVolumeSource extends Infer<typeof gcePersistentDiskVolumeSource> {}

export const glusterfsPersistentVolumeSource = message("io.k8s.api.core.v1.GlusterfsPersistentVolumeSource", "A GlusterFS volume.", {
  endpoints: str(1, "Endpoints object with the addresses of the servers.", { required: true }),
  path: str(2, "Name of the volume.", { required: true }),
  readOnly: bool(3, "Whether it is mounted read-only."),
  endpointsNamespace: str(4, "Namespace of the Endpoints; the claim's unless set."),
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

/** `secret`: how the secret is named, which claims and volumes do differently. */
export const iscsiFields = <S extends MessageSchema>(secret: S) => ({
  targetPortal: str(1, "Address of the portal, with the port unless it is 860 or 3260.", { required: true }),
  iqn: str(2, "Name of the target.", { required: true }),
  lun: int32(3, "Number of the unit at the target.", { required: true }),
  iscsiInterface: str(4, "Interface to use; TCP unless set.", { default: "default" }),
  fsType: str(5, "File system of the volume, such as ext4; ext4 unless set."),
  readOnly: bool(6, "Whether it is mounted read-only."),
  portals: list(7, "string", "Further portals, for several paths to the disk.", { listType: "atomic" }),
  chapAuthDiscovery: bool(8, "Whether discovery is authenticated by CHAP."),
  secretRef: obj(10, secret, "Secret with the names and passwords of CHAP."),
  chapAuthSession: bool(11, "Whether sessions are authenticated by CHAP."),
  initiatorName: str(12, "Name to present instead of that of the node."),
});

export const iscsiPersistentVolumeSource = message("io.k8s.api.core.v1.ISCSIPersistentVolumeSource", "An iSCSI disk.", iscsiFields(secretReference));
export interface ISCSIPersistentVolumeSource extends Infer<typeof iscsiPersistentVolumeSource> {}

export const localObjectReference = message(
  "io.k8s.api.core.v1.LocalObjectReference",
  "An object of the same namespace.",
  {
    name: str(1, "Name of the object."),
  },
  { mapType: "atomic" },
);
export interface LocalObjectReference extends Infer<typeof localObjectReference> {}

export const localVolumeSource = message("io.k8s.api.core.v1.LocalVolumeSource", "A disk or folder of one node.", {
  path: str(1, "Path on the node.", { required: true }),
  fsType: str(2, "File system of a block device; found out unless set."),
});
export interface LocalVolumeSource extends Infer<typeof localVolumeSource> {}

export const nfsVolumeSource = message("io.k8s.api.core.v1.NFSVolumeSource", "A folder of an NFS server.", {
  server: str(1, "Name or address of the server.", { required: true }),
  path: str(2, "Path that the server exports.", { required: true }),
  readOnly: bool(3, "Whether it is mounted read-only."),
});
export interface NFSVolumeSource extends Infer<typeof nfsVolumeSource> {}

export const nodeSelectorRequirement = message("io.k8s.api.core.v1.NodeSelectorRequirement", "One thing asked of a label or field of a node.", {
  key: str(1, "Key of the label, or name of the field.", { required: true }),
  operator: str(2, "In, NotIn, Exists, DoesNotExist, Gt or Lt.", { required: true }),
  values: list(3, "string", "Values to compare with; one number for Gt and Lt.", { listType: "atomic" }),
});
export interface NodeSelectorRequirement extends Infer<typeof nodeSelectorRequirement> {}

export const nodeSelectorTerm = message(
  "io.k8s.api.core.v1.NodeSelectorTerm",
  "Requirements that all have to hold; none match no node.",
  {
    matchExpressions: list(1, nodeSelectorRequirement, "Requirements of the node's labels.", { listType: "atomic" }),
    matchFields: list(2, nodeSelectorRequirement, "Requirements of the node's fields.", { listType: "atomic" }),
  },
  { mapType: "atomic" },
);
export interface NodeSelectorTerm extends Infer<typeof nodeSelectorTerm> {}

export const nodeSelector = message(
  "io.k8s.api.core.v1.NodeSelector",
  "Which nodes fit.",
  {
    nodeSelectorTerms: list(1, nodeSelectorTerm, "Terms, one of which has to hold.", { required: true, listType: "atomic" }),
  },
  { mapType: "atomic" },
);
export interface NodeSelector extends Infer<typeof nodeSelector> {}

export const objectFieldSelector = message(
  "io.k8s.api.core.v1.ObjectFieldSelector",
  "A field of the pod.",
  {
    apiVersion: str(1, "Version of the schema that the path is of.", { default: "v1" }),
    fieldPath: str(2, "Path of the field.", { required: true }),
  },
  { mapType: "atomic" },
);
export interface ObjectFieldSelector extends Infer<typeof objectFieldSelector> {}

export const objectReference = message(
  "io.k8s.api.core.v1.ObjectReference",
  "An object, or a part of one.",
  {
    kind: str(1, "Kind of the object."),
    namespace: str(2, "Namespace of the object."),
    name: str(3, "Name of the object."),
    uid: str(4, "UID of the object."),
    apiVersion: str(5, "Group and version of the object."),
    resourceVersion: str(6, "Version of the object that is meant."),
    fieldPath: str(7, "Part of the object, such as spec.containers{name}."),
  },
  { mapType: "atomic" },
);
export interface ObjectReference extends Infer<typeof objectReference> {}

export const typedLocalObjectReference = message(
  "io.k8s.api.core.v1.TypedLocalObjectReference",
  "An object of the same namespace, of any kind.",
  {
    apiGroup: str(1, "Group of the kind; core unless set."),
    kind: str(2, "Kind of the object.", { required: true }),
    name: str(3, "Name of the object.", { required: true }),
  },
  { mapType: "atomic" },
);
export interface TypedLocalObjectReference extends Infer<typeof typedLocalObjectReference> {}

export const typedObjectReference = message("io.k8s.api.core.v1.TypedObjectReference", "An object of any kind, in any namespace.", {
  apiGroup: str(1, "Group of the kind; core unless set."),
  kind: str(2, "Kind of the object.", { required: true }),
  name: str(3, "Name of the object.", { required: true }),
  namespace: str(4, "Namespace of the object, which has to permit it by a ReferenceGrant; the own one unless set."),
});
export interface TypedObjectReference extends Infer<typeof typedObjectReference> {}

export const volumeResourceRequirements = message("io.k8s.api.core.v1.VolumeResourceRequirements", "How much storage is asked for.", {
  limits: map(1, "quantity", "The most that will do."),
  requests: map(2, "quantity", "The least that will do."),
});
export interface VolumeResourceRequirements extends Infer<typeof volumeResourceRequirements> {}

export const persistentVolumeClaimSpec = message("io.k8s.api.core.v1.PersistentVolumeClaimSpec", "What a claim asks for.", {
  accessModes: list(1, "string", "Ways in which the volume can be mounted.", {
    listType: "atomic",
    enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"],
    enumCheck: "own",
  }),
  resources: obj(2, volumeResourceRequirements, "How much storage.", { default: {} }),
  volumeName: str(3, "Volume that the claim is bound to."),
  selector: obj(4, labelSelector, "Labels of the volumes to choose from."),
  storageClassName: str(5, "Class that the volume is of; empty for none."),
  volumeMode: str(6, "Filesystem, or Block for a raw device.", { default: "Filesystem", enum: ["Block", "Filesystem"], enumCheck: "strict" }),
  dataSource: obj(7, typedLocalObjectReference, "Claim or snapshot that the volume is filled from."),
  dataSourceRef: obj(8, typedObjectReference, "Object of any kind that the volume is filled from."),
  volumeAttributesClassName: str(9, "VolumeAttributesClass with attributes that can change later."),
});
export interface PersistentVolumeClaimSpec extends Infer<typeof persistentVolumeClaimSpec> {}

export const photonPersistentDiskVolumeSource = message("io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource", "A disk of the Photon controller.", {
  pdID: str(1, "Id of the disk.", { required: true }),
  fsType: str(2, "File system of the volume, such as ext4; ext4 unless set."),
});
export interface PhotonPersistentDiskVolumeSource extends Infer<typeof photonPersistentDiskVolumeSource> {}

export const portworxVolumeSource = message("io.k8s.api.core.v1.PortworxVolumeSource", "A Portworx volume.", {
  volumeID: str(1, "Id of the volume.", { required: true }),
  fsType: str(2, "File system of the volume, such as ext4; ext4 unless set."),
  readOnly: bool(3, "Whether it is mounted read-only."),
});
export interface PortworxVolumeSource extends Infer<typeof portworxVolumeSource> {}

export const quobyteVolumeSource = message("io.k8s.api.core.v1.QuobyteVolumeSource", "A Quobyte volume.", {
  registry: str(1, "Registries as host:port, separated by commas.", { required: true }),
  volume: str(2, "Name of the volume.", { required: true }),
  readOnly: bool(3, "Whether it is mounted read-only."),
  user: str(4, "User that owns what is written."),
  group: str(5, "Group that owns what is written."),
  tenant: str(6, "Tenant that the volume belongs to."),
});
export interface QuobyteVolumeSource extends Infer<typeof quobyteVolumeSource> {}

export const rbdFields = <S extends MessageSchema>(secret: S) => ({
  monitors: list(1, "string", "Addresses of the Ceph monitors.", { required: true, listType: "atomic" }),
  image: str(2, "Name of the image.", { required: true }),
  fsType: str(3, "File system of the volume, such as ext4; ext4 unless set."),
  pool: str(4, "Pool that the image is in.", { default: "rbd" }),
  user: str(5, "User to connect as.", { default: "admin" }),
  keyring: str(6, "Keyring file on the node.", { default: "/etc/ceph/keyring" }),
  secretRef: obj(7, secret, "Secret with the key, instead of the keyring."),
  readOnly: bool(8, "Whether it is mounted read-only."),
});

export const rbdPersistentVolumeSource = message("io.k8s.api.core.v1.RBDPersistentVolumeSource", "A Ceph block device.", rbdFields(secretReference));
export interface RBDPersistentVolumeSource extends Infer<typeof rbdPersistentVolumeSource> {}

export const scaleIOFields = <S extends MessageSchema>(secret: S) => ({
  gateway: str(1, "Address of the ScaleIO gateway.", { required: true }),
  system: str(2, "Name of the storage system.", { required: true }),
  secretRef: obj(3, secret, "Secret with the credentials.", { required: true }),
  sslEnabled: bool(4, "Whether to talk to the gateway over TLS."),
  protectionDomain: str(5, "Protection domain of the storage."),
  storagePool: str(6, "Storage pool of the protection domain."),
  storageMode: str(7, "ThickProvisioned or ThinProvisioned.", { default: "ThinProvisioned" }),
  volumeName: str(8, "Name of the volume."),
  fsType: str(9, "File system of the volume; xfs unless set.", { default: "xfs" }),
  readOnly: bool(10, "Whether it is mounted read-only."),
});

export const scaleIOPersistentVolumeSource = message("io.k8s.api.core.v1.ScaleIOPersistentVolumeSource", "A ScaleIO volume.", scaleIOFields(secretReference));
export interface ScaleIOPersistentVolumeSource extends Infer<typeof scaleIOPersistentVolumeSource> {}

export const storageOSPersistentVolumeSource = message("io.k8s.api.core.v1.StorageOSPersistentVolumeSource", "A StorageOS volume.", {
  volumeName: str(1, "Name of the volume, unique within its namespace."),
  volumeNamespace: str(2, "StorageOS namespace of the volume; the pod's unless set."),
  fsType: str(3, "File system of the volume, such as ext4; ext4 unless set."),
  readOnly: bool(4, "Whether it is mounted read-only."),
  secretRef: obj(5, objectReference, "Secret with the access to StorageOS."),
});
export interface StorageOSPersistentVolumeSource extends Infer<typeof storageOSPersistentVolumeSource> {}

export const vsphereVirtualDiskVolumeSource = message("io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource", "A disk of vSphere.", {
  volumePath: str(1, "Path of the disk file.", { required: true }),
  fsType: str(2, "File system of the volume, such as ext4; ext4 unless set."),
  storagePolicyName: str(3, "Name of its storage policy."),
  storagePolicyID: str(4, "Id of its storage policy."),
});
export interface VsphereVirtualDiskVolumeSource extends Infer<typeof vsphereVirtualDiskVolumeSource> {}

export const persistentVolumeSource = message("io.k8s.api.core.v1.PersistentVolumeSource", "What a persistent volume is; exactly one is set.", {
  gcePersistentDisk: obj(1, gcePersistentDiskVolumeSource, "Disk of Google Compute Engine."),
  awsElasticBlockStore: obj(2, awsElasticBlockStoreVolumeSource, "Disk of Amazon Web Services."),
  hostPath: obj(3, hostPathVolumeSource, "Folder of a node, for clusters of one node."),
  glusterfs: obj(4, glusterfsPersistentVolumeSource, "GlusterFS volume."),
  nfs: obj(5, nfsVolumeSource, "Folder of an NFS server."),
  rbd: obj(6, rbdPersistentVolumeSource, "Ceph block device."),
  iscsi: obj(7, iscsiPersistentVolumeSource, "iSCSI disk."),
  cinder: obj(8, cinderPersistentVolumeSource, "OpenStack Cinder disk."),
  cephfs: obj(9, cephFSPersistentVolumeSource, "Ceph file system."),
  fc: obj(10, fcVolumeSource, "Fibre Channel disk."),
  flocker: obj(11, flockerVolumeSource, "Flocker data set."),
  flexVolume: obj(12, flexPersistentVolumeSource, "Volume of a FlexVolume driver."),
  azureFile: obj(13, azureFilePersistentVolumeSource, "Azure file share."),
  vsphereVolume: obj(14, vsphereVirtualDiskVolumeSource, "vSphere disk."),
  quobyte: obj(15, quobyteVolumeSource, "Quobyte volume."),
  azureDisk: obj(16, azureDiskVolumeSource, "Azure disk."),
  photonPersistentDisk: obj(17, photonPersistentDiskVolumeSource, "PhotonController disk."),
  portworxVolume: obj(18, portworxVolumeSource, "Portworx volume."),
  scaleIO: obj(19, scaleIOPersistentVolumeSource, "ScaleIO volume."),
  local: obj(20, localVolumeSource, "Disk or folder of one node."),
  storageos: obj(21, storageOSPersistentVolumeSource, "StorageOS volume."),
  csi: obj(22, csiPersistentVolumeSource, "Volume of a CSI driver."),
});
export interface PersistentVolumeSource extends Infer<typeof persistentVolumeSource> {}

export const volumeNodeAffinity = message("io.k8s.api.core.v1.VolumeNodeAffinity", "From which nodes a volume can be reached.", {
  required: obj(1, nodeSelector, "Nodes that can mount the volume."),
});
export interface VolumeNodeAffinity extends Infer<typeof volumeNodeAffinity> {}

export const persistentVolumeSpec = message(
  "io.k8s.api.core.v1.PersistentVolumeSpec",
  "What a persistent volume is, and who has it.",
  {
    capacity: map(1, "quantity", "Size of the volume."),
    accessModes: list(3, "string", "Ways in which the volume can be mounted.", {
      listType: "atomic",
      enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"],
      enumCheck: "own",
    }),
    claimRef: obj(4, objectReference, "Claim that the volume is bound to.", { mapType: "granular" }),
    persistentVolumeReclaimPolicy: str(5, "What becomes of the volume when its claim goes: Retain, Delete or Recycle.", {
      default: "Retain",
      enum: ["Delete", "Recycle", "Retain"],
    }),
    storageClassName: str(6, "Class of the volume; empty for none."),
    mountOptions: list(7, "string", "Options of the mount.", { listType: "atomic" }),
    volumeMode: str(8, "Filesystem, or Block for a raw device.", { default: "Filesystem", enum: ["Block", "Filesystem"], enumCheck: "strict" }),
    nodeAffinity: obj(9, volumeNodeAffinity, "Nodes that the volume can be reached from."),
    volumeAttributesClassName: str(10, "VolumeAttributesClass of the volume."),
    ...persistentVolumeSource.fields,
  },
  { inline: [{ number: 2, message: persistentVolumeSource }] },
);
export interface PersistentVolumeSpec extends Infer<typeof persistentVolumeSpec> {}

export const resourceClaim = message("io.k8s.api.core.v1.ResourceClaim", "A claim that a container uses.", {
  name: str(1, "Name of an entry of the pod's resourceClaims.", { required: true }),
  request: str(2, "One request of the claim; all of them unless set."),
});
export interface ResourceClaim extends Infer<typeof resourceClaim> {}

export const resourceFieldSelector = message(
  "io.k8s.api.core.v1.ResourceFieldSelector",
  "A resource of a container.",
  {
    containerName: str(1, "Container; the own one where there is one."),
    resource: str(2, "Resource, such as limits.cpu.", { required: true }),
    divisor: quantity(3, "Unit that the value is given in; 1 unless set."),
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

export const topologySelectorLabelRequirement = message("io.k8s.api.core.v1.TopologySelectorLabelRequirement", "Values that a label may have.", {
  key: str(1, "Key of the label.", { required: true }),
  values: list(2, "string", "Values, one of which the label has.", { required: true, listType: "atomic" }),
});
export interface TopologySelectorLabelRequirement extends Infer<typeof topologySelectorLabelRequirement> {}

export const topologySelectorTerm = message(
  "io.k8s.api.core.v1.TopologySelectorTerm",
  "Labels that a topology has.",
  {
    matchLabelExpressions: list(1, topologySelectorLabelRequirement, "Requirements of the labels, all of which hold.", { listType: "atomic" }),
  },
  { mapType: "atomic" },
);
export interface TopologySelectorTerm extends Infer<typeof topologySelectorTerm> {}
