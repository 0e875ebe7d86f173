/**
 * One stream of the Watch service: any number of watches, each pulling from the store as fast as the stream takes it, so
 * a slow client costs no memory.
 */
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { KeyRange } from "../mvcc/key-order.ts";
import { compareKeys } from "../mvcc/key-order.ts";
import { CompactedError, type StoreEvent, type WatchBatch } from "../store.ts";
import { send, serveStream } from "./calls.ts";
import { header, type ServerContext } from "./context.ts";
import { etcdError, refusal } from "./etcd-error.ts";
import { fragments } from "./fragments.ts";
import { keyRange } from "./keys.ts";
import type { WatchCreateRequest, WatchRequest, WatchResponse, WireEvent } from "./protocol.ts";
import { wireKeyValue } from "./range.ts";

type Call = ServerDuplexStream<WatchRequest, WatchResponse>;

/** For what concerns no watch, or all of them. */
const NO_WATCH = -1;

interface Watch {
  readonly id: number;
  readonly request: WatchCreateRequest;
  readonly stop: AbortController;
  /** Everything up to this revision has been sent. */
  delivered: number;
  /** Nothing was sent since the last look of the interval. */
  idle: boolean;
  /** The interval has asked the store for progress on this watch's behalf. */
  progressDue: boolean;
}

export class WatchStream {
  readonly #context: ServerContext;
  readonly #call: Call;
  readonly #watches = new Map<number, Watch>();
  readonly #over: AbortSignal;
  /** Revisions at which the client wants to hear that all watches have come there. */
  #progressRequests: number[] = [];
  #nextId = 0;
  #interval: Disposable | undefined;

  constructor(context: ServerContext, call: Call) {
    this.#context = context;
    this.#call = call;
    this.#over = serveStream(call, (request) => this.#handle(request), context);
    this.#over.addEventListener("abort", () => this.#end(), { once: true });
  }

  #end(): void {
    this.#interval?.[Symbol.dispose]();
    for (const watch of this.#watches.values()) watch.stop.abort();
    this.#watches.clear();
  }

