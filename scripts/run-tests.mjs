// Runs the compiled tests: those beside the code a few files at a time, then the whole-system tests in test/ one file
// after the other, because they start clusters. Ends with one line of totals; in CI a skipped test is a failure.
import { globSync } from "node:fs";
import { cpus } from "node:os";
import { run } from "node:test";

const failedChecks = Number(process.argv[2] ?? 0);
const patterns = process.argv.slice(3);
const wanted = (files) => files.filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern))).sort();
const totals = { passed: 0, failed: failedChecks, skipped: 0 };
const failures = [];
const skips = [];
const slow = [];

await runFiles(wanted(globSync("dist/src/**/*.test.js")), cpus().length);
await runFiles(wanted(globSync("dist/test/**/*.test.js")), 1);

for (const { name, ms } of slow.sort((a, b) => b.ms - a.ms).slice(0, 10)) console.log(`slow: ${(ms / 1000).toFixed(1)} s  ${name}`);
for (const { name, reason } of skips) console.log(`skipped: ${name}: ${reason}`);
for (const { name, text } of failures) console.error(`\n✗ ${name}\n${text}`);
const skipsCount = process.env.CI === "true" && totals.skipped > 0;
if (skipsCount) console.error("\nIn CI no test may be skipped.");
console.log(`\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ""}`);
process.exit(totals.failed > 0 || skipsCount || totals.passed === 0 ? 1 : 0);

async function runFiles(files, concurrency) {
  if (files.length === 0) return;
  const started = Date.now();
  for await (const { type, data } of run({ files, concurrency, timeout: 300_000 })) {
    if (type === "test:stderr" && process.env.CORACLE_TEST_VERBOSE) process.stderr.write(data.message);
    if (type !== "test:pass" && type !== "test:fail") continue;
    // A file, or a test that is only a frame around others, counts by its parts; but a file that dies is a failure.
    const isFrame = data.details?.type === "suite" || (data.nesting === 0 && data.name === data.file);
    if (type === "test:pass" && isFrame && data.skip === undefined) continue;
    record(type, data);
  }
  console.log(`${files.length} files in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function record(type, data) {
  const name = `${(data.file ?? "").replace(`${process.cwd()}/dist/`, "")}: ${data.name}`;
  const ms = data.details?.duration_ms ?? 0;
  if (ms > 2_000) slow.push({ name, ms });
  if (data.skip !== undefined) {
    totals.skipped++;
    skips.push({ name, reason: data.skip === true || data.skip === "" ? "no reason given" : data.skip });
  } else if (type === "test:pass") {
    totals.passed++;
  } else {
    const error = data.details?.error;
    // The frame fails because its part did: that part is counted already.
    if (error?.failureType === "subtestsFailed") return;
    totals.failed++;
    failures.push({ name, text: String(error?.cause?.stack ?? error?.cause ?? error?.stack ?? error) });
  }
}
