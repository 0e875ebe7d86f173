/** What the certificate controllers need of cryptography. The composition root, which holds the authority's key, provides it. */
import type { CertificateSigningRequest } from "../../api/certificates/v1/certificate-signing-request.ts";

/** What a PKCS #10 request asks for. */
export interface RequestedCertificate {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

export interface SignOptions {
  /** PEM of a PKCS #10 request. */
  readonly request: string;
  /** Key usages by their names in certificates.k8s.io: `digital signature`, `client auth`. */
  readonly usages: readonly string[];
  readonly expirationSeconds: number;
  readonly signerName: string;
}

export interface CertificateSigner {
  /** Throws when `request` (PEM) cannot be read or is not signed by the key it is about. */
  read(request: string): Promise<RequestedCertificate>;
  /** Resolves to PEM. */
  sign(options: SignOptions): Promise<string>;
  /** When a certificate (PEM) ends, in milliseconds; undefined when it cannot be read. */
  expiry(certificate: string): number | undefined;
}

/** The request's PEM; API objects carry bytes as base64. */
export function requestPem({ spec }: CertificateSigningRequest): string {
  return atob(spec.request);
}

export function isDecided(request: CertificateSigningRequest): boolean {
  return hasCondition(request, "Approved") || hasCondition(request, "Denied");
}

/** Denied outdoes approved. */
export function isApproved(request: CertificateSigningRequest): boolean {
  return hasCondition(request, "Approved") && !hasCondition(request, "Denied");
}

export function hasCondition({ status }: CertificateSigningRequest, type: string): boolean {
  return (status?.conditions ?? []).some((condition) => condition.type === type);
}
