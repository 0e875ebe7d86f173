import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../../../machinery/fake-objects.ts";
import { parseQuantity } from "../../../machinery/quantity.ts";
import type { Container } from "./container.ts";
import { qosClass } from "./pod.qos.ts";
import type { Pod } from "./pod.ts";

type Amounts = Record<string, string>;
type Demands = { requests?: Amounts; limits?: Amounts };

/** By the definition, list by list. */
function naive(demands: readonly Demands[]): string {
  const positive = (amounts: Amounts | undefined, name: string) => (amounts?.[name] === undefined ? 0n : parseQuantity(amounts[name]).nanos);
  const amountsOf = (field: keyof Demands, name: string) => demands.map((each) => positive(each[field], name)).filter((nanos) => nanos > 0n);
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  const names = ["cpu", "memory"];
  if (names.every((name) => amountsOf("requests", name).length + amountsOf("limits", name).length === 0)) return "BestEffort";
  const allLimited = names.every((name) => amountsOf("limits", name).length === demands.length);
  return allLimited && names.every((name) => sum(amountsOf("requests", name)) === sum(amountsOf("limits", name))) ? "Guaranteed" : "Burstable";
}

test("property: the class of a pod follows from what all its containers ask for, or from the pod's own resources", () => {
  const random = seeded(3);
  const amounts = { cpu: ["1", "1000m", "0", "-1", "500m"], memory: ["1Gi", "1024Mi", "0", "1"], "example.com/gpu": ["1"] };
  const pick = (from: readonly string[]) => from[random(from.length)]!;
  const list = (scarce: number): Amounts | undefined =>
    random(scarce) === 0
      ? undefined
      : Object.fromEntries(Object.entries(amounts).flatMap(([name, texts]) => (random(scarce) === 0 ? [] : [[name, pick(texts)]])));
  const demandsOf = (scarce: number): Demands => {
    const limits = list(scarce);
    const requests = random(2) === 0 ? limits : list(scarce);
    return { ...(limits && { limits }), ...(requests && { requests }) };
  };
  const seen = new Set<string>();
  for (let round = 0; round < 3000; round++) {
    const scarce = 2 + random(20);
    const all = Array.from({ length: random(4) }, () => demandsOf(scarce));
    const containers = all.map((resources, index) => ({ name: `c${index}`, ...(Object.keys(resources).length > 0 && { resources }) }) as Container);
    const own = random(5) === 0 ? demandsOf(scarce) : undefined;
    const initContainers = containers.splice(1, random(2));
    const pod = { spec: { containers, initContainers, ...(own && { resources: own }) } } as unknown as Pod;
    const counts = own?.requests !== undefined || own?.limits !== undefined ? [own] : all;
    const expected = naive(counts);
    assert.equal(qosClass(pod), expected, JSON.stringify(pod));
    seen.add(expected);
  }
  assert.equal(seen.size, 3);
});
