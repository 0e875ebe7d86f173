import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "../../storage/memory/index.ts";
import type { Store } from "../../storage/store.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { type CampaignOptions, runCampaign } from "./campaign.ts";

const timeout = 10_000;
const value = Buffer.from("x");

/** Three reads during which something is written to the store. */
async function readsBeside(write: (store: Store) => Promise<unknown>): Promise<readonly string[]> {
  const store = createMemoryStore({ clock: new VirtualClock() });
  const send: CampaignOptions["send"] = async () => {
    await write(store);
    return { code: 404, text: "" };
  };
  const { failures } = await runCampaign({ seed: 1, from: 0, count: 3, families: ["reads"], store, send, problems: () => [] });
  await store.close();
  return failures;
}

const put = (key: string) => (store: Store) => store.txn({ compare: [], success: [{ type: "put", key, value }], failure: [] });

test("a campaign waits for no event of what the server writes beside its objects", { timeout }, async () => {
  assert.deepEqual(await readsBeside(put("compact_rev_key")), []);
});

test("a campaign goes on where the store is compacted", { timeout }, async () => {
  const compacted = async (store: Store) => {
    await put("compact_rev_key")(store);
    await store.compact((await store.status()).revision);
  };
  assert.deepEqual(await readsBeside(compacted), []);
});

test("a campaign tells of what refused requests change", { timeout }, async () => {
  const failures = await readsBeside(put("/registry/pods/default/a"));
  assert.equal(failures.length, 3);
  assert.match(failures[0] ?? "", /^a request that must change nothing has changed \/registry\/pods\/default\/a\n/);
});
