/** The certificates of one cluster on disk: made once, loaded by each process that needs them. All files are 0600. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthority, createSigningKey, type KeyPair, type LeafRequest } from "./certificates.ts";
import type { SharedAuthority } from "./shared-authority.ts";

/** Names of the authorities and of everything they sign. */
export type AuthorityName = "ca" | "front-proxy-ca";

const serviceAccountKeyFile = "service-account.key";

export function readKeyPair(pki: string, name: string): KeyPair {
  return { certificate: readFileSync(join(pki, `${name}.crt`), "utf8"), key: readFileSync(join(pki, `${name}.key`), "utf8") };
}

export function readCertificate(pki: string, name: string): string {
  return readFileSync(join(pki, `${name}.crt`), "utf8");
}

export function readServiceAccountKey(pki: string): string {
  return readFileSync(join(pki, serviceAccountKeyFile), "utf8");
}

/** What a control plane shares with others of its cluster; undefined when there is none here. */
export function readAuthority(pki: string): SharedAuthority | undefined {
  if (!existsSync(join(pki, serviceAccountKeyFile))) return undefined;
  return { ca: readKeyPair(pki, "ca"), frontProxyCa: readKeyPair(pki, "front-proxy-ca"), serviceAccountKey: readServiceAccountKey(pki) };
}

/** Before `ensurePki`, which then signs with it. */
export function writeAuthority(pki: string, { ca, frontProxyCa, serviceAccountKey }: SharedAuthority): void {
  mkdirSync(pki, { recursive: true, mode: 0o700 });
  writeKeyPair(pki, "ca", ca);
  writeKeyPair(pki, "front-proxy-ca", frontProxyCa);
  writeFileSync(join(pki, serviceAccountKeyFile), serviceAccountKey, { mode: 0o600 });
}

export async function createAuthority(now: number): Promise<SharedAuthority> {
  const [ca, frontProxyCa, serviceAccountKey] = await Promise.all([
    CertificateAuthority.create("coracle-ca", now),
    CertificateAuthority.create("coracle-front-proxy-ca", now),
    createSigningKey(),
  ]);
  return { ca: ca.pem, frontProxyCa: frontProxyCa.pem, serviceAccountKey };
}

export interface PkiOptions {
  readonly nodes: readonly { readonly name: string; readonly address: string }[];
  readonly apiServerNames: readonly string[];
  readonly apiServerAddresses: readonly string[];
  /** Makes the API server's certificate anew: its names or addresses may have changed. */
  readonly renewServing?: boolean;
  readonly now: number;
}

/** Makes what is missing: a second `up` with more nodes adds their certificates and leaves all others alone. */
export async function ensurePki(pki: string, options: PkiOptions): Promise<void> {
  mkdirSync(pki, { recursive: true, mode: 0o700 });
  const ca = await ensureAuthority(pki, "ca", "coracle-ca", options.now);
  const frontProxy = await ensureAuthority(pki, "front-proxy-ca", "coracle-front-proxy-ca", options.now);
  const issue = (authority: CertificateAuthority, name: string, request: LeafRequest) => ensureLeaf(pki, authority, name, request, options.now);
  if (options.renewServing === true) rmSync(join(pki, "apiserver.key"), { force: true });
  await issue(ca, "apiserver", {
    commonName: "kube-apiserver",
    usage: "server",
    dnsNames: options.apiServerNames,
    ipAddresses: options.apiServerAddresses,
  });
  await issue(ca, "apiserver-kubelet-client", { commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"], usage: "client" });
  await issue(frontProxy, "front-proxy-client", { commonName: "front-proxy-client", usage: "client" });
  await issue(ca, "admin", { commonName: "kubernetes-admin", organizations: ["system:masters"], usage: "client" });
  for (const { name, address } of options.nodes) {
    await issue(ca, `kubelet-${name}`, {
      commonName: `system:node:${name}`,
      organizations: ["system:nodes"],
      usage: "both",
      dnsNames: [name],
      ipAddresses: [address, "127.0.0.1"],
    });
    await issue(ca, `kube-proxy-${name}`, { commonName: "system:kube-proxy", usage: "client" });
  }
  const signingKey = join(pki, serviceAccountKeyFile);
  if (!existsSync(signingKey)) writeFileSync(signingKey, await createSigningKey(), { mode: 0o600 });
}

async function ensureAuthority(pki: string, name: AuthorityName, commonName: string, now: number): Promise<CertificateAuthority> {
  if (existsSync(join(pki, `${name}.key`))) return CertificateAuthority.load(readKeyPair(pki, name));
  const authority = await CertificateAuthority.create(commonName, now);
  writeKeyPair(pki, name, authority.pem);
  return authority;
}

async function ensureLeaf(pki: string, authority: CertificateAuthority, name: string, request: LeafRequest, now: number): Promise<void> {
  if (existsSync(join(pki, `${name}.key`))) return;
  writeKeyPair(pki, name, await authority.issue(request, now));
}

/** The key is written last: its presence says that the pair is whole. */
function writeKeyPair(pki: string, name: string, pair: KeyPair): void {
  writeFileSync(join(pki, `${name}.crt`), pair.certificate, { mode: 0o600 });
  writeFileSync(join(pki, `${name}.key`), pair.key, { mode: 0o600 });
}
