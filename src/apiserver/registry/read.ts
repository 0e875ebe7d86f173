/** Get, list and watch, from the watch cache. */
import type { Clock } from "../../machinery/clock.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { expired, notFound, StatusError } from "../../machinery/status.ts";
import { CompactedError, FutureRevisionError, type KeyValue, prefixEnd, type Store } from "../../storage/store.ts";
import type { Follower } from "../watch-cache/follower.ts";
import { type Filter, Watcher } from "../watch-cache/watcher.ts";
import { type ContinueToken, continueAfter, decodeContinue, encodeContinue } from "./continue-token.ts";
import { type ListQuery, parseRevision } from "./list-options.ts";
import { learnSelectable } from "./many-objects.ts";
import type { ResourceStore } from "./resource-store.ts";
import { StoredObject } from "./stored-object.ts";

/** How long a read waits for a revision that the cache has not seen yet. */
const futureRevisionWaitMs = 3_000;
/** How long a consistent read waits for the cache before it goes to the store. */
const catchUpWaitMs = 3_000;

export interface ReadContext {
  readonly follower: Follower;
  readonly store: Store;
  readonly clock: Clock;
  /** Whether watches may begin with a list, whose end a bookmark tells. Default true. */
  readonly watchList?: boolean;
}

export interface ListResult {
  readonly items: readonly StoredObject[];
  /** The same parsed, where somebody has seen to it; see `parsedList`. */
  readonly objects?: readonly KubeObject[];
  readonly revision: number;
  readonly continue: string;
  /** Items after this page; known only where no selector thins them out. */
  readonly remaining: number | undefined;
}

/** What selectors and namespace leave of a resource. `everything` spares looking at each object, `byKey` more of it than its key. */
export interface Selection {
  readonly namespace: string;
  readonly everything: boolean;
  readonly byKey: boolean;
  readonly matches: Filter;
}

/** resourceVersion "" reads what has been acknowledged before the call, "0" what is at hand, N not older than N. */
export async function getObject(
  context: ReadContext,
  resource: ResourceStore,
  namespace: string,
  name: string,
  resourceVersion: string,
  signal: AbortSignal,
): Promise<StoredObject> {
  const key = resource.key(namespace, name);
  const stored = (await isCurrent(context, resourceVersion, signal)) ? resource.cache.get(key) : await readOne(context, resource, key, signal);
  if (stored === undefined) throw notFound(resource.groupResource, name);
  return resource.view(stored);
}

export async function listObjects(
  context: ReadContext,
  resource: ResourceStore,
  query: ListQuery,
  selection: Selection,
  signal: AbortSignal,
): Promise<ListResult> {
  const prefix = resource.prefix(selection.namespace);
  if (query.continue !== "") return continueList(context, resource, prefix, query, selection, signal);
  if (query.resourceVersion !== "") parseRevision(query.resourceVersion, "invalid resource version: ");
  if (isExact(query)) return listExactly(context, resource, prefix, parseRevision(query.resourceVersion), "", query, selection, signal);
  if (!(await isCurrent(context, query.resourceVersion, signal))) return listFromStore(context, resource, prefix, query, selection, signal);
  const revision = context.follower.revision;
  // As in Kubernetes, a list that is content with any state is not paged.
  const limit = query.resourceVersion === "0" ? 0 : query.limit;
  return page(resource, prefix, resource.cache.range(prefix), revision, limit, selection, signal);
}

/** Starts a watch; the events come out of the Watcher. */
export async function watchObjects(
  context: ReadContext,
  resource: ResourceStore,
  query: ListQuery,
  selection: Selection,
  signal: AbortSignal,
): Promise<Watcher> {
  const { follower, watchList = true } = context;
  const prefix = resource.prefix(selection.namespace);
  const matches: Filter = (stored) => stored.key.startsWith(prefix) && (selection.everything || selection.matches(resource.view(stored)));
  const watcher = new Watcher(resource.cache, matches);
  if (query.sendInitialEvents !== true) {
    const revision =
      query.sendInitialEvents === false && (query.resourceVersion === "" || query.resourceVersion === "0") ? undefined : parseRevision(query.resourceVersion);
    return replay(context, resource, watcher, revision, signal);
  }
  await awaitRevision(context, query.resourceVersion, signal);
  // What changes meanwhile has been written just now: little of it has to be parsed.
  await prepare(resource, selection, resource.cache.range(prefix), signal);
  watcher.startFrom(selection.everything ? resource.cache.range(prefix) : resource.cache.range(prefix).filter(matches));
  if (query.allowWatchBookmarks && watchList) watcher.bookmark(follower.revision, true);
  return watcher;
}

