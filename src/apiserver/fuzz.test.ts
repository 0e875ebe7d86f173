/**
 * Mutated requests of every form to every kind and subresource: no 5xx but for what is said not to be there (501) or yet
 * to come (504), nothing logged as unexpected, and no change of state by a request that was refused or only reads. This
 * file and fuzz-patches.test.ts make 104,000 requests together; `FUZZ_SEED`, `FUZZ_FROM` and `FUZZ_REQUESTS` ask for
 * others. A failure prints its request and how to get it again. Takes 10 s of one core.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { campaignInProcess, campaignOf } from "../testing/fuzz/in-process.ts";

const campaign = campaignOf(52_000);

test(`${campaign.count} mutated reads, objects and deletes change nothing that they may not (seed ${campaign.seed})`, async () => {
  const { failures, codes } = await campaignInProcess({ ...campaign, families: ["reads", "reads", "bodies", "bodies", "bodies", "deletes"] });
  assert.deepEqual(failures, []);
  // A campaign that is only refused has tested the refusal alone.
  assert.ok((codes.get(201) ?? 0) > campaign.count / 50, `creates: ${codes.get(201)}`);
});
