/**
 * The cluster's own certificate authorities and every certificate signed by them. ECDSA P-256 throughout: quick to make
 * (2 ms) and understood by every client. Names of users and groups are Kubernetes' own (PKI certificates and requirements).
 */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as Crypto);

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 24 * 60 * 60 * 1000;
const caLifetimeMs = 3650 * dayMs;
const leafLifetimeMs = 365 * dayMs;
/** Clocks of joined machines may be behind ours. */
const backdateMs = 5 * 60 * 1000;

/** PEM texts. The key is PKCS #8. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface LeafRequest {
  /** Common name: the user name in a client certificate. */
  readonly commonName: string;
  /** Organizations: the groups in a client certificate. */
  readonly organizations?: readonly string[];
  readonly usage: "server" | "client" | "both";
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

/** A PKCS #10 request in PEM. Of its extensions only the alternative names are taken over. */
export interface SignRequest {
  readonly request: string;
  /** Names of certificates.k8s.io. */
  readonly usages: readonly string[];
  readonly lifetimeMs: number;
}

export class CertificateAuthority {
  readonly #certificate: x509.X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly pem: KeyPair;

  private constructor(certificate: x509.X509Certificate, keys: webcrypto.CryptoKeyPair, pem: KeyPair) {
    this.#certificate = certificate;
    this.#keys = keys;
    this.pem = pem;
  }

  static async create(commonName: string, now: number): Promise<CertificateAuthority> {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name: [{ CN: [commonName] }],
      notBefore: new Date(now - backdateMs),
      notAfter: new Date(now + caLifetimeMs),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new CertificateAuthority(certificate, keys, { certificate: certificate.toString("pem"), key: await privatePem(keys.privateKey) });
  }

  static async load(pem: KeyPair): Promise<CertificateAuthority> {
    const certificate = new x509.X509Certificate(pem.certificate);
    const privateKey = await importPrivateKey(pem.key);
    const publicKey = await certificate.publicKey.export(algorithm, ["verify"], webcrypto as Crypto);
    return new CertificateAuthority(certificate, { privateKey, publicKey }, pem);
  }

  async issue(request: LeafRequest, now: number): Promise<KeyPair> {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: [...(request.organizations ?? []).map((organization) => ({ O: [organization] })), { CN: [request.commonName] }],
      issuer: this.#certificate.subject,
      notBefore: new Date(now - backdateMs),
      notAfter: new Date(now + leafLifetimeMs),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      extensions: await leafExtensions(request, keys.publicKey, this.#certificate),
    });
    return { certificate: certificate.toString("pem"), key: await privatePem(keys.privateKey) };
  }

  /** Signs somebody else's key; PEM. The certificate never outlives the authority. Throws on usages it does not know. */
  async sign({ request, usages, lifetimeMs }: SignRequest, now: number): Promise<string> {
    const { publicKey, subjectName, extensions } = new x509.Pkcs10CertificateRequest(request);
    const names = extensions.find((extension) => extension instanceof x509.SubjectAlternativeNameExtension);
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: subjectName,
      issuer: this.#certificate.subject,
      notBefore: new Date(now - backdateMs),
      notAfter: new Date(Math.min(now + lifetimeMs, this.#certificate.notAfter.getTime())),
      signingAlgorithm: algorithm,
      publicKey,
      signingKey: this.#keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        ...usageExtensions(usages),
        await x509.AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
        ...(names === undefined ? [] : [names]),
      ],
    });
    return certificate.toString("pem");
  }
}

const keyUsages: Readonly<Record<string, number>> = {
  "digital signature": x509.KeyUsageFlags.digitalSignature,
  "key encipherment": x509.KeyUsageFlags.keyEncipherment,
};
const extendedKeyUsages: Readonly<Record<string, x509.ExtendedKeyUsageType>> = {
  "client auth": x509.ExtendedKeyUsage.clientAuth,
  "server auth": x509.ExtendedKeyUsage.serverAuth,
};

function usageExtensions(usages: readonly string[]): x509.Extension[] {
  const unknown = usages.find((usage) => keyUsages[usage] === undefined && extendedKeyUsages[usage] === undefined);
  if (unknown !== undefined) throw new Error(`cannot sign certificate request: unknown usage ${JSON.stringify(unknown)}`);
  const flags = usages.reduce((sum, usage) => sum | (keyUsages[usage] ?? 0), 0);
  const extended = usages.map((usage) => extendedKeyUsages[usage]).filter((usage) => usage !== undefined);
  return [...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]), ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)])];
}

async function leafExtensions(request: LeafRequest, publicKey: CryptoKey, issuer: x509.X509Certificate): Promise<x509.Extension[]> {
  const usages = { server: [x509.ExtendedKeyUsage.serverAuth], client: [x509.ExtendedKeyUsage.clientAuth] };
  const names = [
    ...(request.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(request.usage === "both" ? [...usages.server, ...usages.client] : usages[request.usage]),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
  ];
}

/** A P-256 private key in PEM, for signing service-account tokens (ES256). */
export async function createSigningKey(): Promise<string> {
  return privatePem((await generateKeys()).privateKey);
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
}

async function privatePem(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

async function importPrivateKey(pem: string): Promise<CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  if (der === undefined) throw new Error("cannot load certificate authority: its key file holds no PEM block");
  return webcrypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
}

function serialNumber(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)));
  // Positive, as RFC 5280 4.1.2.2 demands.
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString("hex");
}
