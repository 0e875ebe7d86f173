// Runs the linter and formatter. Its program comes as an npm package for each platform; on others there is none to run.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL(`../node_modules/@biomejs/cli-${process.platform}-${process.arch}/biome`, import.meta.url));
if (!existsSync(program)) {
  console.error(`cannot check style: there is no biome for ${process.platform} on ${process.arch} here`);
  process.exit(1);
}
process.exit(spawnSync(program, process.argv.slice(2), { stdio: "inherit" }).status ?? 1);
