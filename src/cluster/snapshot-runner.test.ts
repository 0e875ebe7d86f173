import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "../testing/silent-logger.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { SnapshotRunner } from "./snapshot-runner.ts";
import type { SnapshotSchedule } from "./snapshot-schedule.ts";

const HOUR = 3_600_000;
const CHECK_MS = 30_000;

interface Scene {
  readonly clock: VirtualClock;
  readonly runner: SnapshotRunner;
  readonly folder: string;
  readonly errors: unknown[];
  schedule: SnapshotSchedule | undefined;
  failure: Error | undefined;
  /** Lets time pass, in steps that give the file system its turns. */
  pass(ms: number): Promise<void>;
}

async function withRunner(body: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "coracle-schedule-"));
  const clock = new VirtualClock();
  const errors: unknown[] = [];
  const over = new AbortController();
  const scene: Scene = {
    clock,
    folder,
    errors,
    schedule: undefined,
    failure: undefined,
    runner: new SnapshotRunner({
      cluster: "prod",
      defaultFolder: folder,
      schedule: async () => scene.schedule,
      take: async (path) => {
        if (scene.failure !== undefined) throw scene.failure;
        writeFileSync(path, "a snapshot");
      },
      clock,
      checkMs: CHECK_MS,
      logger: { ...silentLogger, error: (fields: object) => errors.push(fields) },
    }),
    pass: async (ms) => {
      for (let left = ms; left > 0; left -= CHECK_MS) {
        // A runner that sleeps again has done what was due.
        while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        await clock.advance(Math.min(left, CHECK_MS));
      }
      while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    },
  };
  const running = scene.runner.run(over.signal);
  try {
    await body(scene);
  } finally {
    over.abort();
    await running;
    assert.equal(clock.pending, 0);
    rmSync(folder, { recursive: true });
  }
}

const healthOf = ({ runner }: Scene) => runner.health;
const stamps = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((name) => name.replace("prod-scheduled-", "").slice(0, 11));

test("snapshots come by schedule, and the oldest go", () =>
  withRunner(async (scene) => {
    await scene.pass(HOUR / 4);
    assert.equal(healthOf(scene), undefined, "without a schedule there is nothing to tell");
    assert.deepEqual(readdirSync(scene.folder), []);
    scene.schedule = { everySeconds: 3600, keep: 2 };
    await scene.pass(HOUR / 2);
    assert.deepEqual(stamps(scene.folder), ["20260101T00"]);
    assert.match(healthOf(scene)?.message ?? "", /^last 2026-01-01T00:15Z, next 2026-01-01T01:15Z$/);
    await scene.pass(2 * HOUR);
    assert.deepEqual(stamps(scene.folder), ["20260101T01", "20260101T02"]);
    scene.schedule = undefined;
    await scene.pass(HOUR + 60_000);
    assert.deepEqual(stamps(scene.folder), ["20260101T01", "20260101T02"]);
    assert.equal(healthOf(scene), undefined);
  }));

test("a failure is told in logs and health, and tried again; nothing older is removed for it", () =>
  withRunner(async (scene) => {
    scene.schedule = { everySeconds: 3600, keep: 1 };
    await scene.pass(60_000);
    const before = stamps(scene.folder);
    scene.failure = new Error("no space left on the device");
    await scene.pass(HOUR + 60_000);
    assert.deepEqual([healthOf(scene)?.healthy, healthOf(scene)?.message], [false, "no space left on the device"]);
    assert.equal(scene.errors.length, 1);
    assert.deepEqual(stamps(scene.folder), before);
    await scene.pass(5 * 60_000);
    assert.equal(scene.errors.length, 2);
    scene.failure = undefined;
    await scene.pass(5 * 60_000);
    assert.equal(healthOf(scene)?.healthy, true);
    assert.deepEqual(stamps(scene.folder), ["20260101T01"]);
  }));

test("what killed runs have left goes; what people have put there stays", () =>
  withRunner(async (scene) => {
    for (const name of [".prod-scheduled-20260101T000000Z.snapshot.01234567.partial", "prod-by-hand.snapshot", "notes"])
      writeFileSync(join(scene.folder, name), "");
    scene.schedule = { everySeconds: 3600, keep: 1 };
    await scene.pass(2 * HOUR);
    assert.equal(readdirSync(scene.folder).length, 3);
    assert.ok(readdirSync(scene.folder).includes("prod-by-hand.snapshot") && readdirSync(scene.folder).includes("notes"));
  }));
