/**
 * Requests a second over TLS, beside what a bare `node:https` JSON echo serves to the same client in the same run: the
 * shares travel between machines, the figures do not. Server and client are threads of one process.
 */
import { Worker } from "node:worker_threads";
import { CertificateAuthority } from "../src/cluster/certificates.ts";
import { type Call, Load } from "./api/load.ts";
import { podCollection, podText } from "./api/pods.ts";
import type { BenchServers } from "./api/server-worker.ts";
import { measureSize, type SizeResult } from "./api/size.ts";
import { type WarmLatencies, watchLatencies } from "./api/watchers.ts";

export interface BenchOptions {
  /** As part of the tests: a handful of requests. */
  readonly tiny: boolean;
}

/** What issues 3 and 4 ask for, under the names of the figures: rates and shares at least, times and sizes at most. */
export const wanted = {
  createShare: 0.2,
  getShare: 0.6,
  mergePatchShare: 0.13,
  applyShare: 0.1,
  deleteShare: 0.13,
  lists: 70,
  watchP50Ms: 3,
  watchP99Ms: 10,
  residentMB: 350,
  loadMs: 5000,
} as const;

/** Shares are of the echo. */
export interface ApiResult {
  /** Requests a second of the bare server, as the mean of those around each measurement. */
  readonly echo: number;
  readonly createShare: number;
  /** The first creates after the start, while V8 still compiles what they run through. */
  readonly coldCreateShare: number;
  /** As `createShare`, through the admission plugins that a cluster has, which also make the pods larger. */
  readonly admittedCreateShare: number;
  readonly getShare: number;
  readonly mergePatchShare: number;
  readonly applyShare: number;
  readonly deleteShare: number;
  /** Lists of all pods a second, and the same bytes from a bare server that has them ready. */
  readonly lists: number;
  readonly bareLists: number;
  /** Lists with a write before each, so that none can be answered as the one before. */
  readonly changedLists: number;
  /** From a patch being sent to 100 watchers having seen it; beside it a bare server that writes a line to 100 open answers. */
  readonly watchP50Ms: number;
  readonly watchP99Ms: number;
  readonly http2WatchP50Ms: number;
  readonly http2WatchP99Ms: number;
  readonly bareWatchP50Ms: number;
  readonly bareWatchP99Ms: number;
  /** Of the first changes, before those that count. */
  readonly coldWatchP50Ms: number;
  readonly coldWatchP99Ms: number;
  readonly bareColdWatchP99Ms: number;
  readonly bareHttp2WatchP50Ms: number;
  readonly bareHttp2WatchP99Ms: number;
  /** Of the answers: nothing was optimised away. */
  readonly hash: string;
}

export interface BenchResult {
  readonly wanted: typeof wanted;
  readonly memory: ApiResult;
  readonly sqlite?: ApiResult;
  readonly size: SizeResult;
}

export async function run({ tiny }: BenchOptions): Promise<BenchResult> {
  const count = tiny ? 30 : 3000;
  const workers = tiny ? 4 : 32;
  const memory = await runOn("memory", count, workers);
  const sqlite = tiny ? {} : { sqlite: await runOn("sqlite", count, workers) };
  const size = await sizeOf(tiny ? { pods: 30, objects: 60, restMs: 0 } : { pods: 30_000, objects: 100_000, restMs: 3000 });
  return { wanted, memory, ...sqlite, size };
}

export async function sizeOf(options: { readonly pods: number; readonly objects: number; readonly restMs: number }): Promise<SizeResult> {
  const authority = await CertificateAuthority.create("bench", Date.now());
  const pair = await serverPair(authority);
  return measureSize({ ...options, workers: 32, ca: authority.pem.certificate, pair });
}

async function serverPair(authority: CertificateAuthority): Promise<{ readonly key: string; readonly cert: string }> {
  const pair = await authority.issue({ commonName: "server", usage: "server", ipAddresses: ["127.0.0.1"] }, Date.now());
  return { key: pair.key, cert: pair.certificate };
}

