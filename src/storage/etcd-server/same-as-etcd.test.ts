/**
 * Random requests, sensible and not, to a real etcd and to this server: the answers, refusals included, are the same, and
 * so is the hash over the history. Both begin empty, so even the revisions are.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../contract-tools.ts";
import { etcdInstallations } from "../etcd/etcd-installations.ts";
import { startEtcd } from "../etcd/real-etcd.ts";
import type { EtcdService } from "./api.ts";
import { type Message, RawClient, serveMemory } from "./test-tools.ts";

const SEEDS = [1, 2, 3];
const STEPS = 400;

type Random = () => number;
type Request = readonly [service: EtcdService, method: string, request: object];

for (const [installation, seed] of etcdInstallations.flatMap((each) => SEEDS.map((one) => [each, one] as const))) {
  test(`random requests ${seed} are answered as ${installation.label} answers them`, installation.options, async () => {
    const etcd = await startEtcd({ installation });
    const served = await serveMemory();
    const clients = [new RawClient(etcd.endpoint), new RawClient(served.server.endpoint)] as const;
    try {
      await compare(clients, seededRandom(seed));
    } finally {
      for (const client of clients) client.close();
      await served.dispose();
      await etcd.dispose();
    }
  });
}

async function compare([theirs, ours]: readonly [RawClient, RawClient], random: Random): Promise<void> {
  let revision = 1;
  const seen = new Map<string, number>();
  for (let step = 0; step < STEPS; step++) {
    const [service, method, request] = randomRequest(random, revision);
    const answers = await Promise.all([theirs, ours].map((client) => client.outcome(service, method, request)));
    if (method === "HashKV" && isRemembered(answers)) continue;
    const [expected, actual] = answers.map(withoutIds);
    assert.deepEqual(actual, expected, `step ${step}: ${method} ${JSON.stringify(request, readable)}`);
    revision = expected?.header?.revision ?? revision;
    const kind = `${method} ${expected?.details ?? "answered"}`;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  assert.ok(seen.size > 12, `too few kinds of answers: ${[...seen.keys()].join(", ")}`);
}

/**
 * From 3.5 on a member remembers the hashes of its last compactions and gives them out for revisions that are gone, so
 * that members can compare them. This server has none to compare with.
 */
function isRemembered([theirs, ours]: Message[]): boolean {
  return theirs.hash !== undefined && ours.details === "etcdserver: mvcc: required revision has been compacted";
}

/**
 * Cluster, member and term are each server's own; etcd 3.4 does not name the revision of a hash. After a compaction the
 * hashes differ where part of a transaction is gone: the store does not remember which part was the first.
 */
function withoutIds({ hash_revision: _, hash, ...rest }: Message): Message {
  const message = rest.compact_revision > 0 || hash === undefined ? rest : { ...rest, hash };
  return JSON.parse(JSON.stringify(message, (key, value) => (key === "header" && value !== null ? { revision: value.revision } : readable(key, value))));
}

function readable(_key: string, value: unknown): unknown {
  const { type, data } = (value ?? {}) as { type?: string; data?: number[] };
  return type === "Buffer" && data !== undefined ? String.fromCodePoint(...data) : value;
}

/** Keys that are prefixes of each other; the empty one is refused. */
const KEYS = ["a", "a/", "a/1", "a/2", "ab", "b", "b/\u{1f6f6}", "c", "d"];
const LEASES = [0, 0, 0, 101, 102, 103, 999];

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T;
}

function chance(random: Random, probability: number): boolean {
  return random() < probability;
}

function randomRequest(random: Random, revision: number): Request {
  const dice = random();
  if (dice < 0.3) return ["KV", "Put", randomPut(random)];
  if (dice < 0.4) return ["KV", "DeleteRange", { ...randomKeys(random), prev_kv: chance(random, 0.5) }];
  if (dice < 0.6) return ["KV", "Range", randomRange(random, revision)];
  if (dice < 0.87) return ["KV", "Txn", randomTxn(random, revision, 2)];
  if (dice < 0.89) return ["KV", "Compact", { revision: Math.max(1, revision - Math.floor(random() * 30) + 3), physical: true }];
  if (dice < 0.93) return ["Maintenance", "HashKV", { revision: chance(random, 0.5) ? 0 : Math.max(0, revision - Math.floor(random() * 20) + 2) }];
  if (dice < 0.97) return ["Lease", "LeaseGrant", { ID: pick(random, LEASES.slice(3, 6)), TTL: 1000 }];
  if (dice < 0.98) return ["Lease", "LeaseRevoke", { ID: pick(random, LEASES.slice(3)) }];
  return ["Lease", "LeaseTimeToLive", { ID: 999, keys: true }];
}

