/**
 * Requests side by side against a whole API server of its own: bodies that come slowly or never, peers that leave in the
 * middle. Every request has to end, and a watch of each kind, open from the beginning, has to tell in the end what a list
 * tells.
 */
import { type FullServer, startFullServer } from "../api-server/full-server.ts";
import { MemoryExchange, type MemoryRequest } from "../api-server/memory-exchange.ts";
import { seededRandom } from "../api-server/seeded-random.ts";
import { isFault, problemLogger } from "./campaign.ts";
import { type Dice, diceOf } from "./dice.ts";
import { fuzzRequest } from "./requests.ts";
import { type Subject, subjects } from "./subjects.ts";

export interface SideBySide {
  readonly seed: number;
  readonly count: number;
  /** Under way at the same time. */
  readonly atOnce: number;
}

export interface SideBySideTally {
  readonly failures: string[];
  /** Answers by code; 0 where the peer left before there was one. */
  readonly codes: Map<number, number>;
  /** Objects that watches and lists agree on. */
  readonly objects: number;
}

export async function requestsSideBySide({ seed, count, atOnce }: SideBySide): Promise<SideBySideTally> {
  const { logger, problems } = problemLogger();
  const full = await startFullServer({ logger, random: seededRandom(seed) });
  const crowd = new Crowd(full, diceOf(seed));
  const watches = subjects.filter(({ definition }) => definition.virtual !== true).map((subject) => new KindWatch(full, subject));
  try {
    for (let index = 0; index < count; index++) {
      crowd.send(fuzzRequest(seed, index));
      await crowd.untilAtMost(atOnce);
    }
    await crowd.untilAtMost(0);
    const failures = [...crowd.failures, ...problems()];
    let objects = 0;
    for (const watch of watches) {
      const listed = await watch.compare();
      failures.push(...listed.failures);
      objects += listed.objects;
    }
    return { failures, codes: crowd.codes, objects };
  } finally {
    for (const watch of watches) watch.close();
    await full.close();
  }
}

/** One whose body comes after so many turns of the event loop. */
class UnhurriedExchange extends MemoryExchange {
  readonly #turns: number;

  constructor(request: MemoryRequest, turns: number) {
    super(request);
    this.#turns = turns;
  }

  override async readBody(limit: number): Promise<Buffer> {
    if (this.#turns === Number.POSITIVE_INFINITY) await new Promise(() => undefined);
    await turns(this.#turns);
    return super.readBody(limit);
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** Turns of the event loop without an answer after which time goes on; and after how many seconds of it a request is taken to hang. */
const patience = 50;
const longestSeconds = 600;

class Crowd {
  readonly failures: string[] = [];
  readonly codes = new Map<number, number>();
  readonly #full: FullServer;
  readonly #dice: Dice;
  readonly #underWay = new Map<MemoryExchange, string>();

  constructor(full: FullServer, dice: Dice) {
    this.#full = full;
    this.#dice = dice;
  }

  send(request: MemoryRequest): void {
    const { clientCertificate, server } = this.#full;
    const exchange = new UnhurriedExchange({ ...request, clientCertificate }, this.#slowness());
    this.#underWay.set(exchange, `${request.method} ${request.url}`);
    void server.serve(exchange).then(() => this.#served(exchange));
    // Nothing else ends a watch.
    if (this.#dice.chance(0.15) || request.url.includes("watch")) void turns(this.#dice.below(60)).then(() => exchange.close());
  }

  /** Resolves when so few are under way. */
  async untilAtMost(count: number): Promise<void> {
    let seconds = 0;
    for (let turn = 1; this.#underWay.size > count; turn++) {
      await new Promise(setImmediate);
      if (turn % patience !== 0) continue;
      // What compresses, signs and reads YAML is done by threads, in time of the real kind.
      await new Promise((resolve) => setTimeout(resolve, 1));
      await this.#full.clock.advance(1000);
      if (++seconds > longestSeconds) throw new Error(`no answers to ${[...this.#underWay.values()].slice(0, 5).join(", ")}`);
    }
    await this.#full.restore();
  }

  #slowness(): number {
    if (this.#dice.chance(0.7)) return 0;
    return this.#dice.chance(0.05) ? Number.POSITIVE_INFINITY : this.#dice.below(30);
  }

  #served(exchange: MemoryExchange): void {
    const what = this.#underWay.get(exchange);
    this.#underWay.delete(exchange);
    this.codes.set(exchange.code, (this.codes.get(exchange.code) ?? 0) + 1);
    // A body that does not come in time is the client's fault.
    if (exchange.code !== 504 && isFault(exchange)) this.failures.push(`${what} -> ${exchange.code} ${exchange.text.slice(0, 500)}`);
  }
}

interface Watched {
  readonly metadata: { readonly namespace?: string; readonly name: string; readonly resourceVersion: string };
}

/** What a watch of all objects of a kind has told. */
class KindWatch {
  readonly #full: FullServer;
  readonly #path: string;
  readonly #exchange: MemoryExchange;
  readonly #objects = new Map<string, Watched>();
  readonly #failures: string[] = [];

  constructor(full: FullServer, { path }: Subject) {
    this.#full = full;
    this.#path = path.replace("/namespaces/default", "");
    const { clientCertificate } = full;
    this.#exchange = new MemoryExchange({ method: "GET", url: `${this.#path}?watch=1&timeoutSeconds=10000000`, headers: {}, clientCertificate });
    void full.server.serve(this.#exchange);
  }

  close(): void {
    this.#exchange.close();
  }

  /** With a list of now. */
  async compare(): Promise<{ readonly failures: string[]; readonly objects: number }> {
    const { text, code } = await this.#full.exchange({ method: "GET", url: this.#path, headers: {} });
    for (const line of this.#exchange.text.split("\n")) if (line !== "") this.#hear(JSON.parse(line));
    if (this.#exchange.closed) this.#failures.push(`${this.#path}: the watch has ended`);
    const items = code === 200 ? (JSON.parse(text) as { items: Watched[] }).items : [];
    const listed = new Map(items.map((item) => [keyOf(item), item]));
    for (const key of new Set([...listed.keys(), ...this.#objects.keys()])) {
      const [list, watch] = [contentOf(listed.get(key)), contentOf(this.#objects.get(key))];
      if (list !== watch) this.#failures.push(`${this.#path} ${key}: listed as ${list?.slice(0, 300)}, watched as ${watch?.slice(0, 300)}`);
    }
    return { failures: this.#failures, objects: listed.size };
  }

  #hear({ type, object }: { readonly type: string; readonly object: Watched }): void {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    if ((type === "ADDED") !== (before === undefined))
      this.#failures.push(`${this.#path} ${key}: ${type} of one that was ${before === undefined ? "not " : ""}there`);
    if (before !== undefined && Number(before.metadata.resourceVersion) >= Number(object.metadata.resourceVersion))
      this.#failures.push(`${this.#path} ${key} goes back`);
    if (type === "DELETED") this.#objects.delete(key);
    else this.#objects.set(key, object);
  }
}

function keyOf({ metadata: { namespace, name } }: Watched): string {
  return `${namespace ?? ""}/${name}`;
}

/** Items of lists may go without saying what they are. */
function contentOf(object: Watched | undefined): string | undefined {
  return object === undefined ? undefined : JSON.stringify({ ...object, kind: undefined, apiVersion: undefined });
}
