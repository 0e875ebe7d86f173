/**
 * Random histories under watch. Whatever revision and selector a watch starts with, what it tells must be exactly the
 * history after that revision as that selector sees it: nothing lost, repeated or reordered, changes of visibility
 * shown as ADDED and DELETED, deletions with the revision of the deletion.
 */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { ConfigMap } from "../api/core/v1/config-map.ts";
import { Client } from "../client/client.ts";
import { configMaps } from "../client/resources.ts";
import type { Random } from "../machinery/clock.ts";
import type { WatchEvent } from "../machinery/transport.ts";
import { seededRandom } from "../testing/api-server/seeded-random.ts";
import { admin, startTestServer } from "../testing/api-server/test-server.ts";

const writes = 120;
const names = ["a", "b", "c", "d", "e"];
const tiers = ["front", "back", "none"];

interface Change {
  readonly revision: number;
  readonly name: string;
  /** Label `tier` before and after; undefined where the object is not there. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

interface Told {
  readonly type: string;
  readonly name: string;
  readonly revision: number;
}

/** The oracle: one pass over the whole history. */
function expected(history: readonly Change[], from: number, tier: string | undefined): Told[] {
  const sees = (label: string | undefined) => label !== undefined && (tier === undefined || label === tier);
  return history.flatMap(({ revision, name, before, after }) => {
    if (revision <= from || (!sees(before) && !sees(after))) return [];
    const type = sees(before) ? (sees(after) ? "MODIFIED" : "DELETED") : "ADDED";
    return [{ type, name, revision }];
  });
}

async function writeRandomly(client: ReturnType<typeof clientOf>, random: Random): Promise<Change[]> {
  const history: Change[] = [];
  const labels = new Map<string, string>();
  for (let index = 0; index < writes; index++) {
    const name = names[Math.floor(random() * names.length)]!;
    const tier = tiers[Math.floor(random() * tiers.length)]!;
    const before = labels.get(name);
    if (before === undefined) {
      const { metadata } = await client.create({ metadata: { name, labels: { tier } } });
      history.push({ revision: Number(metadata.resourceVersion), name, before, after: tier });
      labels.set(name, tier);
    } else if (random() < 0.3) {
      const revisions = client.deletions;
      await client.delete(name);
      history.push({ revision: revisions(), name, before, after: undefined });
      labels.delete(name);
    } else {
      const { metadata } = await client.patch(name, { metadata: { labels: { tier } }, data: { step: String(index) } });
      history.push({ revision: Number(metadata.resourceVersion), name, before, after: tier });
      labels.set(name, tier);
    }
  }
  return history;
}

function clientOf(maps: ReturnType<Client["of"]>, revision: () => number) {
  return {
    create: (object: object) => maps.create(object as never) as Promise<ConfigMap>,
    patch: (name: string, body: object) => maps.patch(name, body, { type: "merge" }) as Promise<ConfigMap>,
    delete: (name: string) => maps.delete(name),
    /** The store's revision just after a deletion is the deletion's. */
    deletions: revision,
  };
}

async function take(events: AsyncIterable<WatchEvent>, count: number): Promise<Told[]> {
  const told: Told[] = [];
  if (count === 0) return told;
  for await (const { type, object } of events) {
    told.push({ type, name: object.metadata.name, revision: Number(object.metadata.resourceVersion) });
    if (told.length === count) break;
  }
  return told;
}

let cleanUp = () => Promise.resolve();
afterEach(() => cleanUp());

for (const seed of [1, 2, 3, 4, 5]) {
  test(`watches from every revision tell the history as their selector sees it (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const { server, store, close } = await startTestServer({ random });
    const abort = new AbortController();
    cleanUp = async () => {
      abort.abort();
      await close();
    };
    const maps = new Client(server.transport(admin), abort.signal).of(configMaps).in("default");
    let newest = 0;
    const follow = async () => {
      newest = (await store.status()).revision;
    };
    const client = clientOf(maps as never, () => newest);
    const deleteAndNote = client.delete;
    client.delete = async (name) => {
      await deleteAndNote(name);
      await follow();
    };
    const start = Number((await maps.list()).metadata.resourceVersion);
    const live = await Promise.all([undefined, ...tiers].map(async (tier) => ({ tier, events: await maps.watch(selecting(tier, String(start))) })));
    const history = await writeRandomly(client, random);
    for (const { tier, events } of live) {
      const wanted = expected(history, start, tier);
      assert.deepEqual(await take(events, wanted.length), wanted, `live, tier ${tier}`);
    }
    for (let index = 0; index < 30; index++) {
      const from = history[Math.floor(random() * (history.length - 1))]!.revision;
      const tier = [undefined, ...tiers][Math.floor(random() * 4)];
      const wanted = expected(history, from, tier);
      const events = await maps.watch(selecting(tier, String(from)));
      assert.deepEqual(await take(events, wanted.length), wanted, `from ${from}, tier ${tier}`);
    }
  });
}

function selecting(tier: string | undefined, resourceVersion: string) {
  return { resourceVersion, ...(tier === undefined ? {} : { labelSelector: `tier=${tier}` }) };
}
