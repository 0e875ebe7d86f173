import assert from "node:assert/strict";
import { test } from "node:test";
import { yamlBody } from "../http/yaml-body.ts";
import { readPatch } from "./decode.ts";
import { type PatchProblems, problemsOf } from "./patch-problems.ts";

async function problemsIn(text: string): Promise<PatchProblems> {
  const { patch, readable } = readPatch(await yamlBody(Buffer.from(text), 1_000_000));
  return problemsOf("apply", readable, patch);
}

test("keys that a configuration holds twice are found in the form that it could be read in", async () => {
  const doubled = { problems: [], yamlDuplicate: 'line 1: key "a" already set in map' };
  assert.deepEqual(await problemsIn('{"a":["}"],"a":"x"}'), doubled);
  // No JSON, for the quotes.
  assert.deepEqual(await problemsIn(`{"a":['}'],"a":'x'}`), doubled);
  assert.deepEqual(await problemsIn(`{"a":['}'],"b":'x'}`), { problems: [], yamlDuplicate: undefined });
  assert.deepEqual(await problemsIn('{"a":"\\x41","b":[x]}'), { problems: [], yamlDuplicate: undefined });
});
