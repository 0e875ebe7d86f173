/** Which service-account tokens a kubelet gets: those of the pods it runs, for audiences that these name (KEP-4412). */
import type { TokenRequest } from "../../api/authentication/v1/token-request.ts";
import { persistentVolumes } from "../../api/core/v1/persistent-volume.ts";
import { persistentVolumeClaims } from "../../api/core/v1/persistent-volume-claim.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import type { Volume } from "../../api/core/v1/volume.ts";
import { type CSIDriver, csiDrivers } from "../../api/storage/v1/csi-driver.ts";
import { notFound } from "../../machinery/status.ts";
import type { AdmissionAttributes, Authorizer, ObjectReader } from "../contract.ts";
import { refuse } from "./plugin.ts";

export async function checkToken(attributes: AdmissionAttributes, node: string, reader: ObjectReader, authorizer: Authorizer): Promise<void> {
  if (attributes.subresource !== "token" || attributes.operation !== "CREATE") return;
  const pod = await boundPod(attributes, reader);
  if (pod.spec?.nodeName !== node) throw refuse(attributes, "node requested token bound to a pod scheduled on a different node");
  const audiences = (attributes.object as TokenRequest).spec?.audiences ?? [];
  if (audiences.length > 1) throw refuse(attributes, "node may only request 0 or 1 audiences");
  const [audience = ""] = audiences;
  if (audience === "" || audiencesOf(pod, reader).has(audience) || (await mayRequest(attributes, audience, authorizer))) return;
  throw refuse(
    attributes,
    `audience ${JSON.stringify(audience)} not found in pod spec volume, ${attributes.user.name} is not authorized to request tokens for this audience`,
  );
}

async function boundPod(attributes: AdmissionAttributes, reader: ObjectReader): Promise<Pod> {
  const { apiVersion, kind, name = "", uid = "" } = (attributes.object as TokenRequest).spec?.boundObjectRef ?? {};
  if (apiVersion !== "v1" || kind !== "Pod" || name === "") throw refuse(attributes, "node requested token not bound to a pod");
  if (uid === "") throw refuse(attributes, "node requested token with a pod binding without a uid");
  const { namespace } = attributes;
  const pod = reader.get(pods, namespace, name) ?? (await reader.getFresh(pods, namespace, name));
  if (pod === undefined) throw notFound({ group: "", resource: "pods" }, name);
  if (pod.metadata.uid === uid) return pod;
  throw refuse(
    attributes,
    `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
  );
}

/** Audiences of projected tokens and of the CSI drivers that mount for the pod, claims included. */
function audiencesOf(pod: Pod, reader: ObjectReader): Set<string> {
  const audiences = new Set<string>();
  for (const volume of pod.spec?.volumes ?? []) {
    for (const { serviceAccountToken } of volume.projected?.sources ?? [])
      if (serviceAccountToken !== undefined) audiences.add(serviceAccountToken.audience ?? "");
    const driverName = driverOf(pod, volume, reader);
    const driver: CSIDriver | undefined = driverName === undefined ? undefined : reader.get(csiDrivers, "", driverName);
    for (const request of driver?.spec.tokenRequests ?? []) audiences.add(request.audience);
  }
  return audiences;
}

function driverOf({ metadata }: Pod, volume: Volume, reader: ObjectReader): string | undefined {
  if (volume.csi !== undefined) return volume.csi.driver;
  const claimName = volume.ephemeral === undefined ? volume.persistentVolumeClaim?.claimName : `${metadata.name}-${volume.name}`;
  const claim = claimName === undefined ? undefined : reader.get(persistentVolumeClaims, metadata.namespace ?? "", claimName);
  const volumeName = claim?.spec?.volumeName ?? "";
  return volumeName === "" ? undefined : reader.get(persistentVolumes, "", volumeName)?.spec?.csi?.driver;
}

/** RBAC can widen the list: the verb `request-serviceaccounts-token-audience` on a resource named like the audience. */
async function mayRequest({ user, namespace, name }: AdmissionAttributes, audience: string, authorizer: Authorizer): Promise<boolean> {
  const { decision } = await authorizer.authorize({
    user,
    verb: "request-serviceaccounts-token-audience",
    isResourceRequest: true,
    group: "",
    version: "v1",
    resource: audience,
    subresource: "",
    namespace,
    name,
    path: "",
  });
  return decision === "allow";
}
