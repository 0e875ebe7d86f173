import { objectMeta } from "../../../machinery/meta.ts";
import { bytes, type Infer, int32, list, mapOfLists, message, obj, str, time } from "../../../machinery/schema.ts";
import { humanDuration } from "../../../machinery/time.ts";
import { ageColumn, nameColumn, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import {
  certificateSigningRequestApproval,
  certificateSigningRequestStrategy,
  certificateSigningRequestStatus as statusView,
} from "./certificate-signing-request.strategy.ts";

export const certificateSigningRequestSpec = message(
  "io.k8s.api.certificates.v1.CertificateSigningRequestSpec",
  "CertificateSigningRequestSpec says what certificate is wanted, and by whom.",
  {
    request: bytes(1, "The request of PKCS #10, in PEM.", { required: true }),
    username: str(2, "Who asks, as the server saw it."),
    uid: str(3, "Identity of who asks, as the server saw it."),
    groups: list(4, "string", "Groups of who asks, as the server saw them.", { listType: "atomic" }),
    usages: list(5, "string", "What the certificate is to be used for.", { listType: "atomic" }),
    extra: mapOfLists(6, "What else the server knows of who asks."),
    signerName: str(7, "Signer that is asked, as domain/path.", { required: true }),
    expirationSeconds: int32(8, "How long the certificate should be valid, in seconds; the signer decides."),
  },
);
export interface CertificateSigningRequestSpec extends Infer<typeof certificateSigningRequestSpec> {}

export const certificateSigningRequestCondition = message(
  "io.k8s.api.certificates.v1.CertificateSigningRequestCondition",
  "CertificateSigningRequestCondition is one thing that happened to a request.",
  {
    type: str(1, "Approved, Denied, Failed, or a word of somebody else.", { required: true }),
    reason: str(2, "Why, in one word."),
    message: str(3, "Why, for people."),
    lastUpdateTime: time(4, "When it was last reported."),
    lastTransitionTime: time(5, "When its status last changed."),
    status: str(6, "True, False or Unknown; True for decisions and failure.", { required: true }),
  },
);
export interface CertificateSigningRequestCondition extends Infer<typeof certificateSigningRequestCondition> {}

export const certificateSigningRequestStatus = message(
  "io.k8s.api.certificates.v1.CertificateSigningRequestStatus",
  "CertificateSigningRequestStatus is what has become of a request.",
  {
    conditions: list(1, certificateSigningRequestCondition, "The decision, and what else happened.", { listType: "map", keys: ["type"] }),
    certificate: bytes(2, "The certificate with its chain, in PEM, once it is issued."),
  },
);
export interface CertificateSigningRequestStatus extends Infer<typeof certificateSigningRequestStatus> {}

export const certificateSigningRequest = message(
  "io.k8s.api.certificates.v1.CertificateSigningRequest",
  "A CertificateSigningRequest asks a signer for a certificate.",
  {
    apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
    kind: str(0, "Kind of the object.", { present: true }),
    metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
    spec: obj(2, certificateSigningRequestSpec, "The request.", { required: true, present: true, default: {} }),
    status: obj(3, certificateSigningRequestStatus, "The decision and the certificate."),
  },
);
export interface CertificateSigningRequest extends Infer<typeof certificateSigningRequest> {}

export const certificateSigningRequests = defineResource<CertificateSigningRequest>({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  resource: "certificatesigningrequests",
  singular: "certificatesigningrequest",
  shortNames: ["csr"],
  namespaced: false,
  schema: certificateSigningRequest,
  strategy: certificateSigningRequestStrategy,
  ownColumns: true,
  columns: [
    nameColumn,
    ageColumn,
    text("SignerName", "Signer that is asked.", (object) => object.spec.signerName),
    text("Requestor", "User who asks.", (object) => object.spec.username ?? ""),
    text("RequestedDuration", "How long the certificate should be valid.", ({ spec }) =>
      spec.expirationSeconds === undefined ? "<none>" : humanDuration(spec.expirationSeconds * 1000),
    ),
    text("Condition", "What has become of the request.", (object) => conditionText(object)),
  ],
  selectableFields: { "spec.signerName": (object) => object.spec.signerName },
  status: statusView,
  subresources: { approval: certificateSigningRequestApproval },
});

function conditionText(object: CertificateSigningRequest): string {
  const { conditions = [], certificate = "" } = object.status ?? {};
  const has = (type: string) => conditions.some((condition) => condition.type === type);
  const decision = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  return [decision, ...(has("Failed") ? ["Failed"] : []), ...(certificate === "" ? [] : ["Issued"])].join(",");
}