/** `only` leaves out what its name does not begin with, for profiles. */
export async function runOn(store: "memory" | "sqlite", count: number, workers: number, only = ""): Promise<ApiResult> {
  const authority = await CertificateAuthority.create("bench", Date.now());
  const pair = await serverPair(authority);
  const worker = new Worker(new URL(`./api/server-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url), {
    workerData: { ...pair, store },
  });
  const ports = await new Promise<BenchServers>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  const ca = authority.pem.certificate;
  const load = (port: number) => new Load(port, ca, workers);
  const loads: Loads = { api: load(ports.apiPort), admitting: load(ports.admittingPort), bare: load(ports.echoPort), bareHttp2: load(ports.echoHttp2Port) };
  const bench = new ApiBench(loads, count, only);
  try {
    return await bench.run();
  } finally {
    bench.close();
    worker.postMessage("end");
    await new Promise((resolve) => worker.once("exit", resolve));
  }
}

/** The servers measured, each with a client of its own. */
interface Loads {
  readonly api: Load;
  readonly admitting: Load;
  readonly bare: Load;
  readonly bareHttp2: Load;
}

class ApiBench {
  readonly #loads: Loads;
  readonly #api: Load;
  readonly #bare: Load;
  readonly #count: number;
  readonly #only: string;
  readonly #echoes: number[] = [];

  constructor(loads: Loads, count: number, only: string) {
    this.#loads = loads;
    this.#api = loads.api;
    this.#bare = loads.bare;
    this.#count = count;
    this.#only = only;
  }

  close(): void {
    for (const load of Object.values(this.#loads) as Load[]) load.close();
  }

  async run(): Promise<ApiResult> {
    await this.#echo();
    const coldCreateShare = await this.#share((index) => create(index, "warm-up"));
    const createShare = await this.#share(create);
    const admittedCreateShare = this.#skips("admitted") ? 0 : await this.#admittedCreates();
    const getShare = this.#skips("get") ? 0 : await this.#share((index) => ({ method: "GET", path: pathOf(index) }));
    const mergePatchShare = this.#skips("mergePatch") ? 0 : await this.#share((index) => mergePatch(index, "step", "patched"));
    const applyShare = this.#skips("apply") ? 0 : await this.#share(apply);
    const lists = await this.#lists();
    const watches = await this.#watches();
    const deleteShare = this.#skips("delete") ? 0 : await this.#share((index) => ({ method: "DELETE", path: pathOf(index) }));
    const echo = this.#echoes.reduce((sum, each) => sum + each, 0) / this.#echoes.length;
    return {
      echo,
      createShare,
      coldCreateShare,
      admittedCreateShare,
      getShare,
      mergePatchShare,
      applyShare,
      deleteShare,
      ...lists,
      ...watches,
      hash: this.#api.hash.digest("hex").slice(0, 12),
    };
  }

  #skips(name: string): boolean {
    return this.#only !== "" && !name.startsWith(this.#only);
  }

  /** Other work on the machine comes and goes, so each figure has an echo of its own on either side. */
  async #share(calls: (index: number) => Call, load = this.#api): Promise<number> {
    const before = await this.#echo();
    const rate = await load.rate(this.#count, calls);
    return rate / ((before + (await this.#echo())) / 2);
  }

  async #echo(): Promise<number> {
    const rate = await this.#bare.rate(this.#count, (index) => ({ method: "POST", path: "/", body: podText(index) }));
    this.#echoes.push(rate);
    return rate;
  }

  async #admittedCreates(): Promise<number> {
    const { admitting } = this.#loads;
    const metadata = { name: "default" };
    await admitting.send({ method: "POST", path: "/api/v1/namespaces", body: JSON.stringify({ metadata }) });
    await admitting.send({ method: "POST", path: "/api/v1/namespaces/default/serviceaccounts", body: JSON.stringify({ metadata }) });
    return this.#share(create, admitting);
  }

  async #lists() {
    if (this.#skips("list")) return { lists: 0, bareLists: 0, changedLists: 0 };
    const times = Math.max(2, this.#count / 20);
    const length = await this.#api.send({ method: "GET", path: podCollection });
    const bareLists = await this.#bare.bulkRate(times, `/bytes/${length}`);
    const lists = await this.#api.bulkRate(times, podCollection);
    let ended = false;
    const writes = (async () => {
      for (let index = 0; !ended; index++) await this.#api.send(mergePatch(index % this.#count, "listed", String(index)));
    })();
    const changedLists = await this.#api.bulkRate(times, podCollection);
    ended = true;
    await writes;
    return { lists, bareLists, changedLists };
  }

  async #watches() {
    const none = { p50: 0, p99: 0, cold: { p50: 0, p99: 0 } };
    if (this.#skips("watch")) return named(none, none, none, none);
    const path = `${podCollection}?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=`;
    const common = { ca: this.#api.ca, watchers: 100, changes: Math.min(this.#count, 200) };
    const bench = { ...common, port: this.#api.port, path, change: (index: number) => this.#api.send(mergePatch(0, "watched", String(index))) };
    const tell = (index: number) => this.#bare.send({ method: "POST", path: "/tell", body: podText(index) });
    const bare = { ...common, port: this.#bare.port, path: "/watch", change: tell };
    const bareHttp1 = await watchLatencies(bare, "http1");
    const bareHttp2 = await watchLatencies({ ...bare, port: this.#loads.bareHttp2.port }, "http2");
    return named(await watchLatencies(bench, "http1"), await watchLatencies(bench, "http2"), bareHttp1, bareHttp2);
  }
}

function named(http1: WarmLatencies, http2: WarmLatencies, bare: WarmLatencies, bareHttp2: WarmLatencies) {
  return {
    watchP50Ms: http1.p50,
    watchP99Ms: http1.p99,
    http2WatchP50Ms: http2.p50,
    http2WatchP99Ms: http2.p99,
    bareWatchP50Ms: bare.p50,
    bareWatchP99Ms: bare.p99,
    coldWatchP50Ms: http1.cold.p50,
    coldWatchP99Ms: http1.cold.p99,
    bareColdWatchP99Ms: bare.cold.p99,
    bareHttp2WatchP50Ms: bareHttp2.p50,
    bareHttp2WatchP99Ms: bareHttp2.p99,
  };
}

function create(index: number, namespace = "default"): Call {
  return { method: "POST", path: `/api/v1/namespaces/${namespace}/pods`, body: podText(index) };
}

function pathOf(index: number): string {
  return `${podCollection}/pod-${index}`;
}

function mergePatch(index: number, label: string, value: string): Call {
  return { method: "PATCH", path: pathOf(index), body: JSON.stringify({ metadata: { labels: { [label]: value } } }), type: "application/merge-patch+json" };
}

function apply(index: number): Call {
  const body = JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: `pod-${index}`, labels: { applied: "yes" } } });
  return { method: "PATCH", path: `${pathOf(index)}?fieldManager=bench&force=true`, body, type: "application/apply-patch+yaml" };
}
