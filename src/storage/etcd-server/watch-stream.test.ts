/** What the Watch service does on the wire beyond what the store contract sees through our own client. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { type Message, RawClient, type RawStream, type Served, serveMemory } from "./test-tools.ts";

const key = (text: string) => Buffer.from(text);

interface Ground extends Served {
  readonly client: RawClient;
  readonly watch: RawStream;
  readonly clock: VirtualClock;
  put(name: string, value: string | Buffer): Promise<number>;
  del(name: string): Promise<number>;
  /** Creates a watch and takes its confirmation. */
  create(request: object): Promise<Message>;
}

async function watching(body: (ground: Ground) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  const served = await serveMemory({ clock });
  const client = new RawClient(served.server.endpoint);
  const watch = client.stream("Watch", "Watch");
  const revisionOf = async (answer: Promise<Message>) => (await answer).header.revision;
  try {
    await body({
      ...served,
      client,
      watch,
      clock,
      put: (name, value) => revisionOf(client.call("KV", "Put", { key: key(name), value: Buffer.from(value) })),
      del: (name) => revisionOf(client.call("KV", "DeleteRange", { key: key(name) })),
      create: (request) => {
        watch.send({ create_request: request });
        return watch.next();
      },
    });
  } finally {
    watch.cancel();
    client.close();
    await served.dispose();
  }
}

function brief(response: Message): unknown[] {
  return response.events.map(({ type, kv, prev_kv }: Message) => [type, String(kv.key), String(kv.value), prev_kv && String(prev_kv.value)]);
}

test("many watches share a stream: each has its id, and a cancelled one falls silent", () =>
  watching(async ({ watch, create, put }) => {
    const ids = [await create({ key: key("a") }), await create({ key: key("b"), watch_id: 7 }), await create({ key: key("a"), range_end: key("c") })];
    assert.deepEqual(
      ids.map(({ watch_id, created, canceled }) => [watch_id, created, canceled]),
      [
        [0, true, false],
        [7, true, false],
        [1, true, false],
      ],
    );
    const revision = await put("b", "1");
    const events = [await watch.next(), await watch.next()];
    assert.deepEqual(events.map((each) => each.watch_id).sort(), [1, 7]);
    assert.ok(events.every((each) => each.header.revision === revision && each.events[0].kv.mod_revision === revision));
    watch.send({ cancel_request: { watch_id: 7 } });
    const cancelled = await watch.next();
    assert.deepEqual([cancelled.watch_id, cancelled.canceled, cancelled.compact_revision], [7, true, 0]);
    await put("b", "2");
    assert.equal((await watch.next()).watch_id, 1);
    watch.send({ progress_request: {} });
    assert.equal((await watch.next()).watch_id, -1, "nothing came for the cancelled one in between");
  }));

test("previous values come when asked for, and filters leave events out", () =>
  watching(async ({ watch, create, put, del }) => {
    await create({ key: key("a"), prev_kv: true, filters: ["NOPUT"] });
    await create({ key: key("a"), filters: ["NODELETE"] });
    await put("a", "1");
    assert.deepEqual(brief(await watch.next()), [["PUT", "a", "1", null]]);
    await del("a");
    const deleted = await watch.next();
    assert.deepEqual([deleted.watch_id, ...brief(deleted)], [0, ["DELETE", "a", "", "1"]]);
  }));

test("an id in use and a range that ends before it begins are refused, the stream goes on", () =>
  watching(async ({ create }) => {
    await create({ key: key("a"), watch_id: 3 });
    const refused = [await create({ key: key("a"), watch_id: 3 }), await create({ key: key("b"), range_end: key("a") })];
    for (const { watch_id, created, canceled } of refused) assert.deepEqual([watch_id, created, canceled], [-1, true, true]);
    assert.match(refused[0].cancel_reason, /duplicate watch ID/);
    assert.match(refused[1].cancel_reason, /range is empty/);
    assert.equal((await create({ key: key("a") })).watch_id, 0);
  }));

