/** Sends a campaign of mutated requests to a server and judges each answer. */
import type { Logger } from "../../machinery/logger.ts";
import { prefixEnd, type Store } from "../../storage/store.ts";
import { type Family, type FuzzRequest, fuzzRequest } from "./requests.ts";

export interface FuzzAnswer {
  readonly code: number;
  readonly text: string;
}

export interface CampaignOptions {
  readonly seed: number;
  readonly from: number;
  readonly count: number;
  readonly families?: readonly Family[];
  readonly store: Store;
  send(request: FuzzRequest): Promise<FuzzAnswer>;
  /** What the server logged as unexpected since it was last asked. */
  problems(): readonly string[];
  /** Failures after which to give up; default 10. */
  readonly enough?: number;
}

export interface Tally {
  readonly failures: string[];
  /** Answers by code. */
  readonly codes: Map<number, number>;
}

/** Answers of 500 and more that are right, by what they say; a request that merely ran out of time is none of them. */
const allowed: readonly { readonly code: number; readonly says: string }[] = [
  // Not there yet is an answer.
  { code: 501, says: "" },
  // A wait for a revision that is still to come.
  { code: 504, says: "Too large resource version" },
  // Kubernetes' own answer where an administrator, as whom this asks, has taken the last ServiceCIDR away.
  { code: 500, says: "failed to allocate a serviceIP: range is full" },
];

/** An answer of 500 or more that is none of the right ones. */
export function isFault({ code, text }: FuzzAnswer): boolean {
  return code >= 500 && !allowed.some((answer) => answer.code === code && text.includes(answer.says));
}

/** One at a time, so that a change of state can be laid at the right door. */
export async function runCampaign(options: CampaignOptions): Promise<Tally> {
  const tally: Tally = { failures: [], codes: new Map() };
  const { enough = 10, store } = options;
  const life = new AbortController();
  const changes = new ChangeLog(store, (await store.status()).revision, life.signal);
  for (let index = options.from; index < options.from + options.count && tally.failures.length < enough; index++) {
    const request = fuzzRequest(options.seed, index, options.families);
    const answer = await options.send(request).catch((error: unknown) => ({ code: -1, text: String((error as Error).stack ?? error) }));
    tally.codes.set(answer.code, (tally.codes.get(answer.code) ?? 0) + 1);
    const wrong = [...verdict(request, answer, await changes.taken()), ...options.problems()];
    for (const problem of wrong) tally.failures.push(`${problem}\n${described(options.seed, index, request)}\n-> ${answer.code} ${answer.text.slice(0, 500)}`);
  }
  life.abort();
  return tally;
}

/** What the server writes of its own accord, whenever that is; what it tells of Services when it repairs allocations is an event named after one. */
const ownKeys =
  /^compact_rev_key$|^\/registry\/events\/default\/\w+\.[0-9a-f]{12,}$|^\/registry\/(services|endpoints|endpointslices|discovery\.k8s\.io\/endpointslices|events)\/default\/kubernetes(\.\w+)?$|^\/registry\/flowcontrol\.apiserver\.k8s\.io\/|^\/registry\/(namespaces|networking\.k8s\.io\/(servicecidrs|ipaddresses))\/|^\/registry\/(rbac|serviceaccounts\/default\/default$)/;

/** Keys written since they were last asked for. */
class ChangeLog {
  readonly #store: Store;
  #told: number;
  #seen: number;
  #keys: string[] = [];

  constructor(store: Store, revision: number, signal: AbortSignal) {
    this.#store = store;
    this.#told = revision;
    this.#seen = revision;
    void this.#follow(signal);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    // All there is: a revision whose events are not among these would be waited for without an end.
    const from = { start: "\0", end: prefixEnd(""), fromRevision: this.#seen + 1 };
    for await (const { revision, events } of this.#store.watch(from, signal)) {
      this.#keys.push(...events.map(({ kv }) => kv.key));
      this.#seen = revision;
    }
  }

  async taken(): Promise<readonly string[]> {
    const { revision } = await this.#store.status();
    if (revision === this.#told) return [];
    this.#told = revision;
    while (this.#seen < revision) await new Promise(setImmediate);
    const keys = this.#keys;
    this.#keys = [];
    return keys;
  }
}

function verdict({ method, url, body }: FuzzRequest, { code, text }: FuzzAnswer, changed: readonly string[]): string[] {
  const problems: string[] = [];
  if (code <= 0) problems.push("the request was not answered");
  if (isFault({ code, text })) problems.push(`the answer is ${code}`);
  // The options in a body count instead of those in the query of a DELETE, as in Kubernetes.
  const dryRun = /[?&]dryRun=All(&|$)/.test(url) && !(method === "DELETE" && body !== undefined);
  const mayChange = code < 400 && method !== "GET" && method !== "HEAD" && !dryRun;
  const wrongly = mayChange ? [] : changed.filter((key) => !ownKeys.test(key));
  if (wrongly.length > 0) problems.push(`a request that must change nothing has changed ${wrongly.slice(0, 5).join(", ")}`);
  return problems;
}

function described(seed: number, index: number, { method, url, headers, body }: FuzzRequest): string {
  const text = body === undefined ? "" : Buffer.from(body).toString(/protobuf/.test(headers["content-type"] ?? "") ? "base64" : "utf8");
  return `FUZZ_SEED=${seed} FUZZ_FROM=${index}: ${method} ${url} ${JSON.stringify(headers)}\n${text}`;
}

/** Remembers what was logged at warning level and above. */
export function problemLogger(): { readonly logger: Logger; problems(): readonly string[] } {
  let found: string[] = [];
  const record = (fields: object, message: string) => {
    // Its Service can be made impossible, by a ServiceCIDR for instance; the server says so and goes on.
    if (message.startsWith("cannot reconcile Service default/kubernetes")) return;
    const { err } = fields as { err?: { stack?: string } };
    found.push(`${message}: ${err?.stack ?? JSON.stringify(fields)}`);
  };
  const ignore = () => undefined;
  const logger: Logger = { debug: ignore, info: ignore, warn: record, error: record, child: () => logger };
  return {
    logger,
    problems: () => {
      const taken = found;
      found = [];
      return taken;
    },
  };
}
