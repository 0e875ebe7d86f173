/** The other half of fuzz.test.ts, beside it so that two cores share the work: patches of all four types. Takes 16 s of one core. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { campaignInProcess, campaignOf } from "../testing/fuzz/in-process.ts";

const campaign = campaignOf(52_000);

test(`${campaign.count} mutated patches change nothing that they may not (seed ${campaign.seed})`, async () => {
  const { failures, codes } = await campaignInProcess({ ...campaign, families: ["patches", "patches", "patches", "bodies"] });
  assert.deepEqual(failures, []);
  assert.ok((codes.get(200) ?? 0) > campaign.count / 20, `changes: ${codes.get(200)}`);
});
