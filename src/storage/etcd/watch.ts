/**
 * A watch that outlives its connection. It knows the revision it has delivered whole, and after a failure goes on from
 * there at another member: nothing is lost, nothing comes twice.
 */
import { type ClientDuplexStream, status as Code } from "@grpc/grpc-js";
import { CompactedError, type StoreEvent, type WatchBatch, type WatchRequest } from "../store.ts";
import type { EtcdCluster } from "./cluster.ts";
import { isCompacted, isServiceError, outcome, storeError } from "./etcd-error.ts";
import { methods, type WireWatchRequest, type WireWatchResponse } from "./protocol.ts";
import { storeEvent, wireRange } from "./translate.ts";

type Stream = ClientDuplexStream<WireWatchRequest, WireWatchResponse>;

export class EtcdWatch {
  readonly #cluster: EtcdCluster;
  readonly #request: WatchRequest;
  readonly #signal: AbortSignal;
  /** First revision not delivered yet; 0 until a watch from "now" has been told when that was. */
  #next: number;
  #stream: Stream | undefined;
  /** Progress was asked for before there was a stream to ask on. */
  #progressWanted = false;
  /** Broken connections since a member last answered. */
  #failures = 0;
  /** Events of a message that was split. */
  #fragments: StoreEvent[] = [];

  constructor(cluster: EtcdCluster, request: WatchRequest, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#request = request;
    this.#signal = signal;
    this.#next = request.fromRevision ?? 0;
  }

  /** Ends when the signal aborts. */
  async *batches(): AsyncGenerator<WatchBatch> {
    while (!this.#signal.aborted) {
      try {
        await this.#checkCompaction();
        yield* this.#connected();
      } catch (error) {
        if (this.#signal.aborted) return;
        if (error instanceof CompactedError) throw error;
        if (outcome(error) === "final") throw storeError("cannot watch", error);
      }
    }
  }

  requestProgress(): void {
    if (this.#stream === undefined) this.#progressWanted = true;
    else this.#stream.write({ progress_request: {} });
  }

  /**
   * etcd itself allows a watch to begin at the compacted revision, where previous values and, in older versions, deletions
   * may be missing. What can still be read just before the beginning says for certain that nothing is.
   */
  async #checkCompaction(): Promise<void> {
    if (this.#next < 2) return;
    const before = { ...wireRange({ start: this.#request.start }), revision: this.#next - 1, count_only: true, serializable: true };
    try {
      await this.#cluster.call(methods.range, before, "repeatable", this.#signal);
    } catch (error) {
      // A revision still to come is no hindrance; other troubles will meet the watch itself.
      if (isCompacted(error)) throw new CompactedError(this.#next, await compactRevision(this.#cluster, this.#next - 1, this.#signal));
    }
  }

  async *#connected(): AsyncGenerator<WatchBatch> {
    const { stream, failed } = await this.#cluster.stream(methods.watch, this.#signal);
    const cancel = () => stream.cancel();
    this.#signal.addEventListener("abort", cancel, { once: true });
    this.#fragments = [];
    try {
      stream.write({ create_request: { ...wireRange(this.#request), start_revision: this.#next, progress_notify: true, prev_kv: true, fragment: true } });
      for await (const response of stream) {
        if (this.#signal.aborted) return;
        const batch = this.#take(response as WireWatchResponse, stream);
        if (batch !== undefined) yield batch;
      }
      await failed(new Error("the member has ended the watch"), ++this.#failures);
    } catch (error) {
      if (!this.#signal.aborted && isServiceError(error)) await failed(error, ++this.#failures);
      throw error;
    } finally {
      this.#stream = undefined;
      this.#signal.removeEventListener("abort", cancel);
      stream.cancel();
      // A cancelled stream reports it as an error, which nobody waits for any more.
      stream.on("error", () => undefined);
    }
  }

  #take(response: WireWatchResponse, stream: Stream): WatchBatch | undefined {
    const { revision } = response.header;
    if (response.canceled) throw this.#cancelled(response);
    if (response.created) {
      if (this.#next === 0) this.#next = revision + 1;
      this.#stream = stream;
      this.#failures = 0;
      if (this.#progressWanted) this.requestProgress();
      this.#progressWanted = false;
      return undefined;
    }
    for (const wire of response.events) {
      const event = storeEvent(wire);
      if (event === undefined) throw new CompactedError(wire.kv.mod_revision, wire.kv.mod_revision);
      this.#fragments.push(event);
    }
    if (response.fragment) return undefined;
    const events = this.#fragments;
    this.#fragments = [];
    return events.length > 0 ? this.#deliver(events) : this.#progress(revision);
  }

  #deliver(events: readonly StoreEvent[]): WatchBatch {
    const revision = (events.at(-1) as StoreEvent).kv.modRevision;
    this.#next = revision + 1;
    return { revision, events };
  }

  /** A watch that begins in the future has nothing to say about the present. */
  #progress(revision: number): WatchBatch | undefined {
    if (revision < this.#next - 1) return undefined;
    this.#next = revision + 1;
    return { revision, events: [] };
  }

  #cancelled(response: WireWatchResponse): Error {
    if (response.compact_revision > 0) return new CompactedError(this.#next, response.compact_revision);
    const code = /leader|stopped|timed out/.test(response.cancel_reason) ? Code.UNAVAILABLE : Code.FAILED_PRECONDITION;
    return Object.assign(new Error(`etcd cancelled the watch: ${response.cancel_reason}`), { code, details: response.cancel_reason });
  }
}

/** What etcd has compacted to, asked by a watch at `compacted`, a revision known to be gone. */
export async function compactRevision(cluster: EtcdCluster, compacted: number, signal: AbortSignal): Promise<number> {
  const { stream } = await cluster.stream(methods.watch, signal);
  try {
    stream.write({ create_request: { key: Buffer.from("\0"), start_revision: compacted, progress_notify: false, prev_kv: false, fragment: false } });
    for await (const response of stream) {
      const { canceled, compact_revision } = response as WireWatchResponse;
      if (canceled) return compact_revision;
    }
    return compacted + 1;
  } finally {
    stream.on("error", () => undefined);
    stream.cancel();
  }
}
