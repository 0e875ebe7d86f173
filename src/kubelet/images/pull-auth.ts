/** Registry credentials out of pull secrets (kubernetes.io/dockerconfigjson and the older kubernetes.io/dockercfg). */
import type { Secret } from "../../api/core/v1/secret.ts";
import type { AuthConfig } from "../cri/types.ts";

interface Entry {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** Credentials that fit the image, the most specific first. Secrets of other types and unreadable ones give none. */
export function pullAuth(image: string, secrets: readonly Secret[]): AuthConfig[] {
  const target = imageLocation(image);
  return secrets
    .flatMap(entriesOf)
    .map(([server, entry]) => ({ server: server.replace(/^https?:\/\//, "").replace(/\/(v1|v2)?\/?$/, ""), entry }))
    .filter(({ server }) => matches(normalServer(server), target))
    .sort((a, b) => b.server.length - a.server.length)
    .map(({ server, entry }) => authConfig(server, entry));
}

/** Registry host and repository path, without tag or digest: `docker.io/library/busybox`. */
export function imageLocation(image: string): string {
  const path = image.replace(/@.*$/, "").replace(/:[^/:]+$/, "");
  const first = path.split("/")[0]!;
  const hasHost = path.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost");
  if (hasHost) return path;
  return path.includes("/") ? `docker.io/${path}` : `docker.io/library/${path}`;
}

function normalServer(server: string): string {
  return server === "index.docker.io" ? "docker.io" : server;
}

function matches(server: string, target: string): boolean {
  const serverParts = server.split("/");
  const targetParts = target.split("/");
  if (!hostMatches(serverParts[0]!, targetParts[0]!)) return false;
  return serverParts.slice(1).every((part, index) => targetParts[index + 1] === part);
}

/** `*.example.com` stands for one label. */
function hostMatches(pattern: string, host: string): boolean {
  const patternLabels = pattern.split(".");
  const labels = host.split(".");
  return patternLabels.length === labels.length && patternLabels.every((label, index) => label === "*" || label === labels[index]);
}

function entriesOf(secret: Secret): [string, Entry][] {
  const json = secret.data?.[".dockerconfigjson"] ?? secret.data?.[".dockercfg"];
  if (json === undefined) return [];
  try {
    const parsed = JSON.parse(Buffer.from(json, "base64").toString()) as { auths?: Record<string, Entry> } & Record<string, Entry>;
    return Object.entries(secret.data?.[".dockerconfigjson"] === undefined ? parsed : (parsed.auths ?? {}));
  } catch {
    return [];
  }
}

function authConfig(serverAddress: string, entry: Entry): AuthConfig {
  const [username = "", ...password] = entry.auth === undefined ? [] : Buffer.from(entry.auth, "base64").toString().split(":");
  return {
    serverAddress,
    username: entry.username ?? username,
    password: entry.password ?? password.join(":"),
    ...(entry.identitytoken === undefined ? {} : { identityToken: entry.identitytoken }),
    ...(entry.registrytoken === undefined ? {} : { registryToken: entry.registrytoken }),
  };
}
