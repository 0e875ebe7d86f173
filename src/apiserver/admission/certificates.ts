/** Who may approve and sign certificates, and which requests nobody may make (certificates.k8s.io). */
import { type CertificateSigningRequest, certificateSigningRequests } from "../../api/certificates/v1/certificate-signing-request.ts";
import { sameJson } from "../../machinery/json.ts";
import { mastersGroup } from "../authentication/groups.ts";
import type { AdmissionAttributes, AdmissionPlugin, Authorizer } from "../contract.ts";
import { requestedOrganizations } from "./certificate-request.ts";
import { handlesObjects, isSame, refuse } from "./plugin.ts";

const group = "certificates.k8s.io";
const clientSigner = "kubernetes.io/kube-apiserver-client";

export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "CertificateApproval",
    handles: (operation, definition, subresource) => operation === "UPDATE" && subresource === "approval" && isSame(definition, certificateSigningRequests),
    async validate(attributes) {
      // The signer cannot change, but only the stored one is beyond doubt.
      const { signerName } = (attributes.oldObject as CertificateSigningRequest).spec;
      if (!(await mayUseSigner("approve", signerName, attributes, authorizer))) {
        throw refuse(attributes, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`);
      }
    },
  };
}

export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "CertificateSigning",
    handles: (operation, definition, subresource) => operation === "UPDATE" && subresource === "status" && isSame(definition, certificateSigningRequests),
    async validate(attributes) {
      const request = attributes.object as CertificateSigningRequest;
      const old = attributes.oldObject as CertificateSigningRequest;
      const sameCertificate = request.status?.certificate === old.status?.certificate;
      if (sameCertificate && sameJson(request.status?.conditions ?? [], old.status?.conditions ?? [])) return;
      const { signerName } = old.spec;
      if (!(await mayUseSigner("sign", signerName, attributes, authorizer))) {
        throw refuse(attributes, `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`);
      }
    },
  };
}

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  handles: handlesObjects(["CREATE"], certificateSigningRequests),
  validate(attributes) {
    const { spec } = attributes.object as CertificateSigningRequest;
    if (spec.signerName !== clientSigner) return;
    if (!requestedOrganizations(spec.request).includes(mastersGroup)) return;
    throw refuse(attributes, `use of ${clientSigner} signer with ${mastersGroup} group is not allowed`);
  },
};

/** The signer itself, or all of its domain: `example.com/*`. */
async function mayUseSigner(verb: string, signerName: string, { user }: AdmissionAttributes, authorizer: Authorizer): Promise<boolean> {
  const domain = signerName.split("/", 1)[0] ?? "";
  for (const name of [signerName, `${domain}/*`]) {
    const base = { user, verb, isResourceRequest: true, group, version: "*", resource: "signers", subresource: "", namespace: "", name, path: "" };
    if ((await authorizer.authorize(base)).decision === "allow") return true;
  }
  return false;
}
