/**
 * Large YAML is read beside the event loop: its parser takes 100 ms for a mebibyte, merge keys can make minutes of work
 * of a few lines, and neither can be interrupted. The thread lives while there is something to read, for each text no
 * longer than the limit.
 */
import { Worker } from "node:worker_threads";
import type { YamlReading } from "./read-yaml.ts";

/** Of the thread's own time: what else the machine does is not the text's fault. */
const cpuLimitMs = 3_000;
/** A client does not wait longer anyway. */
const timeLimitMs = 30_000;
const lookEveryMs = 250;
/** Of the thread's heap, for a text of at most 3 MiB and what is made of it. */
const memoryLimitMb = 256;

/** Reads a text in a thread of its own. Texts wait for one another, so that however many come they keep one core busy. */
export function readYamlBeside(bytes: Uint8Array, limit: number): Promise<YamlReading> {
  waiting++;
  const reading = last.then(() => readNext(bytes, limit));
  last = reading.then(leave, leave);
  return reading;
}

let last: Promise<void> = Promise.resolve();
let waiting = 0;
let thread: Worker | undefined;

async function leave(): Promise<void> {
  waiting--;
  if (waiting > 0) return;
  const idle = thread;
  thread = undefined;
  await idle?.terminate();
}

function readNext(bytes: Uint8Array, limit: number): Promise<YamlReading> {
  thread ??= startThread();
  const worker = thread;
  const { promise, resolve } = Promise.withResolvers<YamlReading>();
  let settled = false;
  const give = (reading: YamlReading) => {
    settled = true;
    clearInterval(watch);
    worker.removeAllListeners();
    resolve(reading);
  };
  const abandon = (reading: YamlReading) => {
    thread = undefined;
    give(reading);
    // An error of the thread's after this is nobody's.
    worker.on("error", () => undefined);
    void worker.terminate();
  };
  const tooLong = () => settled || abandon({ error: "yaml: document takes too long to read" });
  const begun = performance.now();
  let cpuBefore: number | undefined;
  const watch = setInterval(() => {
    if (performance.now() - begun > timeLimitMs) tooLong();
    worker.cpuUsage().then(
      ({ user, system }) => {
        const cpuMs = (user + system) / 1000;
        cpuBefore ??= cpuMs;
        if (cpuMs - cpuBefore > cpuLimitMs) tooLong();
      },
      // It has ended, and its last event is on the way.
      () => undefined,
    );
  }, lookEveryMs);
  worker.on("message", give);
  worker.on("error", (error: NodeJS.ErrnoException) => abandon(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? { tooLarge: true } : { error: error.message }));
  worker.postMessage({ bytes, limit });
  return promise;
}

function startThread(): Worker {
  // Beside this file, as .ts when run from source and as .js when compiled.
  const url = new URL(`./yaml-thread${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  return new Worker(url, { name: "yaml", execArgv: [], resourceLimits: { maxOldGenerationSizeMb: memoryLimitMb } });
}
