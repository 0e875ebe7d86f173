/** The life of a certificate signing request (pkg/registry/certificates): who asks is what the server saw. */
import { pathSegmentNameErrors } from "../../../machinery/names.ts";
import { timeText } from "../../../machinery/time.ts";
import type { ObjectSubresource, Strategy } from "../../resource.ts";
import { restore, subresourceVerbs } from "../../strategy.ts";
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from "./certificate-signing-request.ts";
import {
  certificateSigningRequestStatusErrors,
  certificateSigningRequestUpdateErrors,
  newCertificateSigningRequestErrors,
} from "./certificate-signing-request.validation.ts";

export const certificateSigningRequestStrategy: Strategy<CertificateSigningRequest> = {
  validateName: pathSegmentNameErrors,
  validateCreate: newCertificateSigningRequestErrors,
  validateUpdate: certificateSigningRequestUpdateErrors,
  prepareForCreate: (request, { user }) => {
    const { spec } = request;
    spec.username = user.name;
    spec.groups = [...user.groups];
    delete spec.uid;
    delete spec.extra;
    if (user.uid !== undefined && user.uid !== "") spec.uid = user.uid;
    if (user.extra !== undefined && Object.keys(user.extra).length > 0) {
      spec.extra = Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]]));
    }
    request.status = {};
  },
  // Nothing but metadata can change: a signer must be able to trust what an approver read.
  prepareForUpdate: (request, old) => {
    restore(request, old, "spec");
    restore(request, old, "status");
  },
};

/** Decisions stay as they were; one more or one less is left to be refused. */
function keepDecisions(conditions: CertificateSigningRequestCondition[], old: readonly CertificateSigningRequestCondition[]): void {
  for (const type of ["Approved", "Denied"]) {
    const before = old.filter((condition) => condition.type === type);
    const indices = conditions.flatMap((condition, index) => (condition.type === type ? [index] : []));
    if (before.length === indices.length) for (const [nth, index] of indices.entries()) conditions[index] = before[nth]!;
  }
}

/** /status is the signer's: everything but approval and denial. */
export const certificateSigningRequestStatus: ObjectSubresource<CertificateSigningRequest> = {
  verbs: subresourceVerbs,
  prepareForUpdate: (request, old, { now }) => {
    restore(request, old, "spec");
    keepDecisions(request.status?.conditions ?? [], old.status?.conditions ?? []);
    stampConditions(request, old, timeText(now));
  },
  validateUpdate: certificateSigningRequestStatusErrors,
};

/** /approval is the approver's: the conditions, and not the certificate. */
export const certificateSigningRequestApproval: ObjectSubresource<CertificateSigningRequest> = {
  verbs: subresourceVerbs,
  prepareForUpdate: (request, old, { now }) => {
    restore(request, old, "spec");
    const { conditions } = request.status ?? {};
    request.status = { ...old.status };
    delete request.status.conditions;
    if (conditions !== undefined) request.status.conditions = conditions;
    stampConditions(request, old, timeText(now));
  },
  validateUpdate: certificateSigningRequestUpdateErrors,
};

function stampConditions(request: CertificateSigningRequest, old: CertificateSigningRequest, now: string): void {
  if (request.status?.conditions?.length === 0) delete request.status.conditions;
  for (const condition of request.status?.conditions ?? []) {
    const before = old.status?.conditions?.find(({ type }) => type === condition.type);
    if (before === condition) continue;
    condition.lastUpdateTime ??= now;
    condition.lastTransitionTime ??= before !== undefined && before.status === condition.status ? (before.lastTransitionTime ?? now) : now;
  }
}
