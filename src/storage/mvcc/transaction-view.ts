/** The newest state as a transaction sees it and changes it. Lives for one synchronous call. */
import type { RangeRequest, RangeResponse } from "../store.ts";
import type { History, NewVersion, Version } from "./history.ts";
import type { KeyRange } from "./key-order.ts";
import type { LeaseTable } from "./lease-table.ts";
import type { Values } from "./values.ts";

export interface MvccRangeRequest extends RangeRequest {
  /** Leaves values empty, which spares reading them. */
  readonly keysOnly?: boolean;
}

const NO_VALUE = new Uint8Array(0);

export class TransactionView {
  readonly #history: History;
  readonly #values: Values;
  readonly #leases: LeaseTable;
  readonly #write: (change: NewVersion) => void;

  constructor(history: History, values: Values, leases: LeaseTable, write: (change: NewVersion) => void) {
    this.#history = history;
    this.#values = values;
    this.#leases = leases;
    this.#write = write;
  }

  /** Of the newest change, this transaction's own included. */
  get revision(): number {
    return this.#history.revision;
  }

  /** Throws CompactedError and FutureRevisionError for a revision that cannot be read. */
  checkReadable(revision: number): void {
    this.#history.check(revision, this.#history.revision);
  }

  /** Sees what the transaction has written so far. Throws CompactedError and FutureRevisionError. */
  range(request: MvccRangeRequest): RangeResponse {
    const { found, response } = select(this.#history, request, this.#history.revision);
    return { ...response, kvs: found.map((version) => (request.keysOnly ? this.#values.key(version) : this.#values.keyValue(version))) };
  }

  put(key: string, value: Uint8Array, lease: number): void {
    this.#write({ key, value, deleted: false, lease });
  }

  /** Returns how many keys there were. */
  delete(range: KeyRange): number {
    const found = this.#history.range(range, this.#history.revision);
    for (const { key } of found) this.#write({ key, value: NO_VALUE, deleted: true, lease: 0 });
    return found.length;
  }

  hasLease(id: number): boolean {
    return this.#leases.has(id);
  }
}

/** Metadata now, values later: `found` are the versions of the answer. */
export function select(history: History, request: RangeRequest, newest: number): { found: Version[]; response: RangeResponse } {
  const revision = request.revision || newest;
  history.check(revision, newest);
  const all = history.range(request, revision);
  const limit = request.countOnly ? 0 : request.limit || all.length;
  const found = all.length > limit ? all.slice(0, limit) : all;
  return { found, response: { revision: newest, kvs: [], count: all.length, more: !request.countOnly && all.length > limit } };
}
