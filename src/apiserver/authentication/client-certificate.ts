/** X.509 client certificates: the common name is the user, organizations are the groups. */
import { X509Certificate } from "node:crypto";
import { unauthorized } from "../../machinery/status.ts";
import type { Authenticator, UserInfo } from "../contract.ts";
import { extraKeys } from "./groups.ts";

export interface ClientCertificateOptions {
  /** PEM of the client CA, or of several. Absent: TLS has verified against nothing else than the client CA. */
  readonly ca?: string;
  /** Milliseconds since the epoch: a connection may outlive its certificate. */
  readonly now: () => number;
}

/** Object identifier of the subject attribute that carries a user's UID (AllowParsingUserUIDFromCertAuth). */
const uidAttribute = "1.3.6.1.4.1.57683.2";
const clientAuthUsage = "1.3.6.1.5.5.7.3.2";
const anyUsage = "2.5.29.37.0";

export function clientCertificateAuthenticator(options: ClientCertificateOptions): Authenticator {
  const verifier = new CertificateVerifier(options.ca, options.now);
  return {
    async authenticate(credentials) {
      if (credentials.clientCertificate === undefined) return undefined;
      const verified = verifier.verify(credentials.clientCertificate);
      return verified?.user;
    },
  };
}

export interface VerifiedCertificate {
  readonly commonName: string;
  /** Undefined for a certificate without a common name. */
  readonly user: UserInfo | undefined;
}

interface ParsedCertificate extends VerifiedCertificate {
  readonly trusted: boolean;
  readonly forClients: boolean;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Remembers what it has parsed by the very buffer: a connection offers the same one with every request. */
export class CertificateVerifier {
  readonly #authorities: readonly X509Certificate[] | undefined;
  readonly #now: () => number;
  readonly #parsed = new WeakMap<Uint8Array, ParsedCertificate>();

  constructor(ca: string | undefined, now: () => number) {
    this.#authorities = ca === undefined ? undefined : splitPem(ca).map((pem) => new X509Certificate(pem));
    this.#now = now;
  }

  /** Undefined when another authority issued it; throws 401 when it is ours but of no use. */
  verify(der: Uint8Array): VerifiedCertificate | undefined {
    const parsed = this.#parse(der);
    if (!parsed.trusted) return undefined;
    const now = this.#now();
    if (!parsed.forClients || now < parsed.notBeforeMs || now > parsed.notAfterMs) throw unauthorized();
    return parsed;
  }

  #parse(der: Uint8Array): ParsedCertificate {
    const known = this.#parsed.get(der);
    if (known !== undefined) return known;
    const certificate = new X509Certificate(der);
    const parsed = { ...describe(certificate), trusted: this.#isTrusted(certificate) };
    this.#parsed.set(der, parsed);
    return parsed;
  }

  #isTrusted(certificate: X509Certificate): boolean {
    if (this.#authorities === undefined) return true;
    return this.#authorities.some((authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey));
  }
}

function describe(certificate: X509Certificate): Omit<ParsedCertificate, "trusted"> {
  const subject = certificate.toLegacyObject().subject as unknown as Record<string, string | string[] | undefined>;
  const [commonName] = valuesOf(subject["CN"]);
  const usages = certificate.keyUsage as readonly string[] | undefined;
  return {
    commonName: commonName ?? "",
    user: commonName === undefined || commonName === "" ? undefined : userOf(commonName, subject, certificate.fingerprint256),
    forClients: usages === undefined || usages.includes(clientAuthUsage) || usages.includes(anyUsage),
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
  };
}

function userOf(name: string, subject: Readonly<Record<string, string | string[] | undefined>>, fingerprint: string): UserInfo {
  const [uid] = valuesOf(subject[uidAttribute]);
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups: valuesOf(subject["O"]),
    extra: { [extraKeys.credentialId]: [`X509SHA256=${fingerprint.replaceAll(":", "").toLowerCase()}`] },
  };
}

function valuesOf(attribute: string | string[] | undefined): string[] {
  if (attribute === undefined) return [];
  return typeof attribute === "string" ? [attribute] : attribute;
}

function splitPem(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
}
