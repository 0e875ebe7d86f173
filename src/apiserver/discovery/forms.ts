/** Discovery documents in the forms that objects have: JSON, YAML and protobuf (metav1.APIGroupList and its like). */
import { encodeProtobuf } from "../../machinery/protobuf.ts";
import { bool, list, type MessageSchema, message, obj, str } from "../../machinery/schema.ts";
import { StatusError } from "../../machinery/status.ts";
import type { RouteRequest } from "../contract.ts";
import { acceptedTypes, contentTypeOf, type Negotiated, negotiate, wantsPretty } from "../http/accept.ts";
import { encodeValue } from "../http/respond.ts";
import { replyDocument } from "./reply.ts";

const prefix = "io.k8s.apimachinery.pkg.apis.meta.v1";

const serverAddressByClientCIDR = message(`${prefix}.ServerAddressByClientCIDR`, "Which address clients of a network are to use.", {
  clientCIDR: str(1, "The network.", { required: true }),
  serverAddress: str(2, "The address.", { required: true }),
});

const apiVersions = message(`${prefix}.APIVersions`, "The versions of the core group.", {
  versions: list(1, "string", "The versions.", { required: true }),
  serverAddressByClientCIDRs: list(2, serverAddressByClientCIDR, "Where the server is reached.", { required: true }),
});

const groupVersionForDiscovery = message(`${prefix}.GroupVersionForDiscovery`, "A version of a group.", {
  groupVersion: str(1, "As objects name it.", { required: true }),
  version: str(2, "The version alone.", { required: true }),
});

const apiGroup = message(`${prefix}.APIGroup`, "A group and its versions.", {
  name: str(1, "Name of the group.", { required: true }),
  versions: list(2, groupVersionForDiscovery, "Its versions.", { required: true }),
  preferredVersion: obj(3, groupVersionForDiscovery, "The one that clients had best use."),
  serverAddressByClientCIDRs: list(4, serverAddressByClientCIDR, "Where the server is reached."),
});

const apiGroupList = message(`${prefix}.APIGroupList`, "All groups.", { groups: list(1, apiGroup, "The groups.", { required: true }) });

/** In Go the verbs are a type of their own, and so a message of their own. */
const verbs = message(`${prefix}.Verbs`, "Verbs of a resource.", { items: list(1, "string", "The verbs.") });

const apiResource = message(`${prefix}.APIResource`, "A resource or subresource.", {
  name: str(1, "Its name in paths.", { required: true }),
  namespaced: bool(2, "Whether its objects lie in namespaces.", { required: true }),
  kind: str(3, "Kind of its objects.", { required: true }),
  verbs: obj(4, verbs, "What may be done with it."),
  shortNames: list(5, "string", "Names for people in a hurry."),
  singularName: str(6, "Its name for one object.", { required: true }),
  categories: list(7, "string", "Groups of resources that it belongs to."),
  group: str(8, "Group of the kind, where it is another."),
  version: str(9, "Version of the kind, where it is another."),
  storageVersionHash: str(10, "Tells stored versions apart."),
});

const apiResourceList = message(`${prefix}.APIResourceList`, "The resources of a group version.", {
  groupVersion: str(1, "The group version.", { required: true }),
  resources: list(2, apiResource, "The resources.", { required: true }),
});

const schemas: Readonly<Record<string, MessageSchema>> = {
  APIVersions: apiVersions,
  APIGroupList: apiGroupList,
  APIGroup: apiGroup,
  APIResourceList: apiResourceList,
};

/** `framed`: one of those that upstream serves by its web framework, which refuses in words of its own. Throws 406. */
export async function replyForm(request: RouteRequest, document: object, framed: boolean): Promise<void> {
  const negotiated = formOf(request, framed);
  const body = negotiated.encoding === "protobuf" ? asMessage(document) : encodeValue(document, { negotiated, pretty: wantsPretty(request) });
  await replyDocument(request, body, { contentType: contentTypeOf(negotiated) });
}

function formOf({ headers }: RouteRequest, framed: boolean): Negotiated {
  const accept = headers["accept"];
  try {
    return negotiate(typeof accept === "string" ? accept : undefined, { answer: "object", kind: "", table: false });
  } catch (error) {
    if (framed && error instanceof StatusError) throw noRepresentation(acceptedTypes);
    throw error;
  }
}

export function noRepresentation(available: readonly string[]): StatusError {
  const message = `406: Not Acceptable\n\nAvailable representations: ${available.join(", ")}`;
  return new StatusError({ code: 406, reason: "NotAcceptable", message, details: {} });
}

function asMessage(document: object): Buffer {
  const { kind, resources } = document as { kind: string; resources?: readonly { verbs: readonly string[] }[] };
  const shaped =
    resources === undefined ? document : { ...document, resources: resources.map((resource) => ({ ...resource, verbs: { items: resource.verbs } })) };
  const bytes = encodeProtobuf(schemas[kind]!, shaped);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