async function replay({ follower }: ReadContext, resource: ResourceStore, watcher: Watcher, from: number | undefined, signal: AbortSignal): Promise<Watcher> {
  if (from === undefined) {
    await follower.catchUp(signal);
    watcher.replay([]);
    return watcher;
  }
  // What is still to come can be waited for in the watch itself.
  if (from > follower.revision) {
    watcher.startAfter(from);
    return watcher;
  }
  if (from < resource.cache.historyFrom) throw expired(`too old resource version: ${from} (${resource.cache.historyFrom})`);
  watcher.replay(resource.cache.since(from));
  return watcher;
}

/** Whether the cache is as new as asked for, after waiting for it: false only for "", which the store can answer too. */
async function isCurrent(context: ReadContext, resourceVersion: string, signal: AbortSignal): Promise<boolean> {
  if (resourceVersion === "") return context.follower.catchUpWithin(catchUpWaitMs, signal);
  await awaitRevision(context, resourceVersion, signal);
  return true;
}

/** "" waits for all that has been acknowledged, "0" for nothing, N for N. */
async function awaitRevision(context: ReadContext, resourceVersion: string, signal: AbortSignal): Promise<void> {
  if (resourceVersion === "0") return;
  if (resourceVersion === "") {
    await context.follower.catchUp(signal);
    return;
  }
  await awaitNotOlderThan(context, parseRevision(resourceVersion), signal);
}

async function awaitNotOlderThan({ follower, clock }: ReadContext, revision: number, signal: AbortSignal): Promise<void> {
  if (follower.revision >= revision) return;
  const limit = new AbortController();
  using _timer = clock.after(futureRevisionWaitMs, () => limit.abort());
  try {
    await follower.reached(revision, AbortSignal.any([signal, limit.signal]));
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.signal.aborted) throw error;
    throw tooLargeRevision(revision, follower.revision);
  }
}

function tooLargeRevision(revision: number, current: number): StatusError {
  return new StatusError({
    code: 504,
    reason: "Timeout",
    message: `Timeout: Too large resource version: ${revision}, current: ${current}`,
    details: { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }], retryAfterSeconds: 1 },
  });
}

/** A page size together with a revision has always meant that very revision. */
function isExact(query: ListQuery): boolean {
  if (query.resourceVersionMatch === "Exact") return true;
  return query.resourceVersionMatch === "" && query.limit > 0 && query.resourceVersion !== "" && query.resourceVersion !== "0";
}

async function continueList(
  context: ReadContext,
  resource: ResourceStore,
  prefix: string,
  query: ListQuery,
  selection: Selection,
  signal: AbortSignal,
): Promise<ListResult> {
  const token = decodeContinue(query.continue);
  if (query.resourceVersion !== "" && query.resourceVersion !== "0") {
    throw new StatusError({ code: 400, reason: "BadRequest", message: "specifying resource version is not allowed when using continue" });
  }
  if (token.revision > 0) return listExactly(context, resource, prefix, token.revision, token.start, query, selection, signal);
  await context.follower.catchUp(signal);
  return page(resource, prefix, from(resource.cache.range(prefix), prefix + token.start), context.follower.revision, query.limit, selection, signal);
}

/** The newest state, past the cache: the cache's watch has fallen behind, or is being resumed. */
async function listFromStore(
  { store }: ReadContext,
  resource: ResourceStore,
  prefix: string,
  query: ListQuery,
  selection: Selection,
  signal: AbortSignal,
): Promise<ListResult> {
  const { kvs, revision } = await store.range({ start: prefix, end: prefixEnd(prefix) }, signal);
  return page(
    resource,
    prefix,
    kvs.map((kv) => storedOf(resource, kv)),
    revision,
    query.limit,
    selection,
    signal,
  );
}

async function readOne({ store }: ReadContext, resource: ResourceStore, key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
  const [kv] = (await store.range({ start: key }, signal)).kvs;
  return kv === undefined ? undefined : storedOf(resource, kv);
}

