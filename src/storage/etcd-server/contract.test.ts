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

/** `served` keeps the time of the clock; the client is in real time. */
async function overTheWire(served: MvccStore, clock: VirtualClock): Promise<UnderTest> {
  const server = await startEtcdServer({ store: served, clock, logger: silentLogger, listen: "127.0.0.1:0" });
  const store = await connectEtcdStore({ endpoints: [server.endpoint], clock: systemClock, logger: silentLogger });
  const dispose = async () => {
    await store.close();
    await server.stop();
    await served.close();
  };
  return { store, advance: (ms) => clock.advance(ms), dispose, watches: () => store.watches };
}

storeContract("etcd-serve over memory", async () => {
  const clock = new VirtualClock();
  return overTheWire(createMemoryStore({ clock }), clock);
});

storeContract("etcd-serve over sqlite", async () => {
  const clock = new VirtualClock();
  const folder = await mkdtemp(join(tmpdir(), "coracle-etcd-serve-"));
  const served = await openSqliteStore({ path: join(folder, "store.db"), clock, logger: silentLogger });
  const subject = await overTheWire(served, clock);
  const dispose = async () => {
    await subject.dispose();
    await rm(folder, { recursive: true });
  };
  return { ...subject, dispose };
});
