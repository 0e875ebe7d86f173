/**
 * JSON Patch (RFC 6902) as kube-apiserver applies it. Where Kubernetes differs from the RFC, Kubernetes wins, because
 * clients rely on it: `replace` of an absent member sets it, a `test` for null passes when the member is absent, `copy`
 * of an absent member makes a null, negative array indices count from the end, and only `replace` and `test` know the
 * whole document.
 */
import { copyJson, sameJson } from "../json.ts";
import { badRequest, requestEntityTooLarge } from "../status.ts";
import { PatchError, unprocessable } from "./errors.ts";
import { isList, isObject, jsonKind, setValue } from "./json-value.ts";

export interface JsonPatchOperation {
  readonly op: string;
  /** JSON pointers (RFC 6901). */
  readonly path?: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** kube-apiserver's limit on operations in one patch. */
const maxOperations = 10_000;

/** kube-apiserver's limit on what `copy` operations of one patch may duplicate, in characters of JSON. */
const maxCopiedCharacters = 3 * 1024 * 1024;

/**
 * Applies a decoded patch body. The result shares unchanged parts with `document` and added ones with `patch`; copy
 * it before changing it.
 * @throws StatusError 400 for what is no patch, 413 for too many operations, 422 (cause: PatchError) for one that
 *   does not apply.
 */
export function applyJsonPatch<T>(document: T, patch: unknown): T {
  const operations = parseJsonPatch(patch);
  try {
    return new Patcher(document).run(operations) as T;
  } catch (error) {
    throw error instanceof PatchError ? unprocessable(error) : error;
  }
}

/** The operations of a decoded patch body. Throws StatusError 400 or 413. */
export function parseJsonPatch(patch: unknown): readonly JsonPatchOperation[] {
  if (!isList(patch)) throw undecodable(patch, "[]handlers.jsonPatchOp");
  if (patch.length > maxOperations) {
    throw requestEntityTooLarge(`Request entity too large: The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`);
  }
  return patch.map(parseOperation);
}

function parseOperation(operation: unknown): JsonPatchOperation {
  if (!isObject(operation)) throw undecodable(operation, "handlers.jsonPatchOp");
  for (const field of ["op", "path", "from"] as const) {
    const value = operation[field];
    if (value !== undefined && typeof value !== "string") throw undecodable(value, `string`, `Go struct field jsonPatchOp.${field}`);
  }
  return operation as unknown as JsonPatchOperation;
}

function undecodable(value: unknown, type: string, target = "Go value") {
  return badRequest(`error decoding patch: json: cannot unmarshal ${jsonKind(value)} into ${target} of type ${type}`);
}

/** List elements that one patch may shift along: ten thousand inserts at the head of a long list are minutes of work. */
const maxShifted = 20_000_000;

/** Deeper than any document; what is longer points nowhere. */
const maxPointerTokens = 2000;

type Container = Record<string, unknown> | unknown[];

/** One run over one document. Containers are copied when first written to, so the document stays as it was. */
class Patcher {
  #root: unknown;
  readonly #own = new Set<object>();
  #copied = 0;
  #shifted = 0;

  constructor(document: unknown) {
    this.#root = document;
  }

  run(operations: readonly JsonPatchOperation[]): unknown {
    for (const operation of operations) this.#apply(operation);
    return this.#root;
  }

  #apply(operation: JsonPatchOperation): void {
    switch (operation.op) {
      case "add":
        this.#add(pointer(operation, "path"), operation.value ?? null);
        return;
      case "remove":
        this.#remove(pointer(operation, "path"));
        return;
      case "replace":
        this.#replace(pointer(operation, "path"), operation.value ?? null);
        return;
      case "move":
        this.#move(pointer(operation, "from"), pointer(operation, "path"));
        return;
      case "copy":
        this.#copy(pointer(operation, "from"), pointer(operation, "path"));
        return;
      case "test":
        this.#test(pointer(operation, "path"), operation.value ?? null);
        return;
      default:
        throw new PatchError(`Unexpected kind: ${operation.op ?? "unknown"}`);
    }
  }

  #add(path: Pointer, value: unknown): void {
    if (path.tokens.length === 0) throw missing(path);
    const { container, key } = this.#writable(path);
    if (isList(container)) container.splice(this.#shifting(container, insertionIndex(container, key)), 0, value);
    else setValue(container, key, value);
  }

  #remove(path: Pointer): unknown {
    if (path.tokens.length === 0) throw missing(path);
    const { container, key } = this.#writable(path);
    if (isList(container)) return container.splice(this.#shifting(container, elementIndex(container, key)), 1)[0];
    if (!Object.hasOwn(container, key)) throw new PatchError(`Unable to remove nonexistent key: ${key}`);
    const value = container[key];
    delete container[key];
    return value;
  }