/** The cache's own object where it is the same version. */
function storedOf(resource: ResourceStore, kv: KeyValue): StoredObject {
  const cached = resource.cache.get(kv.key);
  return cached?.revision === kv.modRevision ? cached : new StoredObject(resource.codec, kv.key, kv.modRevision, kv.value);
}

/** The state at one revision: rebuilt from the cache's history while that reaches back so far, else read from the store. */
async function listExactly(
  context: ReadContext,
  resource: ResourceStore,
  prefix: string,
  revision: number,
  start: string,
  query: ListQuery,
  selection: Selection,
  signal: AbortSignal,
): Promise<ListResult> {
  await awaitNotOlderThan(context, revision, signal);
  const { follower } = context;
  const inconsistent: ContinueToken | undefined = start === "" ? undefined : { revision: -1, start };
  if (revision < follower.compactRevision) throw expiredList(inconsistent);
  const all =
    revision >= resource.cache.historyFrom ? resource.cache.rangeAt(prefix, revision) : await readAt(context, resource, prefix, revision, inconsistent, signal);
  return page(resource, prefix, start === "" ? all : from(all, prefix + start), revision, query.limit, selection, signal);
}

async function readAt(
  { store }: ReadContext,
  resource: ResourceStore,
  prefix: string,
  revision: number,
  inconsistent: ContinueToken | undefined,
  signal: AbortSignal,
): Promise<readonly StoredObject[]> {
  try {
    const { kvs } = await store.range({ start: prefix, end: prefixEnd(prefix), revision }, signal);
    return kvs.map((kv) => storedOf(resource, kv));
  } catch (error) {
    if (error instanceof CompactedError) throw expiredList(inconsistent);
    if (error instanceof FutureRevisionError) throw tooLargeRevision(revision, revision);
    throw error;
  }
}

/** Without a token the list began at an old revision of the client's choice; with one it may go on at another. */
function expiredList(inconsistent: ContinueToken | undefined): StatusError {
  if (inconsistent === undefined) {
    return expired("The resourceVersion for the provided list is too old.");
  }
  return expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without " +
      "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. " +
      "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or " +
      "deleted between the time the first chunk was returned and now may show up in the list.",
    encodeContinue(inconsistent),
  );
}

function from(sorted: readonly StoredObject[], key: string): readonly StoredObject[] {
  const index = sorted.findIndex((stored) => stored.key >= key);
  return index < 0 ? [] : sorted.slice(index);
}

/** At most `limit` (0: all) of what the selection lets through, as this resource's clients see them. */
async function page(
  resource: ResourceStore,
  prefix: string,
  sorted: readonly StoredObject[],
  revision: number,
  limit: number,
  selection: Selection,
  signal: AbortSignal,
): Promise<ListResult> {
  await prepare(resource, selection, sorted, signal);
  if (selection.everything && (limit === 0 || sorted.length <= limit)) return whole(resource, sorted, revision);
  const items: StoredObject[] = [];
  let last: StoredObject | undefined;
  for (const [index, stored] of sorted.entries()) {
    const view = resource.view(stored);
    if (!selection.everything && !selection.matches(view)) continue;
    if (limit > 0 && items.length === limit) {
      const token = continueAfter(revision, last!.key.slice(prefix.length));
      return { items, revision, continue: token, remaining: selection.everything ? sorted.length - index : undefined };
    }
    items.push(view);
    last = stored;
  }
  return { items, revision, continue: "", remaining: undefined };
}

/** For `matches` of the selection to be asked of all of them in one go. */
async function prepare(resource: ResourceStore, selection: Selection, sorted: readonly StoredObject[], signal: AbortSignal): Promise<void> {
  if (selection.everything || selection.byKey) return;
  await learnSelectable(viewsOf(resource, sorted), signal);
}

function* viewsOf(resource: ResourceStore, sorted: readonly StoredObject[]): Generator<StoredObject> {
  for (const stored of sorted) yield resource.view(stored);
}

function whole(resource: ResourceStore, sorted: readonly StoredObject[], revision: number): ListResult {
  const same = resource.definition.storedAs === undefined;
  return { items: same ? sorted : sorted.map((stored) => resource.view(stored)), revision, continue: "", remaining: undefined };
}
