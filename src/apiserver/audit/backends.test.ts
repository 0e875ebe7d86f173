import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { silentLogger } from "../../testing/silent-logger.ts";
import { settle, VirtualClock } from "../../testing/virtual-clock.ts";
import { type BatchLimits, BufferedAuditBackend, webhookBatches } from "./backends.ts";
import { Losses } from "./delegate.ts";
import { FileAuditDelegate, type FileDelegateOptions } from "./file-delegate.ts";
import { TokenBucket } from "./token-bucket.ts";
import type { AuditEvent } from "./trail.ts";
import { withinLimits } from "./truncate.ts";
import { WebhookAuditDelegate } from "./webhook-delegate.ts";

const event = {
  kind: "Event",
  apiVersion: "audit.k8s.io/v1",
  level: "Metadata",
  auditID: "1",
  stage: "ResponseComplete",
  requestURI: "/",
  verb: "get",
  user: {},
} as const;
const withId = (auditID: string): AuditEvent => ({ ...event, auditID });
const { signal } = new AbortController();

interface Sent {
  readonly at: number;
  readonly ids: readonly string[];
}

/** A webhook that refuses the first bodies, and the backend in front of it. */
function webhook(limits: Partial<BatchLimits>, refusals = 0) {
  const clock = new VirtualClock();
  const start = clock.now();
  const sent: Sent[] = [];
  const lost: string[] = [];
  const losses = new Losses(silentLogger);
  losses.listen((plugin, events) => lost.push(`${plugin} ${events}`));
  const post = async (body: string) => {
    sent.push({ at: clock.now() - start, ids: JSON.parse(body).items.map(({ auditID }: AuditEvent) => auditID) });
    if (refusals-- > 0) throw new Error("refused");
  };
  const delegate = new WebhookAuditDelegate({ post, clock, random: () => 0, initialBackoffMs: 1_000 });
  const backend = new BufferedAuditBackend({ delegate, losses, clock }, { ...webhookBatches, ...limits });
  return { clock, sent, lost, backend };
}

test("a batch goes when it is full, or has waited long enough", async () => {
  const { clock, sent, backend } = webhook({ maxBatchSize: 2 });
  backend.record(withId("a"));
  await clock.advance(29_000);
  assert.deepEqual(sent, []);
  await clock.advance(1_000);
  for (const id of ["b", "c", "d"]) backend.record(withId(id));
  await settle();
  assert.deepEqual(sent, [
    { at: 30_000, ids: ["a"] },
    { at: 30_000, ids: ["b", "c"] },
  ]);
  await clock.advance(30_000);
  assert.deepEqual(sent[2], { at: 60_000, ids: ["d"] });
  await backend.close();
  assert.equal(clock.pending, 0);
});

test("what is refused is sent again after growing pauses, and given up after the fifth time", async () => {
  const { clock, sent, lost, backend } = webhook({ maxBatchSize: 1 }, 5);
  backend.record(withId("a"));
  await clock.advance(20_000);
  assert.deepEqual(
    sent.map(({ at }) => at),
    [0, 1_000, 2_500, 4_750, 8_125],
  );
  assert.deepEqual(lost, ["webhook 1"]);
  await backend.close();
});

test("no more batches than the throttle lets through, and no more events wait than the buffer holds", async () => {
  const { clock, sent, lost, backend } = webhook({ maxBatchSize: 1, bufferSize: 5, throttle: { qps: 2, burst: 2 } });
  for (const id of ["a", "b", "c", "d", "e", "f"]) backend.record(withId(id));
  await clock.advance(2_000);
  assert.deepEqual(
    sent.map(({ at, ids }) => `${ids} ${at}`),
    ["a 0", "b 0", "c 500", "d 1000", "e 1500"],
  );
  assert.deepEqual(lost, ["buffered 1"]);
  await backend.close();
  backend.record(withId("late"));
  assert.deepEqual(lost, ["buffered 1", "buffered 1"]);
});

test("at the end everything goes once, without pauses; a webhook that does not answer holds it up for five seconds, not more", async () => {
  const { clock, sent, lost, backend } = webhook({ maxBatchSize: 2, throttle: { qps: 1, burst: 1 } }, 1);
  for (const id of ["a", "b", "c"]) backend.record(withId(id));
  await settle();
  await backend.close();
  assert.deepEqual(sent.map(({ at, ids }) => `${ids} ${at}`).sort(), ["a,b 0", "a,b 0", "c 0"]);
  assert.deepEqual(lost, []);
  assert.equal(clock.pending, 0);

  const silent = new VirtualClock();
  const post = (_body: string, ended: AbortSignal) => new Promise<void>((_, reject) => ended.addEventListener("abort", () => reject(ended.reason)));
  const delegate = new WebhookAuditDelegate({ post, clock: silent, random: () => 0 });
  const waiting = new BufferedAuditBackend({ delegate, losses: new Losses(silentLogger), clock: silent }, webhookBatches);
  waiting.record(event);
  const closed = waiting.close();
  await silent.advance(5_000);
  await closed;
  assert.equal(silent.pending, 0);
});

