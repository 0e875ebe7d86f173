/**
 * Load whose outcome can be judged: writers add one to counters, each a ConfigMap, by compare-and-swap; followers watch them.
 * Every acknowledged count must then be seen by every follower, once and in order, and by every read that came after it.
 */
import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import type { ConfigMap } from "../../src/api/core/v1/config-map.ts";
import { configMaps } from "../../src/client/resources.ts";
import { TransportError } from "../../src/client/transport-error.ts";
import { StatusError } from "../../src/machinery/status.ts";
import type { Transport } from "../../src/machinery/transport.ts";

export const namespace = "load";
const pauseMs = 15;
const retryMs = 50;

const countOf = (object: ConfigMap) => Number(object.data?.["count"]);
const revisionOf = (object: ConfigMap) => Number(object.metadata.resourceVersion);

/** What may happen to a request while servers and members die. Everything else is a failure of the system. */
function isOutage(error: unknown): boolean {
  if (error instanceof TransportError) return true;
  return error instanceof StatusError && [429, 500, 503, 504].includes(error.code);
}

export interface Written {
  readonly name: string;
  /** Of each acknowledged write: its count and revision. */
  readonly acknowledged: readonly { readonly count: number; readonly revision: number }[];
  /** Writes without an answer. */
  readonly unknown: number;
  /** Reads after an acknowledged write that were answered. */
  readonly reads: number;
  /** Between two acknowledged writes. */
  readonly longestPauseMs: number;
}

/** Writes through `transport`; after each write asks `other`, another server, and must not hear of an older state. */
export async function countUp(name: string, transport: Transport, other: Transport, signal: AbortSignal): Promise<Written> {
  const target = { resource: configMaps, namespace, name };
  const never = new AbortController().signal;
  const acknowledged: { count: number; revision: number }[] = [];
  let [unknown, reads, longestPauseMs, writtenAt] = [0, 0, 0, Date.now()];
  let known: ConfigMap | undefined = await transport.create({ resource: configMaps, namespace }, { metadata: { name }, data: { count: "1" } }, {}, never);
  acknowledged.push({ count: 1, revision: revisionOf(known) });
  while (!signal.aborted) {
    try {
      known ??= await transport.get<ConfigMap>(target, {}, never);
      const next: ConfigMap = { ...known, data: { count: String(countOf(known) + 1) } };
      known = undefined;
      known = await transport.update<ConfigMap>(target, next, {}, never);
      acknowledged.push({ count: countOf(known), revision: revisionOf(known) });
      longestPauseMs = Math.max(longestPauseMs, Date.now() - writtenAt);
      writtenAt = Date.now();
    } catch (error) {
      // A conflict: a write without an answer had been made after all.
      if (!(error instanceof StatusError && error.code === 409)) {
        assert.ok(isOutage(error), `${name}: ${String(error)}`);
        unknown++;
        await wait(retryMs);
      }
      continue;
    }
    reads += await readsAreFresh(name, other, countOf(known));
    await wait(pauseMs);
  }
  return { name, acknowledged, unknown, reads, longestPauseMs };
}

async function readsAreFresh(name: string, transport: Transport, atLeast: number): Promise<number> {
  const never = new AbortController().signal;
  const limit = AbortSignal.timeout(5_000);
  try {
    const got = await transport.get<ConfigMap>({ resource: configMaps, namespace, name }, {}, never);
    assert.ok(countOf(got) >= atLeast, `a read of ${name} gave ${countOf(got)} after ${atLeast} was acknowledged`);
    const { items } = await transport.list<ConfigMap>({ resource: configMaps, namespace }, { fieldSelector: `metadata.name=${name}` }, limit);
    const listed = items.map(countOf);
    assert.ok(listed.length === 1 && Number(listed[0]) >= atLeast, `a list of ${name} gave ${listed} after ${atLeast} was acknowledged`);
    return 2;
  } catch (error) {
    if (isOutage(error) || limit.aborted) return 0;
    throw error;
  }
}

export interface Followed {
  readonly events: readonly { readonly name: string; readonly count: number; readonly revision: number }[];
  /** How often the watch began anew, from the last revision it had come to. */
  readonly resumed: number;
}

/** Watches all counters from the state that a list gave. */
export class Follower {
  readonly #transport: Transport;
  readonly #end = new AbortController();
  readonly #events: { name: string; count: number; revision: number }[] = [];
  #revision: string;
  #resumed = -1;
  readonly #following: Promise<void>;

  private constructor(transport: Transport, revision: string) {
    this.#transport = transport;
    this.#revision = revision;
    this.#following = this.#follow();
  }

  /** Whatever is written once this has resolved is seen. */
  static async start(transport: Transport): Promise<Follower> {
    const { metadata } = await transport.list(watched, {}, new AbortController().signal);
    return new Follower(transport, metadata.resourceVersion ?? "");
  }

  async #follow(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        this.#resumed++;
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        assert.ok(isOutage(error), `a follower: ${String(error)}`);
        await wait(retryMs);
      }
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const options = { resourceVersion: this.#revision, allowWatchBookmarks: true };
    for await (const { type, object } of await this.#transport.watch<ConfigMap>(watched, options, signal)) {
      this.#revision = object.metadata.resourceVersion ?? "";
      if (type === "BOOKMARK" || object.metadata.name.startsWith("kube-")) continue;
      this.#events.push({ name: object.metadata.name, count: countOf(object), revision: revisionOf(object) });
    }
  }

  /** Waits until `revision` has been seen. */
  async upTo(revision: number, limitMs: number): Promise<Followed> {
    const deadline = Date.now() + limitMs;
    while (Number(this.#revision) < revision && Date.now() < deadline) await Promise.race([wait(20), this.#following]);
    await this.stop();
    assert.ok(Number(this.#revision) >= revision, `a follower came to ${this.#revision}, not to ${revision}`);
    return { events: this.#events, resumed: this.#resumed };
  }

  async stop(): Promise<void> {
    this.#end.abort(new Error("the follower has seen enough"));
    await this.#following;
  }
}

const watched = { resource: configMaps, namespace };

/** No acknowledged write lost, no event lost, repeated or out of order. */
export function judge(written: readonly Written[], { events }: Followed): void {
  const revisions = events.map(({ revision }) => revision);
  assert.ok(
    revisions.every((revision, index) => index === 0 || revision > Number(revisions[index - 1])),
    "revisions of events only grow",
  );
  for (const { name, acknowledged, unknown } of written) {
    const seen = events.filter((event) => event.name === name);
    assert.deepEqual(
      seen.map(({ count }) => count),
      seen.map((_, index) => index + 1),
      `every count of ${name} once and in order`,
    );
    const byRevision = new Map(seen.map(({ revision, count }) => [revision, count]));
    for (const { revision, count } of acknowledged) assert.equal(byRevision.get(revision), count, `count ${count} of ${name} was acknowledged`);
    assert.ok(seen.length <= acknowledged.length + unknown, `${name}: writes that nobody sent`);
  }
}
