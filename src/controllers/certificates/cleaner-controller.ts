/** Deletes requests that have served, or that nobody answered. */
import type { CertificateSigningRequest } from "../../api/certificates/v1/certificate-signing-request.ts";
import { isNotFound } from "../../client/errors.ts";
import { certificateSigningRequests } from "../../client/resources.ts";
import type { Controller } from "../controller.ts";
import { informersSynced, runPeriodically } from "../shared/loop.ts";
import { timeMs } from "../shared/time.ts";
import type { CertificateSigner } from "./signer.ts";

const hourMs = 3_600_000;
const answeredMs = hourMs;
const pendingMs = 24 * hourMs;

/** An hour after it was answered, a day after it was made and nobody answered, or when its certificate has ended. */
export function isOver(request: CertificateSigningRequest, expiry: CertificateSigner["expiry"], now: number): boolean {
  const { conditions = [], certificate = "" } = request.status ?? {};
  if (conditions.length === 0) return timeMs(request.metadata.creationTimestamp) + pendingMs < now;
  const ended = certificate === "" ? undefined : expiry(atob(certificate));
  if (ended !== undefined && ended < now) return true;
  return conditions.some(({ type, lastUpdateTime }) => {
    const answered = type === "Denied" || type === "Failed" || (type === "Approved" && certificate !== "");
    return answered && lastUpdateTime !== undefined && timeMs(lastUpdateTime) + answeredMs < now;
  });
}

export function certificateCleanerController(signer: CertificateSigner): Controller {
  return {
    name: "certificatesigningrequest-cleaner-controller",
    account: "certificate-controller",
    run: async (context) => {
      const requests = context.informers.informer(certificateSigningRequests);
      if (!(await informersSynced(context))) return;
      await runPeriodically(context, hourMs, async () => {
        for (const request of requests.list()) {
          if (!isOver(request, signer.expiry, context.clock.now())) continue;
          await context.client
            .of(certificateSigningRequests)
            .delete(request.metadata.name, { preconditions: { uid: request.metadata.uid } })
            .catch((error: unknown) => {
              if (!isNotFound(error)) throw error;
            });
        }
      });
    },
  };
}
