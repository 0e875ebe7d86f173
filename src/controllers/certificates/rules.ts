/** What each built-in signer signs (Kubernetes documentation, Certificate Signing Requests, "Kubernetes signers"). */
import type { RequestedCertificate } from "./signer.ts";

export const clientSigner = "kubernetes.io/kube-apiserver-client";
export const kubeletClientSigner = "kubernetes.io/kube-apiserver-client-kubelet";
export const kubeletServingSigner = "kubernetes.io/kubelet-serving";
export const builtInSigners: ReadonlySet<string> = new Set([clientSigner, kubeletClientSigner, kubeletServingSigner]);

const nodePrefix = "system:node:";
const nodesGroup = "system:nodes";
const common = ["digital signature", "key encipherment"];

/** Why the signer must not sign; undefined when it may. */
export function refusal(signerName: string, wanted: RequestedCertificate, usages: readonly string[]): string | undefined {
  switch (signerName) {
    case clientSigner:
      return clientUsages(usages);
    case kubeletClientSigner:
      return kubeletClient(wanted, usages);
    case kubeletServingSigner:
      return kubeletServing(wanted, usages);
    default:
      return `signer ${JSON.stringify(signerName)} is none of this cluster`;
  }
}

function clientUsages(usages: readonly string[]): string | undefined {
  const odd = usages.find((usage) => usage !== "client auth" && !common.includes(usage));
  if (odd !== undefined) return `invalid usage for client certificate: ${odd}`;
  return usages.includes("client auth") ? undefined : "missing required usage for client certificate: client auth";
}

function kubeletClient(wanted: RequestedCertificate, usages: readonly string[]): string | undefined {
  if (!isOnlyNodes(wanted)) return "subject organization is not system:nodes";
  if (wanted.dnsNames.length > 0) return "DNS subjectAltNames are not allowed";
  if (wanted.emailAddresses.length > 0) return "email subjectAltNames are not allowed";
  if (wanted.ipAddresses.length > 0) return "IP subjectAltNames are not allowed";
  if (wanted.uris.length > 0) return "URI subjectAltNames are not allowed";
  if (!wanted.commonName.startsWith(nodePrefix)) return "subject common name does not begin with system:node:";
  return hasExactly(usages, "client auth") ? undefined : "usages did not match [digital signature client auth]";
}

function kubeletServing(wanted: RequestedCertificate, usages: readonly string[]): string | undefined {
  if (!isOnlyNodes(wanted)) return "subject organization is not system:nodes";
  if (wanted.dnsNames.length + wanted.ipAddresses.length === 0) return "at least one DNS or IP subjectAltName is required";
  if (wanted.emailAddresses.length > 0) return "email subjectAltNames are not allowed";
  if (wanted.uris.length > 0) return "URI subjectAltNames are not allowed";
  if (!hasExactly(usages, "server auth")) return "usages did not match [digital signature server auth]";
  return wanted.commonName.startsWith(nodePrefix) ? undefined : "subject common name does not begin with system:node:";
}

function isOnlyNodes({ organizations }: RequestedCertificate): boolean {
  return organizations.length === 1 && organizations[0] === nodesGroup;
}

/** Digital signature and `purpose`; key encipherment as well for RSA keys. */
function hasExactly(usages: readonly string[], purpose: string): boolean {
  return usages.includes("digital signature") && usages.includes(purpose) && usages.every((usage) => usage === purpose || common.includes(usage));
}

export const maxLifetimeSeconds = 365 * 24 * 60 * 60;
const minLifetimeSeconds = 600;

/** What is asked for, within ten minutes and a year. */
export function lifetimeSeconds(requested: number | undefined): number {
  return requested === undefined ? maxLifetimeSeconds : Math.min(Math.max(requested, minLifetimeSeconds), maxLifetimeSeconds);
}