test("a watch from before the compaction is cancelled with the revision compacted to, from where another may begin", () =>
  watching(async ({ watch, create, put, client }) => {
    for (const value of ["1", "2", "3"]) await put("a", value);
    await put("b", "1");
    await client.call("KV", "Compact", { revision: 4 });
    assert.equal((await create({ key: key("a"), start_revision: 2 })).created, true);
    const { canceled, compact_revision, cancel_reason } = await watch.next();
    assert.deepEqual([canceled, compact_revision], [true, 4]);
    assert.equal(cancel_reason, "etcdserver: mvcc: required revision has been compacted");
    await create({ key: key("a"), range_end: key("c"), start_revision: compact_revision, prev_kv: true });
    assert.deepEqual(brief(await watch.next()), [["PUT", "a", "3", null]]);
    assert.deepEqual(brief(await watch.next()), [["PUT", "b", "1", null]]);
  }));

test("a batch too large for a message is split when the client knows how to join it", () =>
  watching(async ({ watch, create, client }) => {
    const everything = { key: key("f"), range_end: key("g"), prev_kv: true };
    const success = Array.from({ length: 5 }, (_, index) => ({ request_put: { key: key(`f${index}`), value: Buffer.alloc(300_000) } }));
    await client.call("KV", "Txn", { success });
    const { header } = await client.call("KV", "Txn", { success });
    const shape = ({ events, fragment }: Message) => [events.length, fragment];
    await create({ ...everything, start_revision: header.revision });
    assert.deepEqual(shape(await watch.next()), [5, false]);
    await create({ ...everything, start_revision: header.revision, fragment: true });
    const parts = [await watch.next(), await watch.next(), await watch.next()];
    assert.deepEqual(parts.map(shape), [
      [2, true],
      [2, true],
      [1, false],
    ]);
  }));

test("a quiet watch that wants to know hears of progress after every interval, a busy one does not", () =>
  watching(async ({ watch, create, put, clock }) => {
    await create({ key: key("quiet"), progress_notify: true });
    await create({ key: key("other") });
    const revision = await put("busy", "1");
    await clock.advance(600_000);
    const notified = await watch.next();
    assert.deepEqual([notified.watch_id, notified.events, notified.header.revision], [0, [], revision]);
    await put("quiet", "1");
    assert.equal((await watch.next()).events.length, 1);
    await clock.advance(600_000);
    const again = await put("quiet", "2");
    assert.deepEqual([(await watch.next()).header.revision], [again], "the interval with an event has no notification");
  }));

test("progress speaks for all watches of the stream, after their events", () =>
  watching(async ({ watch, create, put }) => {
    for (let index = 0; index < 200; index++) await put("a", String(index));
    await create({ key: key("a"), start_revision: 2 });
    watch.send({ progress_request: {} });
    let events = 0;
    for (;;) {
      const response = await watch.next();
      events += response.events.length;
      if (response.watch_id !== -1) continue;
      assert.equal(response.header.revision, 201);
      break;
    }
    assert.equal(events, 200);
  }));

test("ending the stream frees its watches", () =>
  watching(async ({ watch, create, store }) => {
    await create({ key: key("a") });
    await create({ key: key("b") });
    assert.equal(store.watches, 2);
    watch.end();
    assert.equal(await watch.next(), undefined);
    assert.equal(store.watches, 0);
  }));

test("a client that does not read holds up nobody", () =>
  watching(async ({ client, watch, create, put }) => {
    const slow = client.stream("Watch", "Watch");
    slow.send({ create_request: { key: key("big") } });
    await slow.next();
    await create({ key: key("big") });
    for (let index = 0; index < 40; index++) {
      const revision = await put("big", Buffer.alloc(1 << 20));
      assert.equal((await watch.next()).header.revision, revision);
    }
    slow.cancel();
  }));
