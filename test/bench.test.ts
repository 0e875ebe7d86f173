/** Every benchmark runs, tiny: one that no longer works would be noticed only when somebody needs its figures. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

interface Benchmark {
  run(options: { tiny: boolean }): Promise<object>;
}

const folder = new URL("../bench/", import.meta.url);

for (const file of readdirSync(folder).filter((name) => /(?<!\.d|-worker)\.[jt]s$/.test(name))) {
  test(`bench/${file} runs`, async (t) => {
    const { run } = (await import(new URL(file, folder).href)) as Benchmark;
    const result = await run({ tiny: true });
    if ("skipped" in result) return t.skip(String(result.skipped));
    const figures = [...numbersIn(result)];
    assert.ok(figures.length > 0, "it gave no figures");
    for (const [name, value] of figures) assert.ok(Number.isFinite(value) && value >= 0, `${name} is ${value}`);
  });
}

function* numbersIn(value: object, path = ""): Generator<[string, number]> {
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === "number") yield [`${path}${key}`, item];
    else if (typeof item === "object" && item !== null) yield* numbersIn(item, `${path}${key}.`);
  }
}
