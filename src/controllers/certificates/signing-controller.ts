/** Signs approved requests to the built-in signers. */
import type { CertificateSigningRequest } from "../../api/certificates/v1/certificate-signing-request.ts";
import { isNotFound } from "../../client/errors.ts";
import { certificateSigningRequests } from "../../client/resources.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { builtInSigners, lifetimeSeconds, refusal } from "./rules.ts";
import { type CertificateSigner, hasCondition, isApproved, requestPem } from "./signer.ts";

export function awaitsSignature(request: CertificateSigningRequest): boolean {
  return builtInSigners.has(request.spec.signerName) && isApproved(request) && !hasCondition(request, "Failed") && (request.status?.certificate ?? "") === "";
}

export function certificateSigningController(signer: CertificateSigner): Controller {
  return {
    name: "certificatesigningrequest-signing-controller",
    account: "certificate-controller",
    run: (context) => {
      const requests = context.informers.informer(certificateSigningRequests);
      const queue = createQueue(context);
      const enqueue = (request: CertificateSigningRequest) => queue.add(request.metadata.name);
      requests.addHandler({ add: enqueue, update: enqueue });
      const reconcile = async (name: string) => {
        const request = requests.get(name);
        if (request === undefined || !awaitsSignature(request)) return undefined;
        try {
          await context.client.of(certificateSigningRequests).updateStatus(await answered(request, signer));
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
        return undefined;
      };
      return runLoop(context, { queue, reconcile });
    },
  };
}

/** With the certificate, or with the reason why there will be none. */
async function answered(request: CertificateSigningRequest, signer: CertificateSigner): Promise<CertificateSigningRequest> {
  const { signerName, usages = [], expirationSeconds } = request.spec;
  const pem = requestPem(request);
  const message = refusal(signerName, await signer.read(pem), usages);
  if (message !== undefined) {
    const failed = { type: "Failed", status: "True", reason: "SignerValidationFailure", message };
    return { ...request, status: { ...request.status, conditions: [...(request.status?.conditions ?? []), failed] } };
  }
  const certificate = await signer.sign({ request: pem, usages, expirationSeconds: lifetimeSeconds(expirationSeconds), signerName });
  return { ...request, status: { ...request.status, certificate: btoa(certificate) } };
}
