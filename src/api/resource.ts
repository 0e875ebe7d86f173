/**
 * What the API server has to know of one kind beyond its schema. A kind's file exports one `ResourceDefinition`;
 * src/api/index.ts lists them all; the registry, discovery, OpenAPI and Table output are driven by nothing else, so
 * adding a kind adds no code outside src/api.
 */
import type { FieldSet } from "../machinery/managed-fields/field-set.ts";
import type { KubeObject } from "../machinery/object.ts";
import type { MessageSchema } from "../machinery/schema.ts";
import type { FieldError } from "../machinery/status.ts";

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

/** What strategies may look at besides the objects. */
export interface StrategyContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Name of the user, for fields such as CSR spec.username. */
  readonly user: {
    readonly name: string;
    readonly uid?: string;
    readonly groups: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
}

/**
 * The hooks of one kind's life in the registry, in the order a write meets them:
 * schema decode (unknown fields, types) -> static defaults -> `defaults` -> admission -> `prepareFor…` -> `validate…`.
 * `object` is the writer's own copy and may be changed; `old` is frozen. Validation returns every error it finds.
 */
export interface Strategy<T extends KubeObject> {
  /** Defaults that depend on other fields. Runs on every decode, after the schema's static defaults. */
  defaults?(object: T): void;
  /** Clears what clients may not set (status, for kinds with a status subresource) and sets metadata.generation. */
  prepareForCreate?(object: T, context: StrategyContext): void;
  /** `old` is there on updates: rules that came late let pass what was stored before them (ratcheting). */
  validate?(object: T, context: StrategyContext, old?: T): readonly FieldError[];
  /** Runs in addition to `validate` when the object is new. */
  validateCreate?(object: T, context: StrategyContext): readonly FieldError[];
  /** Restores what an update may not change (status) and bumps metadata.generation when the spec differs. */
  prepareForUpdate?(object: T, old: T, context: StrategyContext): void;
  /** Runs in addition to `validate`, which the registry runs on updates too. */
  validateUpdate?(object: T, old: T, context: StrategyContext): readonly FieldError[];
  /** Texts for Warning headers. */
  warnings?(object: T, old: T | undefined): string[];
  /** Name validation; the default is a DNS subdomain. */
  validateName?(name: string): readonly string[];
  /** Finalizers need no domain in their names: upstream checks this kind's metadata by the rules that all objects share, and no further. */
  readonly anyFinalizer?: boolean;
  /** PUT to a name that does not exist creates it (leases, endpoints, services, events, limit ranges, runtime classes and RBAC kinds do; most kinds do not). */
  readonly allowCreateOnUpdate?: boolean;
  /**
   * Milliseconds that an update may wait for other writes, to be synced to disk together with them; default 0. For
   * heartbeats, which nobody waits for and which would else cost a sync each.
   */
  patienceMs?(object: T, old: T): number;
  /** PUT without resourceVersion overwrites. Default true. */
  readonly allowUnconditionalUpdate?: boolean;
  /**
   * Graceful deletion (pods): seconds to give, 0 to delete at once. Absent: deletion is immediate but for finalizers.
   */
  gracePeriodSeconds?(object: T, requested: number | undefined): number;
  /** Runs when a deletion marks the object for the first time (a namespace turns Terminating); may change it. */
  prepareForDelete?(object: T, context: StrategyContext): void;
  /** True while a marked object must stay although metadata.finalizers is empty (a namespace with spec.finalizers). */
  finalizing?(object: T): boolean;
  /** DELETE answers the object that went rather than a Status (pods, service accounts, storage classes …). */
  readonly returnsDeletedObject?: boolean;
  readonly defaultPropagation?: DefaultPropagation;
}

/**
 * What becomes of dependents when a DELETE does not say: Orphan only for legacy kinds. Unsupported: the garbage collector
 * has nothing to do with the kind, whatever a DELETE says (events).
 */
export type DefaultPropagation = "Background" | "Orphan" | "Unsupported";

