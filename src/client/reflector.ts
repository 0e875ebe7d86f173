/**
 * Reflector: follows one resource of an API server and tells a sink of its full state once, then of every change. An
 * explicit state machine (`next`), driven by a thin loop that does the requests.
 *
 *   streamingList --synced--> watch --ended--> watch (from the last revision)
 *        | refused (4xx)         | expired (410)
 *        v                       v
 *       list ------synced-----> watch            any failure -> backOff -> the state to retry
 *
 * Streaming lists are KEP-3157: one watch request that first sends everything there is, ended by an annotated bookmark.
 */
import type { Clock, Random } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { KubeObject, ResourceRef } from "../machinery/object.ts";
import { StatusError } from "../machinery/status.ts";
import type { ListOptions, Target, Transport, WatchEvent, WatchOptions } from "../machinery/transport.ts";
import { errorText, isExpired } from "./errors.ts";
import type { InformerOptions } from "./informer.ts";

export type ReflectorState =
  | { readonly phase: "streamingList" }
  | { readonly phase: "list" }
  | { readonly phase: "watch"; readonly resourceVersion: string }
  | { readonly phase: "backOff"; readonly failures: number; readonly resume: ReflectorState };

export type ReflectorOutcome =
  /** The full state as of this revision has been handed over; a streaming list goes on as a watch by itself. */
  | { readonly type: "synced"; readonly resourceVersion: string }
  /** The watch ended in good order; everything up to this revision has been handed over. */
  | { readonly type: "ended"; readonly resourceVersion: string }
  | { readonly type: "failed"; readonly error: unknown; readonly resourceVersion: string }
  | { readonly type: "waited" };

/** Where to go from `state`. `failures` counts those in a row; a sync or a watch that brought events starts it anew. */
export function next(state: ReflectorState, outcome: ReflectorOutcome, failures: number): ReflectorState {
  switch (outcome.type) {
    case "waited":
      return state.phase === "backOff" ? state.resume : state;
    case "synced":
    case "ended":
      return { phase: "watch", resourceVersion: outcome.resourceVersion };
    case "failed":
      return afterFailure(state, outcome, failures);
  }
}

function afterFailure(state: ReflectorState, outcome: { error: unknown; resourceVersion: string }, failures: number): ReflectorState {
  if (isExpired(outcome.error))
    return state.phase === "watch" ? { phase: "streamingList" } : { phase: "backOff", failures, resume: { phase: "streamingList" } };
  if (state.phase === "streamingList" && refusesStreaming(outcome.error)) return { phase: "list" };
  const resume = outcome.resourceVersion === "" ? state : ({ phase: "watch", resourceVersion: outcome.resourceVersion } as const);
  return { phase: "backOff", failures, resume };
}

/** A server without streaming lists answers 4xx; too many requests, unauthorized and forbidden concern a plain list just as much. */
function refusesStreaming(error: unknown): boolean {
  return error instanceof StatusError && error.code >= 400 && error.code < 500 && ![401, 403, 404, 429].includes(error.code);
}

const backOffBaseMs = 100;
const backOffMaxMs = 30_000;

/** Doubles from 100 ms to 30 s, plus up to as much again, so that clients of a server that comes back do not come at once. */
export function backOffMs(failures: number, random: Random): number {
  const base = Math.min(backOffMaxMs, backOffBaseMs * 2 ** Math.min(failures - 1, 20));
  return base * (1 + random());
}

export interface ReflectorSink<T extends KubeObject> {
  /** The full state; whatever the sink knows beyond it is gone. */
  replace(objects: readonly T[], resourceVersion: string): void;
  event(event: WatchEvent<T> & { readonly type: "ADDED" | "MODIFIED" | "DELETED" }): void;
  /** Everything up to this revision has been seen. */
  progress(resourceVersion: string): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly transport: Transport;
  readonly resource: ResourceRef<T>;
  readonly selection: InformerOptions;
  readonly sink: ReflectorSink<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Runs until the signal aborts; rejects only when the sink throws. */
export async function runReflector<T extends KubeObject>(options: ReflectorOptions<T>): Promise<void> {
  const session = new ReflectorSession(options);
  let state: ReflectorState = { phase: "streamingList" };
  while (!options.signal.aborted) {
    const outcome: ReflectorOutcome = await session.step(state);
    if (options.signal.aborted) return;
    if (outcome.type === "failed") session.failed(state, outcome.error);
    state = next(state, outcome, session.failures);
  }
}

/** A sink's own failure, kept apart from those of the transport: it is a defect, not weather. */
class SinkError extends Error {}

/** Asked of the server, spread out so that watches do not all end together (client-go's 5 to 10 minutes). */
const watchSeconds = { least: 300, spread: 300 };
const shortWatchMs = 1000;
const listChunk = 500;
const initialEventsEnd = "k8s.io/initial-events-end";

class ReflectorSession<T extends KubeObject> {
  /** Failures in a row. */
  failures = 0;
  readonly #options: ReflectorOptions<T>;
  readonly #target: Target<T>;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    const { namespace } = options.selection;
    this.#target = { resource: options.resource, ...(namespace === undefined ? {} : { namespace }) };
  }

