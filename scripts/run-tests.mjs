// Runs the compiled tests: those beside the code a few files at a time, then the whole-system tests in test/ one file
// after the other, because they start clusters. Says every few seconds how far it is, and what failed as soon as it has;
// ends with one line of totals, interrupted or not. In CI a skipped test is a failure.
import { globSync } from "node:fs";
import { cpus } from "node:os";
import { relative, resolve } from "node:path";
import { run } from "node:test";

const progressMs = 15_000;
const errorOutputKept = 4_000;

const failedChecks = Number(process.argv[2] ?? 0);
const patterns = process.argv.slice(3);
const wanted = (files) =>
  files
    .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
    .sort()
    .map((file) => resolve(file));
const totals = { passed: 0, failed: failedChecks, skipped: 0 };
const failures = [];
const skips = [];
const slow = [];
const started = Date.now();
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const shortName = (file) => relative("dist", file ?? "");

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => interruption.abort(new Error(`ended by ${signal}`)));

await runFiles(wanted(globSync("dist/src/**/*.test.js")), cpus().length);
await runFiles(wanted(globSync("dist/test/**/*.test.js")), 1);

for (const { name, ms } of slow.sort((a, b) => b.ms - a.ms).slice(0, 10)) console.log(`slow: ${seconds(ms)}  ${name}`);
for (const { name, reason } of skips) console.log(`skipped: ${name}: ${reason}`);
for (const { name, text } of failures) console.error(`\n✗ ${name}\n${text}`);
const skipsCount = process.env.CI === "true" && totals.skipped > 0;
if (skipsCount) console.error("\nIn CI no test may be skipped.");
if (interruption.signal.aborted) console.error(`\nThis run was ${interruption.signal.reason.message}: not all tests have run.`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ""}`);
process.exit(totals.failed > 0 || skipsCount || totals.passed === 0 || interruption.signal.aborted ? 1 : 0);

async function runFiles(files, concurrency) {
  if (files.length === 0 || interruption.signal.aborted) return;
  const begun = Date.now();
  const running = new Map();
  const errorOutput = new Map();
  let finished = 0;
  const progress = () => console.log(`${seconds(Date.now() - started)}: ${finished} of ${files.length} files, now ${[...running.keys()].join(", ")}`);
  const ticker = setInterval(progress, progressMs);
  for await (const { type, data } of run({ files, concurrency, timeout: 300_000, signal: interruption.signal })) {
    const isFile = data.nesting === 0 && data.name === data.file;
    if (type === "test:dequeue" && isFile) running.set(shortName(data.file), Date.now());
    if (type === "test:complete" && isFile) {
      finished++;
      running.delete(shortName(data.file));
    }
    if (type === "test:stderr") {
      errorOutput.set(data.file, `${errorOutput.get(data.file) ?? ""}${data.message}`.slice(-errorOutputKept));
      if (process.env.CORACLE_TEST_VERBOSE) process.stderr.write(data.message);
    }
    if (type !== "test:pass" && type !== "test:fail") continue;
    // A file, or a test that is only a frame around others, counts by its parts; but a file that dies is a failure.
    const isFrame = data.details?.type === "suite" || isFile;
    if (type === "test:pass" && isFrame && data.skip === undefined) continue;
    record(type, data, isFile ? (errorOutput.get(data.file) ?? "") : "");
  }
  clearInterval(ticker);
  console.log(`${files.length} files in ${seconds(Date.now() - begun)}`);
}

/** `errorOutput`: what a file that died wrote last, because the runner knows nothing of why but its exit code. */
function record(type, data, errorOutput) {
  const name = `${shortName(data.file)}: ${data.name === data.file ? "the file as a whole" : data.name}`;
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
    console.error(`✗ ${name} (the reason follows at the end)`);
    failures.push({ name, text: `${error?.cause?.stack ?? error?.cause ?? error?.stack ?? error}${errorOutput === "" ? "" : `\n${errorOutput}`}` });
  }
}