  #handle({ create_request, cancel_request, progress_request }: WatchRequest): Promise<void> | undefined {
    if (create_request) return this.#create(create_request);
    if (cancel_request) return this.#cancel(cancel_request.watch_id);
    if (progress_request) return this.#progress();
    return undefined;
  }

  #send(response: Omit<WatchResponse, "header">, revision?: number): Promise<void> | undefined {
    return send(this.#call, { header: header(this.#context, revision), ...response }, this.#over);
  }

  #create(request: WatchCreateRequest): Promise<void> | undefined {
    const range = watchRange(request);
    const reason = this.#whyNot(request, range);
    if (reason !== undefined) return this.#send({ watch_id: NO_WATCH, created: true, canceled: true, cancel_reason: reason });
    const { store } = this.#context;
    const start = Math.max(0, request.start_revision) || store.revision + 1;
    const watch = { id: this.#idFor(request), request, stop: new AbortController(), delivered: start - 1, idle: true, progressDue: false };
    this.#watches.set(watch.id, watch);
    // In this order: between the header's revision and the beginning of a watch from "now" lies nothing.
    const created = this.#send({ watch_id: watch.id, created: true });
    void this.#pump(watch, range, start, created);
    if (request.progress_notify) this.#scheduleInterval();
    return created;
  }

  #whyNot({ watch_id: id }: WatchCreateRequest, { start, end }: KeyRange): string | undefined {
    if (end !== undefined && compareKeys(start, end) >= 0) return "mvcc: watcher range is empty";
    return id !== 0 && this.#watches.has(id) ? "mvcc: duplicate watch ID provided on the WatchStream" : undefined;
  }

  #idFor({ watch_id: wanted }: WatchCreateRequest): number {
    if (wanted !== 0) return wanted;
    while (this.#watches.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  /** Silent about a watch that is not there, as etcd is. */
  #cancel(id: number): Promise<void> | undefined {
    return this.#remove(id) ? this.#send({ watch_id: id, canceled: true }) : undefined;
  }

  #remove(id: number): boolean {
    this.#watches.get(id)?.stop.abort();
    return this.#watches.delete(id);
  }

  /** From the store to the stream, until the watch is cancelled or cannot go on. */
  async #pump(watch: Watch, range: KeyRange, start: number, created: Promise<void> | undefined): Promise<void> {
    const { store } = this.#context;
    const { signal } = watch.stop;
    try {
      // etcd lets a watch begin at the compaction itself, where previous values are gone; the store only after it.
      const atCompaction = start === store.compactRevision;
      const batches = store.watch({ ...range, fromRevision: atCompaction ? start + 1 : start }, signal);
      await created;
      if (atCompaction) await this.#deliver(watch, await this.#changesAt(range, start, signal));
      for await (const batch of batches) await this.#deliver(watch, batch);
      if (!signal.aborted) throw refusal("stopped");
    } catch (error) {
      if (!signal.aborted) this.#fail(watch, error);
    }
  }

  /** The store forgets deletions with the compaction, as etcd does from 3.5 on. */
  async #changesAt(range: KeyRange, revision: number, signal: AbortSignal): Promise<WatchBatch> {
    const { kvs } = await this.#context.store.range({ ...range, revision }, signal);
    const events = kvs.filter((kv) => kv.modRevision === revision).map((kv): StoreEvent => ({ type: "put", kv, previous: undefined }));
    return { revision, events };
  }

  #fail(watch: Watch, error: unknown): void {
    this.#remove(watch.id);
    const compaction = error instanceof CompactedError ? { compact_revision: error.compactRevision } : {};
    void this.#send({ watch_id: watch.id, canceled: true, cancel_reason: etcdError(error).details, ...compaction });
    this.#answerProgress();
  }

  async #deliver(watch: Watch, batch: WatchBatch): Promise<void> {
    const events = batch.events.flatMap((event) => wireEvents(watch.request, event));
    const parts = watch.request.fragment ? fragments(events, this.#context.limits.maxRequestBytes) : [events];
    for (const [index, part] of parts.entries()) {
      if (watch.stop.signal.aborted || part.length === 0) break;
      watch.idle = false;
      await this.#send({ watch_id: watch.id, events: part, fragment: index < parts.length - 1 });
    }
    watch.delivered = Math.max(watch.delivered, batch.revision);
    if (watch.progressDue && batch.events.length === 0) await this.#notify(watch);
    this.#answerProgress();
  }

  async #progress(): Promise<void> {
    this.#progressRequests.push(this.#context.store.revision);
    this.#answerProgress();
    if (this.#progressRequests.length > 0) await this.#context.store.requestProgress();
  }

  /** Speaks for the whole stream, hence only of what every watch has been sent. One from the future has nothing to say. */
  #answerProgress(): void {
    const [revision] = this.#progressRequests;
    if (revision === undefined) return;
    for (const watch of this.#watches.values()) if (watch.delivered < revision) return;
    this.#progressRequests.shift();
    void this.#send({ watch_id: NO_WATCH }, revision);
    this.#answerProgress();
  }

  #scheduleInterval(): void {
    this.#interval ??= this.#context.clock.after(this.#context.progressIntervalMs, () => {
      this.#interval = undefined;
      if (this.#over.aborted) return;
      this.#askForProgress();
      this.#scheduleInterval();
    });
  }

  #askForProgress(): void {
    const quiet = [...this.#watches.values()].filter((watch) => watch.request.progress_notify && watch.idle);
    for (const watch of this.#watches.values()) watch.idle = true;
    for (const watch of quiet) watch.progressDue = true;
    if (quiet.length > 0) this.#context.store.requestProgress().catch(() => undefined);
  }

  #notify(watch: Watch): Promise<void> | undefined {
    watch.progressDue = false;
    return this.#send({ watch_id: watch.id }, watch.delivered);
  }
}

/** Without a key: from the smallest on. */
function watchRange(request: WatchCreateRequest): KeyRange {
  return keyRange(request.key.length > 0 ? request : { key: Uint8Array.of(0), range_end: request.range_end });
}

/** None for an event that the watch filters out. */
function wireEvents({ filters, prev_kv }: WatchCreateRequest, event: StoreEvent): WireEvent[] {
  const previous = prev_kv && event.previous !== undefined ? { prev_kv: wireKeyValue(event.previous) } : {};
  if (event.type === "put") return filters.includes("NOPUT") ? [] : [{ type: "PUT", kv: wireKeyValue(event.kv), ...previous }];
  const kv = { key: Buffer.from(event.kv.key), mod_revision: event.kv.modRevision };
  return filters.includes("NODELETE") ? [] : [{ type: "DELETE", kv, ...previous }];
}
