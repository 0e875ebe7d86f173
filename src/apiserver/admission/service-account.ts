/** Gives every pod an account, its pull secrets and, unless it opts out, a projected API token (KEP-1205). */
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import type { PodSpec } from "../../api/core/v1/pod-spec.ts";
import { type ServiceAccount, serviceAccounts } from "../../api/core/v1/service-account.ts";
import type { Volume } from "../../api/core/v1/volume.ts";
import type { Clock, Random } from "../../machinery/clock.ts";
import { randomNameSuffix } from "../../machinery/object-meta.ts";
import { podReferences } from "../authorization/node-references.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../contract.ts";
import { unmountableEphemeralSecret, unmountableSecret } from "./mountable-secrets.ts";
import { isMirrorPod, isSame, refuse } from "./plugin.ts";

export interface ServiceAccountOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

const defaultAccount = "default";
const volumePrefix = "kube-api-access-";
const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
/** An hour and a bit: the odd seconds tell the issuer that this request is extended (token-issuer.ts). */
const tokenExpirationSeconds = 3607;
/** A new namespace gets its default account a moment later; pods that come first wait for it. */
const lookupTries = 10;
const lookupIntervalMs = 100;

export function serviceAccountPlugin(options: ServiceAccountOptions): AdmissionPlugin {
  return {
    name: "ServiceAccount",
    handles: (operation, definition, subresource) =>
      isSame(definition, pods) && (operation === "UPDATE" ? subresource === "ephemeralcontainers" : operation === "CREATE" && subresource === ""),
    async admit(attributes) {
      const pod = attributes.object as Pod;
      if (attributes.operation === "UPDATE" || isMirrorPod(pod)) return;
      const spec = pod.spec as PodSpec;
      const name = (spec.serviceAccountName ?? "") === "" ? defaultAccount : (spec.serviceAccountName as string);
      spec.serviceAccountName = name;
      spec.serviceAccount = name;
      const account = await findAccount(attributes, name, options);
      if (automounts(account, spec)) mountToken(spec, options.random);
      if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) {
        spec.imagePullSecrets = (account.imagePullSecrets ?? []).map(({ name }) => ({ ...(name === undefined ? {} : { name }) }));
      }
    },
    async validate(attributes) {
      const pod = attributes.object as Pod;
      const spec = pod.spec as PodSpec;
      if (isMirrorPod(pod)) {
        if (attributes.operation === "CREATE") refuseCredentialsOfMirrorPod(attributes, pod);
        return;
      }
      const account = await findAccount(attributes, spec.serviceAccountName ?? "", options);
      const reason = attributes.operation === "CREATE" ? unmountableSecret(account, spec) : unmountableEphemeralSecret(account, spec);
      if (reason !== undefined) throw refuse(attributes, reason);
    },
  };
}

async function findAccount(attributes: AdmissionAttributes, name: string, { reader, clock, signal }: ServiceAccountOptions): Promise<ServiceAccount> {
  const { namespace } = attributes;
  const tries = name === defaultAccount ? lookupTries : 1;
  for (let attempt = 1; ; attempt++) {
    const account = reader.get(serviceAccounts, namespace, name) ?? (await reader.getFresh(serviceAccounts, namespace, name));
    if (account !== undefined) return account;
    if (attempt === tries) throw refuse(attributes, `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`);
    await clock.sleep(lookupIntervalMs, signal);
  }
}

/** The pod's own word counts more than the account's. */
function automounts(account: ServiceAccount, spec: PodSpec): boolean {
  return spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

/** Containers that mount something there already keep it. */
function mountToken(spec: PodSpec, random: Random): void {
  const existing = spec.volumes?.find((volume) => (volume.name ?? "").startsWith(volumePrefix) && volume.projected !== undefined);
  const name = existing?.name ?? `${volumePrefix}${randomNameSuffix(random)}`;
  let mounted = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === mountPath)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
    mounted = true;
  }
  if (mounted && existing === undefined) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { path: "token", expirationSeconds: tokenExpirationSeconds } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] } },
      ],
    },
  };
}

/** A kubelet could otherwise make up a pod to get at any account's token. */
function refuseCredentialsOfMirrorPod(attributes: AdmissionAttributes, pod: Pod): void {
  if ((pod.spec?.serviceAccountName ?? "") !== "") throw refuse(attributes, "a mirror pod may not reference service accounts");
  if ([...podReferences({ ...pod, metadata: { ...pod.metadata, annotations: {} } })].some((reference) => reference.startsWith("secret:")))
    throw refuse(attributes, "a mirror pod may not reference secrets");
  if (pod.spec?.volumes?.some((volume) => volume.projected?.sources?.some((source) => source.serviceAccountToken !== undefined))) {
    throw refuse(attributes, "a mirror pod may not use ServiceAccountToken volume projections");
  }
}
