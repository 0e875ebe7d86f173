import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, message, obj, str } from "../../../machinery/schema.ts";
import { nameColumn, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { ipAddressNameErrors, ipAddressUpdateErrors, newIPAddressErrors } from "./network.validation.ts";

export const parentReference = message("io.k8s.api.networking.v1.ParentReference", "ParentReference names the object that uses an address.", {
  group: str(1, "Group of the object."),
  resource: str(2, "Resource of the object, in the plural.", { required: true }),
  namespace: str(3, "Namespace of the object."),
  name: str(4, "Name of the object.", { required: true }),
});
export interface ParentReference extends Infer<typeof parentReference> {}

export const ipAddressSpec = message("io.k8s.api.networking.v1.IPAddressSpec", "IPAddressSpec says who uses an address.", {
  parentRef: obj(1, parentReference, "Object that uses it.", { required: true }),
});
export interface IPAddressSpec extends Infer<typeof ipAddressSpec> {}

export const ipAddress = message("io.k8s.api.networking.v1.IPAddress", "An IPAddress is one cluster IP that is in use.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, ipAddressSpec, "Who uses it.", { required: true, present: true, default: {} }),
});
export interface IPAddress extends Infer<typeof ipAddress> {}

export const ipAddresses = defineResource<IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  resource: "ipaddresses",
  singular: "ipaddress",
  shortNames: ["ip"],
  namespaced: false,
  schema: ipAddress,
  strategy: { validateName: ipAddressNameErrors, validateCreate: newIPAddressErrors, validateUpdate: ipAddressUpdateErrors },
  ownColumns: true,
  columns: [nameColumn, text("ParentRef", "Object that uses the address.", (object) => parentText(object.spec.parentRef))],
});

function parentText({ group = "", resource, namespace = "", name }: ParentReference): string {
  const kind = group === "" ? resource : `${resource}.${group}`;
  return namespace === "" ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}
