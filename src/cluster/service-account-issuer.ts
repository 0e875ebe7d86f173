/** The `iss` of service-account tokens: reachable by pods, with a certificate that is good for it. */
export function serviceAccountIssuer(clusterDomain: string): string {
  return `https://kubernetes.default.svc.${clusterDomain}`;
}
