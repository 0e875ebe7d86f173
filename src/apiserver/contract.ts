/**
 * The seams of the request chain. A request meets, in this order: http (wire forms) -> request info -> authentication
 * -> flow control -> authorization -> admission -> registry -> watch cache -> storage. In-process callers enter after
 * authentication with an identity of their own.
 */
import type { Duplex } from "node:stream";
import type { AnyResourceDefinition, ResourceDefinition, Verb } from "../api/resource.ts";
import type { Clock, Random } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { GroupVersionKind, KubeObject } from "../machinery/object.ts";
import type { MessageSchema } from "../machinery/schema.ts";
import type { Transport } from "../machinery/transport.ts";

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
  /** The headers of that lower-case name one by one, where repeated ones have been joined with ", " in `headers`. */
  headerLines?(name: string): readonly string[];
  /** DER of the client certificate that TLS verified against the client CA; absent without one. */
  readonly clientCertificate?: Uint8Array;
  /** What is asked for, without the query. */
  readonly path?: string;
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
  /** What a list, watch or deletecollection is narrowed down to; absent when to nothing, or when it cannot be read. All must hold. */
  readonly fieldSelector?: readonly SelectorRequirement[];
  readonly labelSelector?: readonly SelectorRequirement[];
}

/** authorization.k8s.io FieldSelectorAttributes and LabelSelectorAttributes. */
export interface SelectorRequirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
}

