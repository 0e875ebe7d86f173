import assert from "node:assert/strict";
import { test } from "node:test";
import { pods } from "../api/core/v1/pod.ts";
import { AdmissionChain } from "./admission-chain.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./contract.ts";

function attributes(more: Partial<AdmissionAttributes> = {}): AdmissionAttributes {
  return { operation: "CREATE", definition: pods, subresource: "", ...more } as AdmissionAttributes;
}

/** Plugins that tell when they begin; those named `late…` have to wait first, and tell when they end. */
function chainOf(log: string[], names: readonly string[], more: Partial<AdmissionPlugin> = {}): AdmissionChain {
  const step = (name: string, phase: string) => () => {
    log.push(`${name} ${phase}`);
    if (name.startsWith("late")) return new Promise<void>((resolve) => setImmediate(resolve)).then(() => void log.push(`${name} done`));
  };
  const plugin = (name: string): AdmissionPlugin => ({
    name,
    handles: (operation, _definition, subresource) => !name.endsWith("-status") || (operation === "UPDATE" && subresource === "status"),
    admit: step(name, "admits"),
    validate: step(name, "validates"),
    ...more,
  });
  return new AdmissionChain(names.map(plugin));
}

test("plugins that need not wait have decided when the chain returns", () => {
  const log: string[] = [];
  const chain = chainOf(log, ["a", "b", "c-status"]);
  assert.equal(chain.admit(attributes()), undefined);
  assert.equal(chain.validate(attributes({ operation: "UPDATE", subresource: "status" })), undefined);
  assert.deepEqual(log, ["a admits", "b admits", "a validates", "b validates", "c-status validates"]);
});

test("who comes after one that waits waits as well, and the phases are one after the other", async () => {
  const log: string[] = [];
  await chainOf(log, ["a", "late1", "b", "late2"]).run(attributes());
  const phase = (verb: string) => [`a ${verb}`, `late1 ${verb}`, "late1 done", `b ${verb}`, `late2 ${verb}`, "late2 done"];
  assert.deepEqual(log, [...phase("admits"), ...phase("validates")]);
});

test("a plugin that refuses, at once or after one that waited, is the last to be asked", async () => {
  const refuse = () => {
    throw new Error("no");
  };
  const log: string[] = [];
  assert.throws(() => chainOf(log, ["a", "b"], { validate: refuse }).validate(attributes()), /no/);
  await assert.rejects(chainOf(log, ["a", "b"], { admit: refuse }).run(attributes()), /no/);
  const waits = chainOf(log, ["late", "b"]);
  const chain = new AdmissionChain([
    { name: "late", handles: () => true, admit: (asked) => waits.admit(asked) },
    { name: "no", handles: () => true, admit: refuse },
  ]);
  await assert.rejects(async () => chain.admit(attributes()), /no/);
  assert.deepEqual(log, ["late admits", "late done", "b admits"]);
});

test("a plugin without a phase is passed over, and what it handles is asked once", async () => {
  let asked = 0;
  const handles = () => {
    asked++;
    return true;
  };
  const chain = new AdmissionChain([{ name: "idle", handles }]);
  for (let round = 0; round < 3; round++) await chain.run(attributes());
  await chain.run(attributes({ operation: "DELETE" }));
  assert.equal(asked, 2);
});
