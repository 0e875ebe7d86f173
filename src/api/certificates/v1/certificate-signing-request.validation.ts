/** pkg/apis/certificates/validation. The request's own signature is the signers' business. */
import { dns1123LabelErrors, dns1123SubdomainErrors } from "../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { duplicates, each } from "../../validation.ts";
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from "./certificate-signing-request.ts";

const usages = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];

const minExpirationSeconds = 600;

export function certificateSigningRequestErrors({ spec, status }: CertificateSigningRequest): FieldError[] {
  const { expirationSeconds, signerName = "", usages: wanted = [] } = spec;
  const errors = requestErrors(spec.request ?? "");
  if (wanted.length === 0) errors.push(fieldError.required("spec.usages"));
  errors.push(...each(wanted, "spec.usages", (usage, at) => (usages.includes(usage) ? [] : [fieldError.notSupported(at, usage, usages)])));
  const repeated = duplicates(
    wanted,
    "spec.usages",
    (usage) => usage,
    (at, usage) => fieldError.duplicate(at, usage),
  );
  errors.push(...repeated);
  if (signerName === "kubernetes.io/legacy-unknown")
    errors.push(fieldError.invalid("spec.signerName", signerName, "the legacy signerName is not allowed via this API version"));
  else errors.push(...signerNameErrors("spec.signerName", signerName));
  if (expirationSeconds !== undefined && expirationSeconds < minExpirationSeconds) {
    errors.push(
      fieldError.invalid("spec.expirationSeconds", expirationSeconds, `may not specify a duration less than ${minExpirationSeconds} seconds (10 minutes)`),
    );
  }
  return [...errors, ...conditionErrors(status?.conditions)];
}

function requestErrors(request: string): FieldError[] {
  const pem = Buffer.from(request, "base64").toString("utf8");
  const isRequest = /-----BEGIN CERTIFICATE REQUEST-----[\s\S]+-----END CERTIFICATE REQUEST-----/.test(pem);
  return isRequest ? [] : [fieldError.invalid("spec.request", request, "PEM block type must be CERTIFICATE REQUEST")];
}

const maxPathLength = 63 + 1 + 253;

/** `domain/path`: the domain of at least two labels, the path of labels with dots. */
export function signerNameErrors(path: string, name: string): FieldError[] {
  if (name === "") return [fieldError.required(path)];
  const [domain = "", signer, ...rest] = name.split("/");
  if (signer === undefined || rest.length > 0)
    return [fieldError.invalid(path, name, 'must be a fully qualified domain and path of the form "example.com/signer-name"')];
  const errors = dns1123SubdomainErrors(domain).map((text) => fieldError.invalid(path, domain, `validating domain segment of signerName: ${text}`));
  if (!domain.includes(".")) errors.push(fieldError.invalid(path, domain, "should be a domain with at least two segments separated by dots"));
  errors.push(
    ...signer.split(".").flatMap((part) => dns1123LabelErrors(part).map((text) => fieldError.invalid(path, part, `validating label "${part}": ${text}`))),
  );
  if (name.length > maxPathLength + 253 + 1) errors.push(fieldError.tooLong(path, maxPathLength + 253 + 1));
  return errors;
}

const onlyTrue = ["Approved", "Denied", "Failed"];
const statuses = ["False", "True", "Unknown"];

function conditionErrors(conditions: readonly CertificateSigningRequestCondition[] | undefined): FieldError[] {
  const path = "status.conditions";
  const has = (type: string) => (conditions ?? []).some((condition) => condition.type === type);
  const errors = each(conditions, path, ({ type, status }, at) => {
    if (!type) return [fieldError.required(`${at}.type`)];
    const supported = onlyTrue.includes(type) ? ["True"] : statuses;
    if (!status) return [fieldError.required(`${at}.status`)];
    return supported.includes(status) ? [] : [fieldError.notSupported(`${at}.status`, status, supported)];
  });
  if (has("Approved") && has("Denied")) errors.push(fieldError.invalid(path, "Denied", "Approved and Denied conditions are mutually exclusive"));
  const repeated = duplicates(
    conditions,
    path,
    ({ type }) => type,
    (at, _condition, type) => fieldError.duplicate(`${at}.type`, type),
  );
  return [...errors, ...repeated];
}

/** A decision is final, and a certificate once issued stays. */
export function certificateSigningRequestUpdateErrors(request: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  const types = ({ status }: CertificateSigningRequest) => new Set((status?.conditions ?? []).map(({ type }) => type));
  const [now, before] = [types(request), types(old)];
  const errors = onlyTrue
    .filter((type) => before.has(type) && !now.has(type))
    .map((type) => fieldError.forbidden("status.conditions", `updates may not remove a condition of type "${type}"`));
  if (old.status?.certificate && request.status?.certificate !== old.status.certificate) {
    errors.push(fieldError.forbidden("status.certificate", "updates may not change an existing certificate"));
  }
  return errors;
}
