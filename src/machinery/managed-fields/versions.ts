/**
 * Kinds with several versions: an entry of managedFields speaks the version its manager used, so what changed has to
 * be looked at in that version too.
 */
import type { JsonObject } from "../patches/json-value.ts";
import type { MessageSchema } from "../schema.ts";
import { atomOf } from "./atoms.ts";
import { type Comparison, compareObjects } from "./compare.ts";
import { emptySet, type FieldSet, matching, recursiveDifference } from "./field-set.ts";

export interface OtherVersion {
  readonly schema: MessageSchema | undefined;
  /** An object of the request's version, in this version. Must not change it. */
  convert(object: object): object;
}

/** A version by its apiVersion; undefined for one that is not served any more, whose entries are dropped. */
export type VersionLookup = (apiVersion: string) => OtherVersion | undefined;

export interface Versioned {
  readonly schema: MessageSchema | undefined;
  readonly apiVersion: string;
  /** Absent for kinds with one version: entries of any other are read as if they were of this one. */
  readonly otherVersions?: VersionLookup | undefined;
  /** Fields that nobody comes to own through this endpoint. */
  readonly ignored?: FieldSet | undefined;
  /** A pattern of the only fields that anybody comes to own through it (`matching`); absent: all. */
  readonly only?: FieldSet | undefined;
}

const nothing: JsonObject = Object.freeze({});

/** What differs between two objects, in any version; each is compared once. */
export class VersionedComparison {
  readonly #kind: Versioned;
  readonly #before: JsonObject | undefined;
  readonly #after: JsonObject;
  readonly #known = new Map<string, Comparison | undefined>();

  constructor(kind: Versioned, before: object | undefined, after: object) {
    this.#kind = kind;
    this.#before = before as JsonObject | undefined;
    this.#after = after as JsonObject;
  }

  /** In the request's version. */
  get own(): Comparison {
    return this.in(this.#kind.apiVersion) as Comparison;
  }

  /** undefined for a version that is not served any more. */
  in(apiVersion: string): Comparison | undefined {
    const version = this.#kind.otherVersions === undefined ? this.#kind.apiVersion : apiVersion;
    if (!this.#known.has(version)) this.#known.set(version, this.#compare(version));
    return this.#known.get(version);
  }

  #compare(apiVersion: string): Comparison | undefined {
    const { schema, otherVersions } = this.#kind;
    if (apiVersion === this.#kind.apiVersion) return this.#counted(compareObjects(atomOf(schema), this.#before ?? nothing, this.#after));
    const version = otherVersions?.(apiVersion);
    if (version === undefined) return undefined;
    const before = this.#before === undefined ? nothing : version.convert(this.#before);
    return this.#counted(compareObjects(atomOf(version.schema), before as JsonObject, version.convert(this.#after) as JsonObject));
  }

  #counted({ changed, removed }: Comparison): Comparison {
    return { changed: countedFields(changed, this.#kind), removed: countedFields(removed, this.#kind) };
  }
}

/** What of `fields` can be owned through the endpoint. */
export function countedFields(fields: FieldSet, { ignored = emptySet, only = emptySet }: Versioned): FieldSet {
  return matching(recursiveDifference(fields, ignored), only);
}
