/** pkg/apis/certificates/validation. What an object has from older releases it may keep. */
import { joined, none } from "../../../machinery/joined.ts";
import { byteLength, dns1123LabelErrors, dns1123SubdomainErrors, type NameRule } from "../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../machinery/status.ts";
import { each } from "../../validation.ts";
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from "./certificate-signing-request.ts";
import { certificateProblem, requestProblem } from "./pem.ts";

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

const legacySigner = "kubernetes.io/legacy-unknown";
const minExpirationSeconds = 600;

const repeated = (items: readonly string[]) => items.some((item, index) => items.indexOf(item) < index);
const usagesOf = ({ spec }: CertificateSigningRequest) => spec.usages ?? [];
const conditionsOf = ({ status }: CertificateSigningRequest) => status?.conditions ?? [];
const typesOf = (request: CertificateSigningRequest) => conditionsOf(request).map(({ type }) => type ?? "");

export function newCertificateSigningRequestErrors(request: CertificateSigningRequest): readonly FieldError[] {
  return requestErrors(request, undefined);
}

function requestErrors(request: CertificateSigningRequest, old: CertificateSigningRequest | undefined): readonly FieldError[] {
  const { spec } = request;
  const problem = requestProblem(spec.request ?? "");
  return joined(
    problem === undefined ? none : [fieldError.invalid("spec.request", spec.request ?? null, problem)],
    usageErrors("spec.usages", usagesOf(request), old === undefined ? none : usagesOf(old)),
    spec.signerName === legacySigner && old?.spec.signerName !== legacySigner
      ? [fieldError.invalid("spec.signerName", legacySigner, "the legacy signerName is not allowed via this API version")]
      : signerNameErrors("spec.signerName", spec.signerName ?? ""),
    expirationErrors("spec.expirationSeconds", spec.expirationSeconds),
    conditionErrors("status.conditions", conditionsOf(request), old === undefined ? none : typesOf(old)),
    certificateErrors(request, old),
  );
}

function usageErrors(path: string, wanted: readonly string[], old: readonly string[]): readonly FieldError[] {
  if (wanted.length === 0) return [fieldError.required(path)];
  const anyUsage = old.some((usage) => !usages.includes(usage));
  const unknown = each(wanted, path, (usage, at) => (anyUsage || usages.includes(usage) ? [] : [fieldError.notSupported(at, usage, usages)]));
  if (repeated(old)) return unknown;
  return joined(
    unknown,
    each(wanted, path, (usage, at, index) => (wanted.indexOf(usage) < index ? [fieldError.duplicate(at, usage)] : [])),
  );
}

function expirationErrors(path: string, seconds: number | undefined): readonly FieldError[] {
  if (seconds === undefined || seconds >= minExpirationSeconds) return [];
  return [fieldError.invalid(path, seconds, `may not specify a duration less than ${minExpirationSeconds} seconds (10 minutes)`)];
}

const maxDomainBytes = 253;
const maxSignerBytes = maxDomainBytes + 1 + (253 + 63 + 1);

/** `domain/path`: the domain of at least two labels, the path of subdomains with dots. */
export function signerNameErrors(path: string, name: string): readonly FieldError[] {
  if (name === "") return [fieldError.required(path)];
  const [domain = "", signer, ...rest] = name.split("/");
  if (signer === undefined || rest.length > 0)
    return [fieldError.invalid(path, name, 'must be a fully qualified domain and path of the form "example.com/signer-name"')];
  const errors = byteLength(domain) > maxDomainBytes ? [fieldError.tooLong(path, maxDomainBytes)] : [];
  const parts = (text: string, rule: NameRule) =>
    text.split(".").flatMap((part) => rule(part).map((problem) => fieldError.invalid(path, text, `validating label ${JSON.stringify(part)}: ${problem}`)));
  errors.push(...parts(domain, dns1123LabelErrors));
  if (!domain.includes(".")) errors.push(fieldError.invalid(path, domain, "should be a domain with at least two segments separated by dots"));
  errors.push(...parts(signer, dns1123SubdomainErrors));
  return byteLength(name) > maxSignerBytes ? [...errors, fieldError.tooLong(path, maxSignerBytes)] : errors;
}

const onlyTrue = ["Approved", "Denied", "Failed"];
const statuses = ["False", "True", "Unknown"];
const opposite: Readonly<Record<string, string>> = { Approved: "Denied", Denied: "Approved" };

function conditionErrors(path: string, conditions: readonly CertificateSigningRequestCondition[], old: readonly string[]): readonly FieldError[] {
  const bothBefore = old.includes("Approved") && old.includes("Denied");
  const seen = new Set<string>();
  return each(conditions, path, ({ type = "", status = "" }, at) => {
    const errors = type === "" && !old.includes("") ? [fieldError.required(`${at}.type`)] : [];
    const supported = onlyTrue.includes(type) ? ["True"] : statuses;
    if (status === "") errors.push(fieldError.required(`${at}.status`));
    else if (!supported.includes(status)) errors.push(fieldError.notSupported(`${at}.status`, status, supported));
    if (!bothBefore && seen.has(opposite[type] ?? " "))
      errors.push(fieldError.invalid(`${at}.type`, type, "Approved and Denied conditions are mutually exclusive"));
    if (seen.has(type) && !repeated(old)) errors.push(fieldError.duplicate(`${at}.type`, type));
    seen.add(type);
    return errors;
  });
}

function certificateErrors({ status }: CertificateSigningRequest, old: CertificateSigningRequest | undefined): readonly FieldError[] {
  const [now, before] = [status?.certificate ?? "", old?.status?.certificate ?? ""];
  if ((old !== undefined && now === before) || certificateProblem(before) !== undefined) return [];
  const problem = certificateProblem(now);
  return problem === undefined ? [] : [fieldError.invalid("status.certificate", "<certificate data>", problem)];
}

/** A change of metadata only, or through /approval: decisions are added and never withdrawn. */
export function certificateSigningRequestUpdateErrors(request: CertificateSigningRequest, old: CertificateSigningRequest): readonly FieldError[] {
  return joined(requestErrors(request, old), removalErrors(request, old));
}

/** Through /status, which is the signer's: it decides nothing, and issues once. */
export function certificateSigningRequestStatusErrors(request: CertificateSigningRequest, old: CertificateSigningRequest): readonly FieldError[] {
  const errors = [...certificateSigningRequestUpdateErrors(request, old)];
  for (const type of Object.keys(opposite)) {
    if (countOf(request, type) > countOf(old, type))
      errors.push(fieldError.forbidden("status.conditions", `updates may not add a condition of type "${type}"`));
  }
  const [now, before] = [request.status?.certificate ?? "", old.status?.certificate ?? ""];
  if (before !== "" && now !== before) errors.push(fieldError.forbidden("status.certificate", "updates may not modify existing certificate content"));
  return errors;
}

function removalErrors(request: CertificateSigningRequest, old: CertificateSigningRequest): readonly FieldError[] {
  return onlyTrue
    .filter((type) => countOf(request, type) < countOf(old, type))
    .map((type) => fieldError.forbidden("status.conditions", `updates may not remove a condition of type "${type}"`));
}

function countOf(request: CertificateSigningRequest, type: string): number {
  return typesOf(request).filter((own) => own === type).length;
}
