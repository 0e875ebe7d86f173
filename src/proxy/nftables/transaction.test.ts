import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServicePortPlan } from "../plan.ts";
import { type Ruleset, rulesetOf } from "./ruleset.ts";
import { emptyRuleset, incrementalTransaction } from "./transaction.ts";

const options = { family: "ip" as const, podSubnet: "10.128.0.0/16", serviceSubnet: "10.96.0.0/16" };
const base: ServicePortPlan = {
  id: "shop/web:http",
  protocol: "tcp",
  port: 80,
  clusterIPs: ["10.96.0.20"],
  externalIPs: [],
  nodePort: 0,
  affinitySeconds: 0,
  internal: [{ address: "10.128.0.5", port: 8080 }],
  external: [],
  externalLocal: false,
  elsewhere: false,
  sourceRanges: [],
};
const rules = (...plans: Partial<ServicePortPlan>[]) =>
  rulesetOf(
    plans.map((plan) => ({ ...base, ...plan })),
    options,
  );

/** A naive nft: applies the commands to a model, so that any transaction can be checked against the ruleset it leads to. */
function applied(start: Ruleset, commands: string): Ruleset {
  const chains = new Map([...start.chains].map(([name, list]) => [name, [...list]]));
  const sets = new Map(start.sets);
  const elements = new Map([...start.elements].map(([name, map]) => [name, new Map(map)]));
  for (const line of commands.split("\n").filter(Boolean)) {
    const [, verb, kind, name = "", rest = ""] = /^(\w+) (\w+) ip coracle-proxy (\S+) ?(.*)$/.exec(line) ?? [];
    const inner = rest.replace(/^\{ | \}$/g, "").split(", ");
    if (verb === "add" && kind === "chain") chains.set(name, []);
    else if (verb === "flush") chains.set(name, []);
    else if (verb === "add" && kind === "rule") chains.get(name)?.push(rest);
    else if (verb === "delete" && kind === "chain") assert.ok(chains.delete(name), `deleted ${name} that is not there`);
    else if (verb === "add" && kind === "set") sets.set(name, rest);
    else if (verb === "delete" && kind === "set") assert.ok(sets.delete(name));
    else if (verb === "add" && kind === "element") {
      const map = elements.get(name) ?? new Map<string, string>();
      elements.set(name, map);
      for (const item of inner) {
        const [key = "", value = ""] = item.split(" : ");
        assert.ok(!map.has(key), `added ${key} that is there`);
        map.set(key, value);
      }
    } else if (verb === "delete" && kind === "element") for (const key of inner) assert.ok(elements.get(name)?.delete(key), `deleted ${key} that is not there`);
    else assert.fail(`cannot read ${line}`);
  }
  return { chains, sets, elements };
}

test("every transaction leads from the one ruleset to the other", () => {
  const states: Record<string, Ruleset> = {
    nothing: rules(),
    one: rules({}),
    "two endpoints": rules({ internal: [...base.internal, { address: "10.128.1.5", port: 8080 }] }),
    "no endpoints": rules({ internal: [] }),
    "node port": rules({ nodePort: 30080, external: base.internal }),
    "node port, local, no endpoints": rules({ nodePort: 30080, externalLocal: true, elsewhere: true }),
    sticky: rules({ affinitySeconds: 60 }),
    "sticky for longer": rules({ affinitySeconds: 90 }),
    guarded: rules({ externalIPs: ["192.0.2.1"], external: base.internal, sourceRanges: ["198.51.100.0/24"] }),
    "two ports": rules({}, { id: "shop/web:https", port: 443 }),
  };
  for (const [from, current] of Object.entries(states)) {
    for (const [to, wanted] of Object.entries(states)) {
      const commands = incrementalTransaction("ip", current, wanted);
      assert.deepEqual(applied(current, commands), { chains: wanted.chains, sets: wanted.sets, elements: wanted.elements }, `${from} -> ${to}`);
      if (from === to) assert.equal(commands, "");
    }
  }
});

test("a change of one endpoint touches neither other services nor the lookup maps", () => {
  const many = Array.from({ length: 200 }, (_, i) => ({ id: `shop/s${i}:`, clusterIPs: [`10.96.1.${i}`] }));
  const before = rules(...many);
  const after = rules({ ...many[0], internal: [{ address: "10.128.0.9", port: 8080 }] }, ...many.slice(1));
  const lines = incrementalTransaction("ip", before, after).trim().split("\n");
  assert.ok(lines.length <= 9, lines.join("\n"));
  assert.ok(!lines.some((line) => line.includes("element")));
});

test("from nothing, sets and chains come before what refers to them", () => {
  const lines = incrementalTransaction("ip", emptyRuleset, rules({ affinitySeconds: 60 })).split("\n");
  const first = (start: string) => lines.findIndex((line) => line.startsWith(start));
  assert.ok(first("add set") < first("add rule") && first("add chain") < first("add rule") && first("add rule") < first("add element"));
});
