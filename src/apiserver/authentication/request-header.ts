/** Users vouched for by a front proxy in X-Remote-* headers (--requestheader-*); the aggregation layer speaks so too. */
import type { Authenticator, Credentials, UserInfo } from "../contract.ts";
import { CertificateVerifier } from "./client-certificate.ts";
import { repeatedValues } from "./headers.ts";

export interface RequestHeaderOptions {
  /** PEM of the CA that signs proxies' client certificates (--requestheader-client-ca-file). */
  readonly ca: string;
  /** Common names of proxies; empty allows every certificate of the CA. */
  readonly allowedNames: readonly string[];
  /** Header names; the defaults are Kubernetes' recommended ones. */
  readonly usernameHeaders?: readonly string[];
  readonly uidHeaders?: readonly string[];
  readonly groupHeaders?: readonly string[];
  readonly extraHeaderPrefixes?: readonly string[];
  readonly now: () => number;
}

export const requestHeaderDefaults = {
  usernameHeaders: ["X-Remote-User"],
  uidHeaders: ["X-Remote-Uid"],
  groupHeaders: ["X-Remote-Group"],
  extraHeaderPrefixes: ["X-Remote-Extra-"],
} as const;

export function requestHeaderAuthenticator(options: RequestHeaderOptions): Authenticator {
  const verifier = new CertificateVerifier(options.ca, options.now);
  const names = { ...requestHeaderDefaults, ...options };
  return {
    async authenticate(credentials) {
      const { clientCertificate } = credentials;
      if (clientCertificate === undefined) return undefined;
      const proxy = verifier.verify(clientCertificate);
      if (proxy === undefined) return undefined;
      if (options.allowedNames.length > 0 && !options.allowedNames.includes(proxy.commonName)) return undefined;
      return remoteUser(credentials, names);
    },
  };
}

function remoteUser(
  credentials: Credentials,
  names: Required<Pick<RequestHeaderOptions, "usernameHeaders" | "uidHeaders" | "groupHeaders" | "extraHeaderPrefixes">>,
): UserInfo | undefined {
  const [name] = allValues(credentials, names.usernameHeaders);
  if (name === undefined) return undefined;
  const [uid] = allValues(credentials, names.uidHeaders);
  const extra = extraOf(credentials, names.extraHeaderPrefixes);
  const groups = allValues(credentials, names.groupHeaders);
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function allValues(credentials: Credentials, names: readonly string[]): string[] {
  return names.flatMap((name) => repeatedValues(credentials, name.toLowerCase())).filter((value) => value !== "");
}

/** Extra keys are lower case and percent-encoded, because header names carry neither case nor odd characters. */
export function extraOf(credentials: Pick<Credentials, "headers" | "headerLines">, prefixes: readonly string[]): Record<string, string[]> {
  // Keys are the client's: none of them may be a property that every object has.
  const extra: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const prefix of prefixes.map((text) => text.toLowerCase())) {
    for (const header of Object.keys(credentials.headers)) {
      if (!header.startsWith(prefix) || header.length === prefix.length) continue;
      const key = unescapeKey(header.slice(prefix.length));
      extra[key] = [...(extra[key] ?? []), ...repeatedValues(credentials, header)];
    }
  }
  return { ...extra };
}

function unescapeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // As upstream: what is no percent-encoding is taken literally.
    return text;
  }
}
