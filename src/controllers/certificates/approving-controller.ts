/** Approves what kubelets need to join: a client certificate of their own, if they may ask for one. */
import type { CertificateSigningRequest } from "../../api/certificates/v1/certificate-signing-request.ts";
import type { ComponentContext } from "../../client/component.ts";
import { isNotFound } from "../../client/errors.ts";
import { certificateSigningRequests, subjectAccessReviews } from "../../client/resources.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { kubeletClientSigner, refusal } from "./rules.ts";
import { type CertificateSigner, isDecided, type RequestedCertificate, requestPem } from "./signer.ts";

export interface Recognized {
  /** The requester must be allowed to create this subresource of certificatesigningrequests. */
  readonly permission: "selfnodeclient" | "nodeclient";
  readonly message: string;
}

const self: Recognized = { permission: "selfnodeclient", message: "Auto approving self kubelet client certificate after SubjectAccessReview." };
const bootstrap: Recognized = { permission: "nodeclient", message: "Auto approving kubelet client certificate after SubjectAccessReview." };

/** In the order to try; empty for requests that wait for a human. */
export function recognize({ spec }: CertificateSigningRequest, wanted: RequestedCertificate): Recognized[] {
  if (spec.signerName !== kubeletClientSigner || refusal(spec.signerName, wanted, spec.usages ?? []) !== undefined) return [];
  return spec.username === wanted.commonName ? [self, bootstrap] : [bootstrap];
}

export function approved(request: CertificateSigningRequest, message: string): CertificateSigningRequest {
  const condition = { type: "Approved", status: "True", reason: "AutoApproved", message };
  return { ...request, status: { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] } };
}

export function certificateApprovingController(signer: CertificateSigner): Controller {
  return {
    name: "certificatesigningrequest-approving-controller",
    account: "certificate-controller",
    run: (context) => {
      const requests = context.informers.informer(certificateSigningRequests);
      const queue = createQueue(context);
      const enqueue = (request: CertificateSigningRequest) => queue.add(request.metadata.name);
      requests.addHandler({ add: enqueue, update: enqueue });
      const reconcile = async (name: string) => {
        const request = requests.get(name);
        if (request === undefined || isDecided(request) || (request.status?.certificate ?? "") !== "") return undefined;
        if (request.spec.signerName === kubeletClientSigner) await approve(context, signer, request);
        return undefined;
      };
      return runLoop(context, { queue, reconcile });
    },
  };
}

async function approve(context: ComponentContext, signer: CertificateSigner, request: CertificateSigningRequest): Promise<void> {
  const { name } = request.metadata;
  const tried = recognize(request, await signer.read(requestPem(request)));
  for (const { permission, message } of tried) {
    if (!(await isAllowed(context, request, permission))) continue;
    try {
      const target = { resource: certificateSigningRequests, name, subresource: "approval" };
      await context.client.transport.update(target, approved(request, message), {}, context.signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return;
  }
  // Retried with back-off: the permission may come later.
  if (tried.length > 0) throw new Error(`cannot approve request "${name}": ${request.spec.username} may not create ${tried.at(-1)?.permission} requests`);
}

async function isAllowed(context: ComponentContext, { spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
  const { username = "", uid, groups = [], extra } = spec;
  const review = await context.client.of(subjectAccessReviews).create({
    metadata: {},
    spec: {
      user: username,
      groups: [...groups],
      ...(uid === undefined ? {} : { uid }),
      ...(extra === undefined ? {} : { extra }),
      resourceAttributes: { group: certificateSigningRequests.group, resource: certificateSigningRequests.resource, verb: "create", subresource, version: "*" },
    },
  });
  return review.status?.allowed === true;
}
