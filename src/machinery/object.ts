/** The shapes every API object shares. An object is plain JSON; once it has left the registry it is never changed. */
import type { ObjectMeta } from "./meta.ts";

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

export interface GroupVersionKind extends GroupVersion {
  readonly kind: string;
}

export interface GroupVersionResource extends GroupVersion {
  /** Lower-case plural, as in the URL. */
  readonly resource: string;
}

/** `v1` for the core group, `group/version` otherwise. */
export function apiVersionOf(gv: GroupVersion): string {
  return gv.group === "" ? gv.version : `${gv.group}/${gv.version}`;
}

export function parseApiVersion(apiVersion: string): GroupVersion {
  const slash = apiVersion.indexOf("/");
  if (slash < 0) return { group: "", version: apiVersion };
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** Any API object: what all kinds have in common. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** An object as a client writes it: the server fills in the rest of the metadata, in templates too. */
export type Draft<T extends KubeObject> = { apiVersion?: string; kind?: string; metadata: Partial<ObjectMeta> } & {
  [K in keyof Omit<T, "metadata" | "apiVersion" | "kind">]: DraftValue<T[K]>;
};

type DraftValue<V> = V extends (infer Item)[]
  ? DraftValue<Item>[]
  : V extends object
    ? { [K in keyof V]: K extends "metadata" ? Partial<V[K]> : DraftValue<V[K]> }
    : V;

export interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

export interface KubeList<T extends KubeObject = KubeObject> {
  apiVersion: string;
  kind: string;
  metadata: ListMeta;
  items: readonly T[];
}

/** Names a resource and binds its TypeScript type; `src/client/resources.ts` lists one for every built-in kind. */
export interface ResourceRef<T extends KubeObject = KubeObject> extends GroupVersionResource {
  readonly kind: string;
  readonly namespaced: boolean;
  /** Type carrier; never set. */
  readonly type?: T;
}

/** `namespace/name`, or `name` for cluster-scoped objects: the key of caches and work queues. */
export function objectKey(object: { metadata: { name: string; namespace?: string } }): string {
  const { name, namespace } = object.metadata;
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}
