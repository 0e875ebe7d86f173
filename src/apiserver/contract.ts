/**
 * The seams of the request chain. A request meets, in this order: http (wire forms) -> request info -> authentication
 * -> flow control -> authorization -> admission -> registry -> watch cache -> storage. In-process callers enter after
 * authentication with an identity of their own.
 */
import type { AnyResourceDefinition, ResourceDefinition } from "../api/resource.ts";
import type { KubeObject } from "../machinery/object.ts";

/** Who asks (authentication.k8s.io UserInfo). */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** k8s.io/apiserver RequestInfo: what a URL and method mean. */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  readonly path: string;
  /** get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for non-resource requests. */
  readonly verb: string;
  readonly apiPrefix: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Path segments after the subresource, as in `proxy/some/path`, still percent-encoded. */
  readonly rest: string;
}

/** What an authenticator may look at. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** DER of the client certificate that TLS verified against the client CA; absent without one. */
  readonly clientCertificate?: Uint8Array;
}

export interface Authenticator {
  /**
   * The user; undefined when these credentials hold nothing for this authenticator (the next one is asked, and at the
   * end the request is anonymous). Throws `unauthorized()` when they are there but bad.
   */
  authenticate(credentials: Credentials): Promise<UserInfo | undefined>;
}

/** What authorizers decide on (authorizer.Attributes). */
export interface AuthorizationAttributes {
  readonly user: UserInfo;
  readonly verb: string;
  readonly isResourceRequest: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
}

export interface AuthorizationDecision {
  readonly decision: "allow" | "deny" | "noOpinion";
  readonly reason: string;
}

export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): Promise<AuthorizationDecision> | AuthorizationDecision;
}

export type AdmissionOperation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

export interface AdmissionAttributes {
  readonly operation: AdmissionOperation;
  readonly definition: AnyResourceDefinition;
  /** "" for the object itself; `status`, `scale`, `binding`, `eviction`, `exec` … */
  readonly subresource: string;
  readonly namespace: string;
  /** "" while generateName has not been resolved. */
  readonly name: string;
  /** The writer's copy: mutating plugins change it in place. Undefined for DELETE. For CONNECT the options object. */
  readonly object: KubeObject | undefined;
  /** Frozen. Undefined for CREATE. */
  readonly oldObject: KubeObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions as sent. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Adds a Warning header to the answer. */
  warn(text: string): void;
  /** Adds an annotation to the audit event. */
  annotate(key: string, value: string): void;
}

/** Both phases throw a StatusError to refuse. All mutating plugins run before any validating one. */
export interface AdmissionPlugin {
  readonly name: string;
  handles(operation: AdmissionOperation, definition: AnyResourceDefinition, subresource: string): boolean;
  admit?(attributes: AdmissionAttributes): Promise<void> | void;
  validate?(attributes: AdmissionAttributes): Promise<void> | void;
}

/**
 * Read access to stored objects for authenticators, authorizers, admission plugins and allocators: straight from the
 * watch cache, no authorization, objects shared and frozen.
 */
export interface ObjectReader {
  /** The newest known state; undefined when there is none. Synchronous: from memory. */
  get<T extends KubeObject>(definition: ResourceDefinition<T>, namespace: string, name: string): T | undefined;
  list<T extends KubeObject>(definition: ResourceDefinition<T>, namespace?: string): Iterable<T>;
  /** A linearizable read that waits until the cache has caught up with the store. */
  getFresh<T extends KubeObject>(definition: ResourceDefinition<T>, namespace: string, name: string): Promise<T | undefined>;
  /** Called for every change, in order, after the initial state as "ADDED". Ends with the signal. */
  subscribe<T extends KubeObject>(
    definition: ResourceDefinition<T>,
    onEvent: (type: "ADDED" | "MODIFIED" | "DELETED", object: T) => void,
    signal: AbortSignal,
  ): void;
}

/**
 * Work that goes with the write of one kind and must be undone when the write fails: allocation of cluster IPs and node
 * ports. Runs after admission and `prepareFor…`, before validation; for deletes when the object really goes.
 */
export interface WriteHook {
  readonly definition: AnyResourceDefinition;
  /** May change `object` in place. Throws a StatusError to refuse. A dry run reserves nothing. */
  prepare(operation: "CREATE" | "UPDATE" | "DELETE", object: KubeObject | undefined, old: KubeObject | undefined, dryRun: boolean): Promise<Reservation>;
}

export interface Reservation {
  /** The write has been acknowledged by the store. */
  commit(): void;
  /** The write did not happen. */
  rollback(): void;
}
