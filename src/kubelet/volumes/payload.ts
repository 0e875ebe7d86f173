/** Files of configMap, secret, downwardAPI and projected volumes. Pure: objects and tokens come in as values. */
import type { ConfigMap } from "../../api/core/v1/config-map.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Secret } from "../../api/core/v1/secret.ts";
import type { Volume } from "../../api/core/v1/volume.ts";
import { type DownwardFacts, fieldValue, resourceValue } from "../container/downward-api.ts";

export interface PayloadFile {
  readonly data: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
  /** Owner, for tokens of pods whose containers all run as one user. */
  readonly uid?: number;
}

/** By path relative to the volume, such as `a/b.conf`. */
export type Payload = ReadonlyMap<string, PayloadFile>;

/** Bound token of a service account for one pod. */
export interface TokenRequestKey {
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
}

export interface PayloadSources {
  readonly pod: Pod;
  readonly facts: DownwardFacts;
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
  token(key: TokenRequestKey): string;
}

/** A source is missing or lacks a key: FailedMount with this message. */
export class VolumeError extends Error {
  override readonly name = "VolumeError";
}

const defaultFileMode = 0o644;
const defaultTokenSeconds = 3600;

type Item = { readonly key: string; readonly path: string; readonly mode?: number };
type DownwardItem = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number];
type Projection = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];

export function isAtomicVolume(volume: Volume): boolean {
  return volume.configMap !== undefined || volume.secret !== undefined || volume.downwardAPI !== undefined || volume.projected !== undefined;
}

export function volumePayload(volume: Volume, sources: PayloadSources): Payload {
  if (volume.configMap !== undefined) {
    const { name = "", items, optional, defaultMode = defaultFileMode } = volume.configMap;
    return configMapPayload(name, items, optional === true, defaultMode, sources);
  }
  if (volume.secret !== undefined) {
    const { secretName = "", items, optional, defaultMode = defaultFileMode } = volume.secret;
    return secretPayload(secretName, items, optional === true, defaultMode, sources);
  }
  if (volume.downwardAPI !== undefined) return downwardPayload(volume.downwardAPI.items ?? [], volume.downwardAPI.defaultMode ?? defaultFileMode, sources);
  const { sources: projections = [], defaultMode = defaultFileMode } = volume.projected ?? {};
  const files = new Map<string, PayloadFile>();
  for (const projection of projections) for (const [path, file] of projectionPayload(projection, defaultMode, sources)) files.set(path, file);
  return files;
}

function projectionPayload(projection: Projection, defaultMode: number, sources: PayloadSources): Payload {
  const { configMap, secret, downwardAPI, serviceAccountToken } = projection;
  if (configMap !== undefined) return configMapPayload(configMap.name ?? "", configMap.items, configMap.optional === true, defaultMode, sources);
  if (secret !== undefined) return secretPayload(secret.name ?? "", secret.items, secret.optional === true, defaultMode, sources);
  if (downwardAPI !== undefined) return downwardPayload(downwardAPI.items ?? [], defaultMode, sources);
  if (serviceAccountToken !== undefined) return tokenPayload(serviceAccountToken, defaultMode, sources);
  throw new VolumeError("clusterTrustBundle and podCertificate projections are not supported by this kubelet");
}

function configMapPayload(name: string, items: readonly Item[] | undefined, optional: boolean, mode: number, sources: PayloadSources): Payload {
  const configMap = sources.configMap(name);
  if (configMap === undefined && !optional) throw new VolumeError(`configmap "${name}" not found`);
  const data = new Map<string, Uint8Array>();
  for (const [key, text] of Object.entries(configMap?.data ?? {})) data.set(key, Buffer.from(text));
  for (const [key, base64] of Object.entries(configMap?.binaryData ?? {})) data.set(key, Buffer.from(base64, "base64"));
  return selectItems(data, items, optional, mode, "configmap references non-existent config key");
}

function secretPayload(name: string, items: readonly Item[] | undefined, optional: boolean, mode: number, sources: PayloadSources): Payload {
  const secret = sources.secret(name);
  if (secret === undefined && !optional) throw new VolumeError(`secret "${name}" not found`);
  const data = new Map(Object.entries(secret?.data ?? {}).map(([key, base64]) => [key, Buffer.from(base64, "base64")]));
  return selectItems(data, items, optional, mode, "references non-existent secret key");
}

/** All keys as files of their names, or the items' keys at the items' paths. */
function selectItems(data: ReadonlyMap<string, Uint8Array>, items: readonly Item[] | undefined, optional: boolean, mode: number, missing: string): Payload {
  if (items === undefined || items.length === 0) return new Map([...data].map(([key, bytes]) => [key, { data: bytes, mode }]));
  const files = new Map<string, PayloadFile>();
  for (const item of items) {
    const bytes = data.get(item.key);
    if (bytes !== undefined) files.set(item.path, { data: bytes, mode: item.mode ?? mode });
    else if (!optional) throw new VolumeError(`${missing}: ${item.key}`);
  }
  return files;
}

function downwardPayload(items: readonly DownwardItem[], defaultMode: number, sources: PayloadSources): Payload {
  return new Map(items.map((item) => [item.path, { data: Buffer.from(downwardText(item, sources)), mode: item.mode ?? defaultMode }]));
}

function downwardText(item: DownwardItem, { pod, facts }: PayloadSources): string {
  if (item.fieldRef !== undefined) return fieldValue(pod, item.fieldRef.fieldPath, facts);
  const ref = item.resourceFieldRef;
  const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(({ name }) => name === ref?.containerName);
  if (ref === undefined || container === undefined) throw new VolumeError(`cannot fill ${item.path}: no container ${ref?.containerName}`);
  return resourceValue(container, ref.resource, ref.divisor, facts);
}

function tokenPayload(source: NonNullable<Projection["serviceAccountToken"]>, defaultMode: number, sources: PayloadSources): Payload {
  const token = sources.token(tokenKey(source));
  const fsGroup = sources.pod.spec.securityContext?.fsGroup;
  const user = commonUser(sources.pod);
  const mode = fsGroup !== undefined || user !== undefined ? 0o600 : defaultMode;
  return new Map([[source.path, { data: Buffer.from(token), mode, ...(user === undefined ? {} : { uid: user }) }]]);
}

function tokenKey(source: NonNullable<Projection["serviceAccountToken"]>): TokenRequestKey {
  return { audience: source.audience === "" ? undefined : source.audience, expirationSeconds: source.expirationSeconds ?? defaultTokenSeconds };
}

/** Tokens that a volume needs before its payload can be computed. */
export function volumeTokens(volume: Volume): TokenRequestKey[] {
  return (volume.projected?.sources ?? []).flatMap(({ serviceAccountToken }) => (serviceAccountToken === undefined ? [] : [tokenKey(serviceAccountToken)]));
}

/** The user all containers run as, if they agree on one. */
function commonUser(pod: Pod): number | undefined {
  const users = new Set(
    [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(
      (container) => container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser,
    ),
  );
  return users.size === 1 ? [...users][0] : undefined;
}
