// `npm start`: brings what is missing, builds, and hands over to `coracle start`. Runs on Node 20 or later.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { prepare } from "./prepare.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
prepare(root);
const result = spawnSync(`${root}node_modules/node/bin/node`, [`${root}dist/src/cli/main.js`, "start", ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(result.status ?? 1);