/** Without an end rather than with an empty one: etcd takes one that is there but empty for "every key from here on". */
function randomKeys(random: Random, single = 0.4): object {
  const key = Buffer.from(chance(random, 0.02) ? "" : pick(random, KEYS));
  return chance(random, single) ? { key } : { key, range_end: Buffer.from(pick(random, [...KEYS, "\0", `${key}\u{7f}`])) };
}

function randomPut(random: Random): object {
  const [ignore_value, ignore_lease] = [chance(random, 0.1), chance(random, 0.1)];
  return {
    key: Buffer.from(chance(random, 0.02) ? "" : pick(random, KEYS)),
    value: Buffer.from(ignore_value && chance(random, 0.8) ? "" : String(Math.floor(random() * 5))),
    lease: ignore_lease && chance(random, 0.8) ? 0 : pick(random, LEASES),
    prev_kv: chance(random, 0.5),
    ignore_value,
    ignore_lease,
  };
}

function randomRange(random: Random, revision: number): object {
  const bound = () => (chance(random, 0.8) ? 0 : Math.max(0, revision - Math.floor(random() * 20)));
  return {
    ...randomKeys(random),
    limit: pick(random, [0, 0, 1, 2, 5]),
    revision: chance(random, 0.6) ? 0 : Math.max(0, revision - Math.floor(random() * 20) + 1),
    ...randomOrder(random),
    serializable: chance(random, 0.3),
    keys_only: chance(random, 0.2),
    count_only: chance(random, 0.1),
    min_mod_revision: bound(),
    max_mod_revision: bound(),
    min_create_revision: bound(),
    max_create_revision: bound(),
  };
}

/** Among so few keys etcd's sort, too, leaves equals in the order of keys. */
function randomOrder(random: Random): object {
  return { sort_order: pick(random, ["NONE", "ASCEND", "DESCEND"]), sort_target: pick(random, ["KEY", "KEY", "MOD", "CREATE", "VERSION", "VALUE"]) };
}

function randomTxn(random: Random, revision: number, depth: number): object {
  const some = <T>(most: number, make: () => T) => Array.from({ length: Math.floor(random() * (most + 1)) }, make);
  return {
    compare: some(2, () => randomCompare(random, revision)),
    success: some(3, () => randomOperation(random, revision, depth)),
    failure: some(3, () => randomOperation(random, revision, depth)),
  };
}

function randomOperation(random: Random, revision: number, depth: number): object {
  const dice = random();
  if (dice < 0.4) return { request_put: randomPut(random) };
  if (dice < 0.55) return { request_delete_range: randomDelete(random) };
  if (dice < 0.8 || depth === 0) return { request_range: randomRange(random, revision) };
  if (dice < 0.81) return {};
  return { request_txn: randomTxn(random, revision, depth - 1) };
}

/**
 * Of single keys and of what begins with them: etcd overlooks that "every key from here on", and a range that ends before
 * it begins, overlap with a put, and then writes a key twice in one revision. Here that is refused.
 */
function randomDelete(random: Random): object {
  const key = pick(random, KEYS);
  const prev_kv = chance(random, 0.5);
  return chance(random, 0.5) ? { key: Buffer.from(key), prev_kv } : { key: Buffer.from(key), range_end: Buffer.from(`${key}\u{7f}`), prev_kv };
}

function randomCompare(random: Random, revision: number): object {
  const target = pick(random, ["VERSION", "CREATE", "MOD", "VALUE", "LEASE"]);
  const number = { VERSION: "version", CREATE: "create_revision", MOD: "mod_revision", LEASE: "lease" }[target];
  const wanted =
    target === "VERSION" ? Math.floor(random() * 4) : target === "LEASE" ? pick(random, LEASES) : Math.max(0, revision - Math.floor(random() * 10));
  return {
    target,
    result: pick(random, ["EQUAL", "GREATER", "LESS", "NOT_EQUAL"]),
    ...randomKeys(random, 0.7),
    ...(number === undefined ? { value: Buffer.from(String(Math.floor(random() * 5))) } : { [number]: chance(random, 0.3) ? 0 : wanted }),
  };
}
