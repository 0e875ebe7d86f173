// `npm test`: brings what is missing, builds, checks types, style and the direction of imports, then runs every test.
// Runs on Node 20 or later; the tests themselves run on the pinned Node.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { prepare } from "./prepare.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
prepare(root);
const node = `${root}node_modules/node/bin/node`;
const checks = [
  ["style", node, ["scripts/biome.mjs", "check", "--error-on-warnings", "."]],
  ["imports", node, ["scripts/check-imports.mjs"]],
  ["links", node, ["scripts/check-docs.mjs"]],
];
let failedChecks = 0;
for (const [title, program, args] of checks) {
  const result = spawnSync(program, args, { cwd: root, encoding: "utf8" });
  if (result.status === 0) {
    console.log(`✓ Checking ${title}`);
    continue;
  }
  failedChecks++;
  console.error(`✗ Checking ${title}\n${result.stdout ?? ""}${result.stderr ?? ""}`);
}
const tests = spawn(node, ["scripts/run-tests.mjs", String(failedChecks), ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
// Whoever ends this means the tests: they must not go on alone. npm passes a signal to its shell, which passes it to nobody.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => tests.kill(signal));
const parent = process.ppid;
const orphaned = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(orphaned);
  tests.kill("SIGTERM");
}, 500);
tests.on("exit", (code, signal) => {
  if (signal !== null) console.error(`The tests were ended by ${signal}: there are no totals.`);
  process.exit(code ?? 1);
});
