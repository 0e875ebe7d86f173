/** The fourth implementation of the store contract: our own etcd client, over the wire, to our own etcd face. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { storeContract, type UnderTest } from "../contract.ts";
import { connectEtcdStore } from "../etcd/etcd-store.ts";
import { silentLogger, systemClock } from "../etcd/test-tools.ts";
import { createMemoryStore } from "../memory/memory-store.ts";
import type { MvccStore } from "../mvcc/mvcc-store.ts";
import { openSqliteStore } from "../sqlite/open-sqlite-store.ts";
import { startEtcdServer } from "./server.ts";

/** What is served keeps the time of the clock; the client is in real time. */
async function overTheWire(open: () => Promise<MvccStore>, clock: VirtualClock): Promise<Required<UnderTest>> {
  const start = async () => {
    const served = await open();
    const server = await startEtcdServer({ store: served, clock, logger: silentLogger, listen: "127.0.0.1:0" });
    return { served, server, store: await connectEtcdStore({ endpoints: [server.endpoint], clock: systemClock, logger: silentLogger }) };
  };
  let running = await start();
  const dispose = async () => {
    await running.store.close();
    await running.server.stop();
    await running.served.close();
  };
  const restart = async () => {
    await dispose();
    running = await start();
    return running.store;
  };
  return { store: running.store, advance: (ms) => clock.advance(ms), dispose, restart, watches: () => running.store.watches };
}

storeContract("etcd-serve over memory", async () => {
  const clock = new VirtualClock();
  const { restart: _forgetsAll, ...subject } = await overTheWire(async () => createMemoryStore({ clock }), clock);
  return subject;
});

storeContract("etcd-serve over sqlite", async () => {
  const clock = new VirtualClock();
  const folder = await mkdtemp(join(tmpdir(), "coracle-etcd-serve-"));
  const subject = await overTheWire(() => openSqliteStore({ path: join(folder, "store.db"), clock, logger: silentLogger }), clock);
  const dispose = async () => {
    await subject.dispose();
    await rm(folder, { recursive: true });
  };
  return { ...subject, dispose };
});