export interface AuthorizationDecision {
  readonly decision: "allow" | "deny" | "noOpinion";
  readonly reason: string;
  /** An authorizer that could not be asked: unless another allows the request, it fails of this and is not forbidden. */
  readonly error?: string;
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

/** Keys of the store beside the object's own that a write takes or gives back, in one transaction with it. */
export interface KeyClaims {
  /** None of them may be there. */
  readonly take: readonly { readonly key: string; readonly value: Uint8Array }[];
  /** Each has to be as it was seen, and goes. */
  readonly give: readonly { readonly key: string; readonly modRevision: number }[];
}

export interface Reservation {
  /** Absent: the write is of its object alone. A dry run claims nothing. */
  readonly claims?: KeyClaims;
  /**
   * These keys of the claims were not as expected, and nothing was written: changes the object so that it can do without
   * them, and says what to claim then. Throws a StatusError when there is no way.
   */
  readonly contested?: (keys: ReadonlySet<string>) => Promise<KeyClaims>;
  /** The write has been acknowledged by the store; the client hears of it when this is done. */
  commit(): void | Promise<void>;
  /** The write did not happen. */
  rollback(): void | Promise<void>;
}

/* ---- What plugs into the chain behind authorization: subresources, virtual kinds, routes ---- */

/** What the chain has learned of a request by the time a handler sees it. Authorization has been passed. */
export interface RequestContext {
  readonly info: RequestInfo;
  /** HTTP method, upper case. In-process requests have the one that HTTPS would use. */
  readonly method: string;
  readonly user: UserInfo;
  readonly query: URLSearchParams;
  /** Lower-case names. Empty for in-process requests. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The peer's address; "" for in-process requests. */
  readonly remoteAddress: string;
  /** Aborts when the client goes away, the request times out (60 s unless long-running) or the server stops. */
  readonly signal: AbortSignal;
  /** Adds a Warning header to the answer. */
  warn(text: string): void;
  /** Adds an annotation to the audit event. */
  annotate(key: string, value: string): void;
}

/** A request for an object that a handler computes: pods/binding, pods/eviction, serviceaccounts/token, reviews. */
export interface ObjectRequest extends RequestContext {
  /** Of the parent resource, or of the virtual kind itself. */
  readonly definition: AnyResourceDefinition;
  /** Decoded by the handler's `body` schema, strict or lenient as `fieldValidation` says; undefined without a body. The handler's own copy. */
  readonly body: KubeObject | undefined;
  readonly dryRun: boolean;
}

/**
 * A request that is answered with raw bytes or a stream of the connection's own: log, exec, attach, portforward,
 * proxy. HTTP only; the in-process transport answers these with 405.
 */
export interface ConnectRequest extends RequestContext {
  readonly definition: AnyResourceDefinition;
  /** The body as it arrives, without a size limit. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Path and query as sent. */
  readonly url: string;
  readonly response: ResponseWriter;
  /** Present when the client asks for `Connection: Upgrade` (HTTP/1.1): the handler then owns the socket. */
  readonly upgrade: UpgradeSocket | undefined;
}

export interface UpgradeSocket {
  /** Raw connection after the request head. Nothing has been answered yet; the handler writes the 101 (or ws does). */
  readonly socket: Duplex;
  /** First bytes of the upgraded stream that were read together with the request head. */
  readonly head: Buffer;
  /** For ws: `new WebSocketServer({ noServer: true }).handleUpgrade(request, socket, head, …)`. */
  readonly request: import("node:http").IncomingMessage;
  /** To be called when the 101 goes out. */
  switched?(): void;
}

/** The answer to an HTTP request, whatever the protocol version. Errors thrown before `start` become a Status. */
export interface ResponseWriter {
  readonly started: boolean;
  /** Once, before the first write. Header names in lower case; hop-by-hop headers are left out for HTTP/2. */
  start(code: number, headers: Readonly<Record<string, string | readonly string[]>>): void;
  /** Resolves when the client can take more (back pressure); rejects when it has gone. */
  write(chunk: Uint8Array | string): Promise<void>;
  end(chunk?: Uint8Array | string): Promise<void>;
  /** Cuts the connection short, so that the client sees an incomplete answer. */
  destroy(): void;
}

/** One subresource of one resource, answered by code of its own instead of the registry. Exactly one of `handle`, `connect`. */
export interface SubresourceHandler {
  readonly definition: AnyResourceDefinition;
  /** `binding`, `log`, `exec` … Path segments after it are `info.rest`. */
  readonly subresource: string;
  /** For discovery: the kind this subresource takes or gives, such as policy/v1 Eviction. */
  readonly kind: GroupVersionKind;
  /** apiVersions that a body may claim beside that of `kind`, whose form they share. */
  readonly alsoAccepts?: readonly string[];
  /** For discovery, and what answers 405 otherwise: create for POST, get for GET, update PUT, patch PATCH, delete DELETE. */
  readonly verbs: readonly Verb[];
  /** Schema of the request's body. */
  readonly body?: MessageSchema;
  /** Not counted against the request timeout nor the in-flight limit (exec, attach, portforward, proxy, log with follow=true). */
  readonly longRunning?: boolean;
  /** The answer's object: an object of `kind`, or a Status. POST answers 201, others 200. */
  handle?(request: ObjectRequest): Promise<KubeObject>;
  connect?(request: ConnectRequest): Promise<void>;
}

/** Answers a kind that is not stored (definition.virtual): reviews by `create`; componentstatuses by `get` and `list`. */
export interface VirtualHandler {
  readonly definition: AnyResourceDefinition;
  /** POST: the object with its status filled in; answered with 201. */
  create?(request: ObjectRequest): Promise<KubeObject>;
  get?(request: ObjectRequest): Promise<KubeObject>;
  list?(request: ObjectRequest): Promise<readonly KubeObject[]>;
}

/** A path outside the API groups: /openid/v1/jwks, /metrics … Authorized as a non-resource request. */
export interface RouteHandler {
  /** Exact path, or a prefix of whole segments when it ends with `/`. */
  readonly path: string;
  serve(request: RouteRequest): Promise<void>;
}

export interface RouteRequest extends RequestContext {
  readonly url: string;
  readonly response: ResponseWriter;
}

export interface ModifyOptions {
  readonly user: UserInfo;
  /** Writes through this subresource's strategy, such as `status`. */
  readonly subresource?: string;
  readonly dryRun?: boolean;
  /** Fails with 409 instead of trying again when the object has another uid or resourceVersion. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  /** Default `coracle-apiserver`. */
  readonly fieldManager?: string;
}

/** Writes for handlers: validated and stored like a client's, without authorization or admission. */
export interface ObjectWriter {
  /**
   * Reads the object fresh, lets `change` alter a copy of it and writes that, again on conflict. `change` returns
   * false to write nothing; what it throws is thrown. Returns the object as stored.
   */
  modify<T extends KubeObject>(
    definition: ResourceDefinition<T>,
    namespace: string,
    name: string,
    change: (object: T) => boolean,
    options: ModifyOptions,
  ): Promise<T>;
  /** As DELETE does it: grace, finalizers and propagation included. */
  delete<T extends KubeObject>(
    definition: ResourceDefinition<T>,
    namespace: string,
    name: string,
    options: {
      readonly user: UserInfo;
      readonly dryRun?: boolean;
      readonly gracePeriodSeconds?: number;
      readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
      readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
    },
  ): Promise<T>;
}

/** What factories of handlers are given; all of it lives as long as the server. */
export interface ServerServices {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** In-process access as this user: authorization and admission included. `program` is who managedFields say has written. */
  transport(user: UserInfo, program?: string): Transport;
  readonly definitions: readonly AnyResourceDefinition[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** What createApiServer's config takes: `handlers: HandlerFactory[]`. */
export type HandlerFactory = (services: ServerServices) => {
  readonly subresources?: readonly SubresourceHandler[];
  readonly virtual?: readonly VirtualHandler[];
  readonly routes?: readonly RouteHandler[];
};
