/** How much memory many pods take, and how soon a server that begins with very many of them serves. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeOptions } from "../../src/cluster/node-options.ts";
import { systemClock } from "../../src/cluster/system-clock.ts";
import { openSqliteStore } from "../../src/storage/sqlite/index.ts";
import { silentLogger } from "../../src/testing/silent-logger.ts";
import { Load } from "./load.ts";
import { podCollection, podText } from "./pods.ts";
import type { SizeInput, SizeServer } from "./size-process.ts";

export interface SizeResult {
  /** Resident megabytes of a server through which `pods` pods have been created, when it has come to rest. */
  readonly residentMB: number;
  /** From opening a file of `objects` pods to caches that are filled. */
  readonly loadMs: number;
}

export interface SizeOptions {
  readonly pods: number;
  readonly objects: number;
  readonly workers: number;
  /** Before memory is looked at, so that what writing left is collected. */
  readonly restMs: number;
  readonly ca: string;
  readonly pair: Pick<SizeInput, "key" | "cert">;
}

export async function measureSize(options: SizeOptions): Promise<SizeResult> {
  const folder = mkdtempSync(join(tmpdir(), "bench-api-size-"));
  const input: SizeInput = { ...options.pair, path: join(folder, "store.db") };
  try {
    const residentMB = await withServer(input, async ({ port }, resident) => {
      const load = new Load(port, options.ca, options.workers);
      await load.rate(options.pods, (index) => ({ method: "POST", path: podCollection, body: podText(index) }));
      load.close();
      await sleep(options.restMs);
      return resident();
    });
    await multiply(input.path, options.objects);
    const loadMs = await withServer(input, async (server, resident) => {
      await resident();
      return server.loadMs;
    });
    return { residentMB, loadMs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withServer<T>(input: SizeInput, use: (server: SizeServer, resident: () => Promise<number>) => Promise<T>): Promise<T> {
  const child = fork(new URL(`./size-process${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url), { execArgv: [...nodeOptions] });
  const exited = once(child, "exit");
  try {
    child.send(input);
    const [server] = (await once(child, "message")) as [SizeServer];
    const resident = async () => {
      child.send("resident");
      return ((await once(child, "message")) as [number])[0];
    };
    const result = await use(server, resident);
    child.send("end");
    await exited;
    return result;
  } finally {
    child.kill();
  }
}

/** More pods as the server stores them: copies of those there are, under other names. */
async function multiply(path: string, wanted: number): Promise<void> {
  const store = await openSqliteStore({ path, clock: systemClock, logger: silentLogger });
  const first = "/registry/pods/default/pod-0";
  const [kv] = (await store.range({ start: first })).kvs;
  if (kv === undefined) throw new Error(`cannot copy ${first}: it is not there`);
  const text = Buffer.from(kv.value).toString();
  const { keys } = await store.status();
  for (let index = keys; index < wanted; index += 500) {
    const success = Array.from({ length: Math.min(500, wanted - index) }, (_, offset) => {
      const name = `copy-${index + offset}`;
      return { type: "put", key: `/registry/pods/default/${name}`, value: Buffer.from(text.replace('"name":"pod-0"', `"name":"${name}"`)) } as const;
    });
    await store.txn({ compare: [], success, failure: [] });
  }
  await store.close();
}
