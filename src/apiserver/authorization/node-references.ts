/** Which objects the pods of a node need: the edges of the Node authorizer's graph. */
import type { Container } from "../../api/core/v1/container.ts";
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Volume } from "../../api/core/v1/volume.ts";

export type ReferenceKind = "secret" | "configmap" | "pvc" | "serviceaccount" | "resourceclaim";

/** `secret:namespace/name`: a vertex of the graph. */
export function vertex(kind: ReferenceKind, namespace: string, name: string): string {
  return `${kind}:${namespace}/${name}`;
}

const mirrorAnnotation = "kubernetes.io/config.mirror";

/** Everything the pod's kubelet may read because of it. Mirror pods give no rights: kubelets make them up. */
export function podReferences(pod: Pod): Set<string> {
  const references = new Set<string>();
  if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) return references;
  const namespace = pod.metadata.namespace ?? "";
  const add = (kind: ReferenceKind, name: string | undefined): void => {
    if (name !== undefined && name !== "") references.add(vertex(kind, namespace, name));
  };
  const { spec } = pod;
  add("serviceaccount", spec?.serviceAccountName);
  for (const secret of spec?.imagePullSecrets ?? []) add("secret", secret.name);
  for (const container of allContainers(pod)) addContainer(container, add);
  for (const volume of spec?.volumes ?? []) addVolume(pod.metadata.name, volume, add);
  for (const claim of spec?.resourceClaims ?? []) add("resourceclaim", claim.resourceClaimName);
  for (const claim of pod.status?.resourceClaimStatuses ?? []) add("resourceclaim", claim.resourceClaimName);
  return references;
}

type Add = (kind: ReferenceKind, name: string | undefined) => void;
type Environment = Pick<Container, "env" | "envFrom">;

function allContainers({ spec }: Pod): Environment[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...((spec?.ephemeralContainers ?? []) as Environment[])];
}

function addContainer(container: Environment, add: Add): void {
  for (const { valueFrom } of container.env ?? []) {
    add("secret", valueFrom?.secretKeyRef?.name);
    add("configmap", valueFrom?.configMapKeyRef?.name);
  }
  for (const source of container.envFrom ?? []) {
    add("secret", source.secretRef?.name);
    add("configmap", source.configMapRef?.name);
  }
}

function addVolume(podName: string, volume: Volume, add: Add): void {
  add("pvc", volume.persistentVolumeClaim?.claimName);
  if (volume.ephemeral !== undefined) add("pvc", `${podName}-${volume.name}`);
  add("configmap", volume.configMap?.name);
  for (const name of volumeSecrets(volume)) add("secret", name);
  for (const source of volume.projected?.sources ?? []) {
    add("secret", source.secret?.name);
    add("configmap", source.configMap?.name);
  }
}

function volumeSecrets(volume: Volume): (string | undefined)[] {
  return [
    volume.secret?.secretName,
    volume.azureFile?.secretName,
    volume.csi?.nodePublishSecretRef?.name,
    volume.cephfs?.secretRef?.name,
    volume.cinder?.secretRef?.name,
    volume.flexVolume?.secretRef?.name,
    volume.iscsi?.secretRef?.name,
    volume.rbd?.secretRef?.name,
    volume.scaleIO?.secretRef?.name,
    volume.storageos?.secretRef?.name,
  ];
}

/** Secrets a kubelet needs to mount the volume; they lie in the claim's namespace unless they name one. */
export function volumeSecretReferences({ spec }: PersistentVolume): Set<string> {
  const csi = spec?.csi;
  const references = [
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
    csi?.nodeExpandSecretRef,
    csi?.controllerPublishSecretRef,
    csi?.controllerExpandSecretRef,
    spec?.cephfs?.secretRef,
    spec?.cinder?.secretRef,
    spec?.flexVolume?.secretRef,
    spec?.iscsi?.secretRef,
    spec?.rbd?.secretRef,
    spec?.scaleIO?.secretRef,
    spec?.storageos?.secretRef,
    spec?.azureFile === undefined ? undefined : { name: spec.azureFile.secretName, namespace: spec.azureFile.secretNamespace },
  ];
  const fallback = spec?.claimRef?.namespace ?? "";
  return new Set(references.flatMap((reference) => (reference?.name === undefined ? [] : [vertex("secret", reference.namespace ?? fallback, reference.name)])));
}
