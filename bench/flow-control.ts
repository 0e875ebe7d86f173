/**
 * One client floods the server while kubelets and the scheduler go on working: how long these wait with priority and
 * fairness, and how they fare if nothing told them apart. Simulated on virtual time: the same figures everywhere.
 */
import { createHash } from "node:crypto";
import type { ObjectReader, UserInfo } from "../src/apiserver/contract.ts";
import { defaultFlowSchemas, defaultPriorityLevels } from "../src/apiserver/flow-control/defaults.ts";
import { FlowControl } from "../src/apiserver/flow-control/flow-control.ts";
import { parseRequestInfo } from "../src/apiserver/http/request-info.ts";
import { seededRandom } from "../src/testing/api-server/seeded-random.ts";

export interface FlowControlResult {
  /** Waits of nodes and scheduler at the 99th percentile, in milliseconds, beside a flood of 20 times the capacity. */
  readonly systemP99Ms: number;
  readonly systemServed: number;
  readonly systemRefused: number;
  /** The same requests when they are of the noisy client's own flow. */
  readonly systemRefusedWithout: number;
  readonly noisyServed: number;
  readonly noisyRefused: number;
  /** Classification and a free seat, in nanoseconds of real time. */
  readonly idleNs: number;
  readonly hash: string;
}

const seats = 30;
const serviceMs = 10;

export async function run({ tiny }: { readonly tiny: boolean }): Promise<FlowControlResult> {
  const ticks = tiny ? 200 : 5_000;
  const fair = await flood(ticks, system);
  // The same requests with nothing that tells their senders apart: all of one flow.
  const without = await flood(ticks, [noisy]);
  const hash = createHash("sha256").update(JSON.stringify(fair)).digest("hex").slice(0, 12);
  return { ...fair, systemRefusedWithout: without.systemRefused, idleNs: idleCost(tiny ? 1_000 : 500_000), hash };
}

const noisy: UserInfo = { name: "system:serviceaccount:apps:noisy", groups: ["system:serviceaccounts", "system:authenticated"] };
const system: readonly UserInfo[] = [
  { name: "system:node:n1", groups: ["system:nodes", "system:authenticated"] },
  { name: "system:kube-scheduler", groups: ["system:authenticated"] },
];
const info = parseRequestInfo("GET", "/api/v1/namespaces/a/pods/p", new URLSearchParams());
const arrivalsPerMs = (20 * seats) / serviceMs;
const noQuery = new URLSearchParams();

/** Time stands still between ticks of one millisecond. */
class TickClock {
  time = 0;
  readonly #due = new Map<number, Set<() => void>>();
  now = () => this.time;
  sleep = () => new Promise<void>(() => undefined);
  after(ms: number, callback: () => void): Disposable {
    const at = this.time + ms;
    const group = this.#due.get(at) ?? new Set();
    this.#due.set(at, group.add(callback));
    return { [Symbol.dispose]: () => void group.delete(callback) };
  }
  tick(): void {
    this.time++;
    const group = this.#due.get(this.time) ?? [];
    this.#due.delete(this.time);
    for (const callback of group) callback();
  }
}

function controlled(clock: TickClock, signal: AbortSignal): FlowControl {
  const reader = {
    subscribe: (definition: { kind: string }, onEvent: (type: "ADDED", object: unknown) => void) => {
      for (const object of definition.kind === "FlowSchema" ? defaultFlowSchemas : defaultPriorityLevels) onEvent("ADDED", object);
    },
  } as unknown as ObjectReader;
  return new FlowControl({ clock, reader, limits: { reading: seats, mutating: 0 }, signal });
}

async function flood(ticks: number, components: readonly UserInfo[]) {
  const clock = new TickClock();
  const control = controlled(clock, AbortSignal.timeout(60_000));
  const { signal } = new AbortController();
  const random = seededRandom(1);
  const waits: number[] = [];
  const count = { systemServed: 0, systemRefused: 0, noisyServed: 0, noisyRefused: 0 };
  const send = async (user: UserInfo, component: boolean) => {
    const at = clock.now();
    try {
      const place = await control.enter({ info, query: noQuery, user, signal, classified: () => undefined });
      if (component) waits.push(clock.now() - at);
      if (component) count.systemServed++;
      else count.noisyServed++;
      clock.after(Math.ceil(serviceMs * (0.5 + random())), () => place[Symbol.dispose]());
    } catch {
      if (component) count.systemRefused++;
      else count.noisyRefused++;
    }
  };
  for (let tick = 0; tick < ticks; tick++) {
    clock.tick();
    if (tick % 1_000 === 999) control.adjust();
    for (let i = 0; i < arrivalsPerMs; i++) void send(noisy, false);
    if (random() < 0.2) void send(components[Math.floor(random() * components.length)]!, true);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return { systemP99Ms: p99(waits), ...count };
}

function idleCost(times: number): number {
  const life = new AbortController();
  const control = controlled(new TickClock(), life.signal);
  const arrival = { info, query: noQuery, user: noisy, signal: life.signal, classified: () => undefined };
  const started = performance.now();
  for (let i = 0; i < times; i++) (control.enter(arrival) as Disposable)[Symbol.dispose]();
  return ((performance.now() - started) * 1e6) / times;
}

function p99(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
}

if (import.meta.main) console.log(await run({ tiny: process.argv.includes("--tiny") }));