  async step(state: ReflectorState): Promise<ReflectorOutcome> {
    const progress = { resourceVersion: "" };
    try {
      return await this.#run(state, progress);
    } catch (error) {
      if (error instanceof SinkError) throw error.cause;
      return { type: "failed", error, resourceVersion: progress.resourceVersion };
    }
  }

  failed(state: ReflectorState, error: unknown): void {
    this.failures++;
    const { resource } = this.#options.resource;
    const fields = { resource, phase: state.phase, failures: this.failures, error: errorText(error) };
    if (isExpired(error)) this.#options.logger.info(fields, "watch is too old, listing again");
    else this.#options.logger[this.failures > 3 ? "warn" : "debug"](fields, "cannot follow a resource, will retry");
  }

  #run(state: ReflectorState, progress: { resourceVersion: string }): Promise<ReflectorOutcome> {
    switch (state.phase) {
      case "streamingList":
        return this.#streamingList(progress);
      case "list":
        return this.#list();
      case "watch":
        progress.resourceVersion = state.resourceVersion;
        return this.#watch(state.resourceVersion, progress);
      case "backOff":
        return this.#backOff(state.failures);
    }
  }

  async #backOff(failures: number): Promise<ReflectorOutcome> {
    const { clock, random, signal } = this.#options;
    await clock.sleep(backOffMs(Math.max(1, failures), random), signal);
    return { type: "waited" };
  }

  async #streamingList(progress: { resourceVersion: string }): Promise<ReflectorOutcome> {
    const events = await this.#open({ sendInitialEvents: true, resourceVersionMatch: "NotOlderThan", resourceVersion: "" });
    let initial: Map<string, T> | undefined = new Map();
    for await (const event of events) {
      if (initial === undefined) this.#deliver(event, progress);
      else if (event.type === "BOOKMARK") {
        if (event.object.metadata.annotations?.[initialEventsEnd] !== "true") continue;
        progress.resourceVersion = event.object.metadata.resourceVersion ?? "";
        this.#replace([...initial.values()], progress.resourceVersion);
        initial = undefined;
      } else collect(initial, event);
    }
    if (initial !== undefined) throw new Error("the streaming list ended before its initial events did");
    return { type: "ended", resourceVersion: progress.resourceVersion };
  }

  async #list(): Promise<ReflectorOutcome> {
    const items: T[] = [];
    let options: ListOptions = { ...this.#selectors(), limit: listChunk };
    for (;;) {
      const page = await this.#options.transport.list(this.#target, options, this.#options.signal);
      for (const item of page.items) items.push(item);
      const { continue: token, resourceVersion } = page.metadata;
      if (token === undefined || token === "") {
        this.#replace(items, resourceVersion);
        return { type: "synced", resourceVersion };
      }
      options = { ...options, continue: token };
    }
  }

  async #watch(resourceVersion: string, progress: { resourceVersion: string }): Promise<ReflectorOutcome> {
    const started = this.#options.clock.now();
    let events = 0;
    for await (const event of await this.#open({ resourceVersion })) {
      this.#deliver(event, progress);
      events++;
    }
    // A server that closes at once would otherwise be asked again without pause.
    if (events === 0 && this.#options.clock.now() - started < shortWatchMs) throw new Error("the server closed the watch at once");
    return { type: "ended", resourceVersion: progress.resourceVersion };
  }

  #open(options: WatchOptions): Promise<AsyncIterable<WatchEvent<T>>> {
    const { transport, random, signal } = this.#options;
    const timeoutSeconds = Math.floor(watchSeconds.least + watchSeconds.spread * random());
    return transport.watch(this.#target, { ...this.#selectors(), ...options, allowWatchBookmarks: true, timeoutSeconds }, signal);
  }

  #selectors(): { labelSelector?: string; fieldSelector?: string } {
    const { labelSelector, fieldSelector } = this.#options.selection;
    return { ...(labelSelector === undefined ? {} : { labelSelector }), ...(fieldSelector === undefined ? {} : { fieldSelector }) };
  }

  #deliver(event: WatchEvent<T>, progress: { resourceVersion: string }): void {
    const { sink } = this.#options;
    const { type, object } = event;
    const resourceVersion = object.metadata.resourceVersion ?? "";
    guarded(() => (type === "BOOKMARK" ? sink.progress(resourceVersion) : sink.event({ type, object })));
    progress.resourceVersion = resourceVersion;
    this.failures = 0;
  }

  #replace(objects: readonly T[], resourceVersion: string): void {
    guarded(() => this.#options.sink.replace(objects, resourceVersion));
    this.failures = 0;
  }
}

function collect<T extends KubeObject>(initial: Map<string, T>, event: WatchEvent<T>): void {
  const { uid } = event.object.metadata;
  if (event.type === "DELETED") initial.delete(uid);
  else initial.set(uid, event.object);
}

function guarded(deliver: () => void): void {
  try {
    deliver();
  } catch (cause) {
    throw new SinkError("cannot deliver an event to its informer", { cause });
  }
}
