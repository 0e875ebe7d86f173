/**
 * Service accounts annotated so let their pods use only the secrets they list (kubernetes.io/enforce-mountable-secrets,
 * deprecated since v1.32 and still in force).
 */
import type { Container } from "../../api/core/v1/container.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";
import type { ServiceAccount } from "../../api/core/v1/service-account.ts";

const annotation = "kubernetes.io/enforce-mountable-secrets";
/** Go's strconv.ParseBool. */
const truths = ["1", "t", "T", "true", "TRUE", "True"];

/** Why the pod may not be; undefined when it may. */
export function unmountableSecret(account: ServiceAccount, spec: PodSpec): string | undefined {
  if (!truths.includes(account.metadata.annotations?.[annotation] ?? "")) return undefined;
  return unlistedVolume(account, spec) ?? unlistedInContainers(account, spec) ?? unlistedPullSecret(account, spec);
}

/** The same for containers that were added to a running pod. */
export function unmountableEphemeralSecret(account: ServiceAccount, spec: PodSpec): string | undefined {
  if (!truths.includes(account.metadata.annotations?.[annotation] ?? "")) return undefined;
  return firstOf((spec.ephemeralContainers ?? []) as Container[], (container) => unlistedInContainer(account, "ephemeral container", container));
}

function unlistedVolume(account: ServiceAccount, { volumes = [] }: PodSpec): string | undefined {
  const name = volumes.map(({ secret }) => secret?.secretName).find((secret) => secret !== undefined && !lists(account, secret));
  return name === undefined ? undefined : `volume with secret.secretName=${JSON.stringify(name)} ${refusal(account)}`;
}

function unlistedInContainers(account: ServiceAccount, spec: PodSpec): string | undefined {
  return (
    firstOf(spec.initContainers ?? [], (container) => unlistedInContainer(account, "init container", container)) ??
    firstOf(spec.containers, (container) => unlistedInContainer(account, "container", container))
  );
}

function unlistedInContainer(account: ServiceAccount, what: string, { name, env = [], envFrom = [] }: Container): string | undefined {
  for (const { name: variable, valueFrom } of env) {
    const secret = valueFrom?.secretKeyRef?.name;
    if (secret !== undefined && !lists(account, secret)) {
      return `${what} ${name} with envVar ${variable} referencing secret.secretName=${JSON.stringify(secret)} ${refusal(account)}`;
    }
  }
  const secret = envFrom.map(({ secretRef }) => secretRef?.name).find((candidate) => candidate !== undefined && !lists(account, candidate));
  return secret === undefined ? undefined : `${what} ${name} with envFrom referencing secret.secretName=${JSON.stringify(secret)} ${refusal(account)}`;
}

function unlistedPullSecret(account: ServiceAccount, { imagePullSecrets = [] }: PodSpec): string | undefined {
  const listed = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  const index = imagePullSecrets.findIndex(({ name }) => !listed.has(name));
  if (index < 0) return undefined;
  const name = JSON.stringify(imagePullSecrets[index]?.name ?? "");
  return `imagePullSecrets[${index}].name=${name} is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`;
}

function lists({ secrets = [] }: ServiceAccount, name: string): boolean {
  return secrets.some((secret) => secret.name === name);
}

function refusal({ metadata }: ServiceAccount): string {
  return `is not allowed because service account ${metadata.name} does not reference that secret`;
}

function firstOf<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
