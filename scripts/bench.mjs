// `npm run bench [NAME …]`: runs the benchmarks of bench/ and prints their figures. Ratios travel between machines,
// absolute figures do not.

import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare } from "./prepare.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
if (process.env.CORACLE_BENCH !== "inside") {
  prepare(root);
  const node = `${root}node_modules/node/bin/node`;
  const result = spawnSync(node, ["--expose-gc", fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, CORACLE_BENCH: "inside" },
  });
  process.exit(result.status ?? 1);
}

const wanted = process.argv.slice(2);
for (const file of globSync("dist/bench/*.js")
  .filter((each) => !each.endsWith("-worker.js"))
  .sort()) {
  const name = basename(file, ".js");
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n${name}`);
  const { run } = await import(`${root}${file}`);
  print(await run({ tiny: false }), "  ");
}
process.exit(0);

function print(result, indent) {
  for (const [key, value] of Object.entries(result)) {
    if (typeof value === "object" && value !== null) {
      console.log(`${indent}${key}`);
      print(value, `${indent}  `);
    } else {
      console.log(`${indent}${key.padEnd(36 - indent.length)} ${typeof value === "number" ? round(value) : value}`);
    }
  }
}

function round(value) {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(3));
}