  #shifting(list: readonly unknown[], index: number): number {
    this.#shifted += list.length - index;
    if (this.#shifted > maxShifted) {
      throw requestEntityTooLarge(`Request entity too large: The allowed maximum of list elements moved by a JSON patch is ${maxShifted}`);
    }
    return index;
  }

  #replace(path: Pointer, value: unknown): void {
    if (path.tokens.length === 0) {
      // Upstream passes over what can be no document.
      if (typeof value === "object" && value !== null) this.#root = value;
      return;
    }
    const { container, key } = this.#writable(path);
    if (isList(container)) container[elementIndex(container, key)] = value;
    else setValue(container, key, value);
  }

  #move(from: Pointer, path: Pointer): void {
    if (path.text.startsWith(`${from.text}/`)) throw new PatchError(`cannot move ${from.text} into its own child ${path.text}`);
    this.#add(path, this.#remove(from));
  }

  #copy(from: Pointer, path: Pointer): void {
    if (from.tokens.length === 0) throw missing(from);
    const value = this.#read(from) ?? null;
    // A copy of a copy doubles the document: without a limit a short patch fills the memory.
    this.#copied += JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? item.toString() : item)).length;
    if (this.#copied > maxCopiedCharacters) throw new PatchError(`copied ${this.#copied} characters, more than the ${maxCopiedCharacters} allowed`);
    this.#add(path, copyJson(value));
  }

  #test(path: Pointer, expected: unknown): void {
    if (!sameJson(this.#read(path) ?? null, expected)) throw new PatchError(`testing value ${path.text} failed: test failed`);
  }

  /** The value at a path; undefined for an absent member of an object that is there. */
  #read(path: Pointer): unknown {
    let value = this.#root;
    path.tokens.forEach((token, depth) => {
      if (isList(value)) value = value[elementIndex(value, token)];
      else if (isObject(value) && Object.hasOwn(value, token)) value = value[token];
      else if (isObject(value) && depth === path.tokens.length - 1) value = undefined;
      else throw missing(path);
    });
    return value;
  }

  /** The container of a path's last token, made writable along with everything above it. */
  #writable(path: Pointer): { container: Container; key: string } {
    let container = this.#owned(this.#root, path);
    this.#root = container;
    for (const token of path.tokens.slice(0, -1)) {
      const key = isList(container) ? elementIndex(container, token) : token;
      const child = Object.hasOwn(container, key) ? (container as Record<string | number, unknown>)[key] : undefined;
      const owned = this.#owned(child, path);
      if (isList(container)) container[key as number] = owned;
      else setValue(container, token, owned);
      container = owned;
    }
    return { container, key: path.tokens.at(-1) ?? "" };
  }

  #owned(value: unknown, path: Pointer): Container {
    if (typeof value !== "object" || value === null) throw missing(path);
    if (this.#own.has(value)) return value as Container;
    const copy: Container = Array.isArray(value) ? value.slice() : { ...value };
    this.#own.add(copy);
    return copy;
  }
}

interface Pointer {
  readonly text: string;
  readonly tokens: readonly string[];
}

function pointer(operation: JsonPatchOperation, field: "path" | "from"): Pointer {
  const text = operation[field];
  if (text === undefined) throw new PatchError(`${operation.op} operation failed to decode ${field}`);
  if (text === "") return { text, tokens: [] };
  if (!text.startsWith("/")) throw new PatchError(`${operation.op} operation does not apply: doc is missing path: "${text}"`);
  return { text, tokens: text.slice(1).split("/", maxPointerTokens).map(unescapeToken) };
}

/** RFC 6901: ~1 first, so that ~01 is the text ~1. */
function unescapeToken(token: string): string {
  return token.includes("~") ? token.replaceAll("~1", "/").replaceAll("~0", "~") : token;
}

function missing(path: Pointer): PatchError {
  return new PatchError(`doc is missing path: "${path.text}"`);
}

function elementIndex(list: readonly unknown[], token: string): number {
  return boundedIndex(token, list.length, list.length - 1);
}

function insertionIndex(list: readonly unknown[], token: string): number {
  return token === "-" ? list.length : boundedIndex(token, list.length + 1, list.length);
}

/** Negative indices count back from `size`. */
function boundedIndex(token: string, size: number, last: number): number {
  if (!/^[+-]?\d+$/.test(token)) throw new PatchError(`value was not a proper array index: '${token}'`);
  const given = Number(token);
  const index = given < 0 ? given + size : given;
  if (index < 0 || index > last) throw new PatchError(`Unable to access invalid index: ${given}`);
  return index;
}
