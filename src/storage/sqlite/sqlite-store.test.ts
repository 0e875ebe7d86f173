import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { storeContract } from "../contract.ts";
import { silentLogger } from "./fake-surroundings.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

storeContract("sqlite", async () => {
  const clock = new VirtualClock();
  const folder = await mkdtemp(join(tmpdir(), "coracle-store-"));
  const open = () => openSqliteStore({ path: join(folder, "store.db"), clock, logger: silentLogger });
  let store = await open();
  const restart = async () => {
    await store.close();
    store = await open();
    return store;
  };
  const dispose = async () => {
    await store.close();
    await rm(folder, { recursive: true });
  };
  return { store, advance: (ms) => clock.advance(ms), dispose, restart, watches: () => store.watches };
});