/** A subresource served from the same stored object: `status` and its like (`approval`, `finalize`, `resize`, `ephemeralcontainers`). */
export interface ObjectSubresource<T extends KubeObject> {
  readonly verbs: readonly Verb[];
  /** Fields of the object that its writers do not come to own; by default the spec for /status, nothing for others. */
  readonly resetFields?: FieldSet;
  /** A pattern of the only fields that its writers come to own (managed-fields `matching`); absent: all but `resetFields`. */
  readonly ownedFields?: FieldSet;
  /** Takes what this subresource owns from `object`, restores everything else from `old`. */
  prepareForUpdate(object: T, old: T, context: StrategyContext): void;
  validateUpdate?(object: T, old: T, context: StrategyContext): readonly FieldError[];
}

/**
 * A subresource that is not a view of the stored object and is answered by a handler of its own in src/apiserver:
 * `log`, `exec`, `binding`, `eviction`, `token` … Listed here for discovery and for decoding the bodies posted to it.
 */
export interface OtherSubresource {
  /** Kind of the body or of the options, which may live in another group: Eviction is policy/v1. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly Verb[];
  /** Shape of the body; absent where there is none (`log`, `exec` and the proxies take query parameters). */
  readonly schema?: MessageSchema;
}

/** Paths of the scale subresource (autoscaling/v1 Scale), in dots: `spec.replicas`. */
export interface ScaleSubresource<T extends KubeObject> {
  readonly specReplicas: string;
  readonly statusReplicas: string;
  /** The selector in text form for Scale.status.selector. */
  selector(object: T): string;
}

/** A column of Table output; `kubectl get` prints priority 0, `-o wide` the rest. */
export interface Column<T extends KubeObject> {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description: string;
  readonly priority?: number;
  /** Cells hold strings, numbers or booleans; ages are computed against `now` (milliseconds). */
  cell(object: T, now: number): string | number | boolean | null;
}

/** Reads one field for a field selector. Written as a method so that definitions of any kind fit one list. */
type FieldReader<T extends KubeObject> = { read(object: T): string }["read"];

export interface ResourceDefinition<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Lower-case plural, as in the URL. */
  readonly resource: string;
  readonly singular: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced: boolean;
  /** Answers carry a Warning that says so. */
  readonly deprecated?: {
    /** Such as v1.33. */ readonly since: string /** Group, version and kind, as in `discovery.k8s.io/v1 EndpointSlice`. */;
    readonly replacement?: string;
  };
  /** All of them unless stated. */
  readonly verbs?: readonly Verb[];
  readonly schema: MessageSchema;
  readonly strategy: Strategy<T>;
  /** Unless `ownColumns`: printed after Name, and before Age; none of these is wide then. */
  readonly columns?: readonly Column<T>[];
  /** `columns` is the whole row, Name and Age included. */
  readonly ownColumns?: boolean;
  /** Field selectors besides metadata.name and metadata.namespace, which every kind has. */
  readonly selectableFields?: Readonly<Record<string, FieldReader<T>>>;
  readonly status?: ObjectSubresource<T>;
  readonly scale?: ScaleSubresource<T>;
  /** Further subresources of the same object, by name. */
  readonly subresources?: Readonly<Record<string, ObjectSubresource<T>>>;
  /** Subresources with handlers of their own, by name. */
  readonly otherSubresources?: Readonly<Record<string, OtherSubresource>>;
  /**
   * Set when another definition stores the objects (events.k8s.io over core events; autoscaling/v1 over v2): lossless
   * conversion both ways. Watches, lists and revisions are shared.
   */
  readonly storedAs?: {
    readonly group: string;
    readonly version: string;
    toStored(object: T): KubeObject;
    fromStored(stored: KubeObject): T;
  };
  /** Not stored: reviews and the like. The API server answers them by handlers of its own. */
  readonly virtual?: boolean;
}

/** A definition of whatever kind, for lists of them. Hooks take the kind they were defined for. */
// biome-ignore lint/suspicious/noExplicitAny: hooks are contravariant in T, so no single T fits a mixed list
export type AnyResourceDefinition = ResourceDefinition<any>;

/** Identity, for its type inference. */
export function defineResource<T extends KubeObject>(definition: ResourceDefinition<T>): ResourceDefinition<T> {
  return definition;
}