test("a token bucket fills up while nobody asks", async () => {
  const clock = new VirtualClock();
  const bucket = new TokenBucket(10, 3, clock);
  const passed: number[] = [];
  const start = clock.now();
  const ask = () => bucket.accept(signal).then(() => passed.push(clock.now() - start));
  for (let i = 0; i < 5; i++) void ask();
  await clock.advance(1_000);
  for (let i = 0; i < 4; i++) void ask();
  await clock.advance(1_000);
  assert.deepEqual(passed, [0, 0, 0, 100, 200, 1000, 1000, 1000, 1100]);
});

test("events that are too large lose their objects, or are lost; batches are cut up", () => {
  const large: AuditEvent = { ...event, level: "RequestResponse", requestObject: { data: "x".repeat(1000) }, responseObject: {}, annotations: { a: "b" } };
  const hopeless: AuditEvent = { ...withId("hopeless"), requestURI: `/${"y".repeat(1000)}` };
  const size = JSON.stringify(withId("0")).length;
  const { batches, lost } = withinLimits([withId("0"), withId("1"), large, hopeless, withId("2")], { maxEventSize: 300, maxBatchSize: 2 * size + 10 });
  const { requestObject: _gone, responseObject: _too, ...rest } = large;
  assert.deepEqual(batches, [[withId("0"), withId("1")], [{ ...rest, annotations: { a: "b", "audit.k8s.io/truncated": "true" } }], [withId("2")]]);
  assert.deepEqual(
    lost.map(({ auditID }) => auditID),
    ["hopeless"],
  );
});

async function inFolder(run: (folder: string, file: (options?: Partial<FileDelegateOptions>) => FileAuditDelegate) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "audit-"));
  try {
    await run(
      folder,
      (options) => new FileAuditDelegate({ path: join(folder, "audit.log"), logger: silentLogger, now: () => Date.UTC(2026, 0, 10), ...options }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

const line = JSON.stringify(event).length + 1;

test("the file has a line an event, is private, and is turned over by size", () =>
  inFolder(async (folder, file) => {
    const path = join(folder, "logs", "audit.log");
    const delegate = file({ path, maxBytes: line * 4, maxBackups: 2 });
    await Promise.all(Array.from({ length: 18 }, (_, i) => delegate.process([withId(String(i % 10))])));
    await delegate.close();
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    assert.deepEqual(
      lines.map((text) => JSON.parse(text).auditID),
      ["6", "7"],
    );
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await readdir(join(folder, "logs"))).length, 3);
  }));

test("old files are compressed, and go by their age; what is not the log's own stays", () =>
  inFolder(async (folder, file) => {
    const names = ["audit-2026-01-01T00-00-00.000Z-000000.log.gz", "audit-2026-01-09T00-00-00.000Z-000000.log", "audit-of-mine.log"];
    await Promise.all(names.map((name) => writeFile(join(folder, name), "")));
    const delegate = file({ maxBytes: 10, maxBackups: 0, maxAgeDays: 3, compress: true });
    await delegate.process([withId("1"), withId("2")]);
    await delegate.close();
    const turned = "audit-2026-01-10T00-00-00.000Z-000000.log.gz";
    assert.deepEqual((await readdir(folder)).sort(), ["audit-2026-01-09T00-00-00.000Z-000000.log", turned, "audit-of-mine.log", "audit.log"]);
    assert.equal(JSON.parse(gunzipSync(await readFile(join(folder, turned))).toString()).auditID, "1");
    assert.equal((await stat(join(folder, turned))).mode & 0o777, 0o600);
  }));

test("a size of 0 never turns the file over; what cannot be written is refused", () =>
  inFolder(async (folder, file) => {
    const endless = file({ maxBytes: 0 });
    await endless.process(Array.from({ length: 3 }, () => event));
    assert.deepEqual(await readdir(folder), ["audit.log"]);
    await assert.rejects(file({ path: join(folder, "audit.log", "below") }).process([event]), { code: /EEXIST|ENOTDIR/ });
    await endless.close();
  }));

test("the legacy format says an event in one line", () =>
  inFolder(async (folder, file) => {
    const full = {
      ...event,
      user: { username: "jane", groups: ["dev", "ops"] },
      impersonatedUser: { username: "root" },
      sourceIPs: ["192.0.2.1"],
      userAgent: 'a "b"',
      objectRef: { namespace: "shop" },
      responseStatus: { code: 200 },
      requestReceivedTimestamp: "2026-01-10T00:00:00.000000Z",
    };
    await file({ format: "legacy" }).process([full, { ...event, requestReceivedTimestamp: "2026-01-10T00:00:00.000000Z" }]);
    assert.equal(
      await readFile(join(folder, "audit.log"), "utf8"),
      '2026-01-10T00:00:00.000000Z AUDIT: id="1" stage="ResponseComplete" ip="192.0.2.1" method="get" user="jane" groups="\\"dev\\",\\"ops\\"" as="root" asgroups="<lookup>" user-agent="a \\"b\\"" namespace="shop" uri="/" response="200"\n' +
        '2026-01-10T00:00:00.000000Z AUDIT: id="1" stage="ResponseComplete" ip="<unknown>" method="get" user="<none>" groups="<none>" as="<self>" asgroups="<lookup>" user-agent="" namespace="<none>" uri="/" response="<deferred>"\n',
    );
  }));
