#!/usr/bin/env node
// Runs the command line on the pinned Node: an older one only has to be able to start it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const main = `${root}dist/src/cli/main.js`;
if (!existsSync(main)) {
  console.error(`coracle is not built yet: run \`npm start\`, or \`npm ci && npm run build\`, in ${root}`);
  process.exit(1);
}
if (Number(process.versions.node.split(".")[0]) >= 24) {
  await import(main);
} else {
  const node = `${root}node_modules/node/bin/node`;
  if (!existsSync(node)) {
    console.error(`coracle needs Node 24 or later, and this is ${process.version}: run \`npm ci\` in ${root}, which brings one`);
    process.exit(1);
  }
  const result = spawnSync(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exit(result.status ?? 1);
}
