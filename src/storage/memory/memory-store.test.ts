import { VirtualClock } from "../../testing/virtual-clock.ts";
import { storeContract } from "../contract.ts";
import { createMemoryStore } from "./memory-store.ts";

storeContract("memory", async () => {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock });
  return { store, advance: (ms) => clock.advance(ms), dispose: () => store.close(), watches: () => store.watches };
});
