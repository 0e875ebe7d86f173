/** A FakeApi, a virtual clock and a context: what a controller needs to run in a test. */
import { Client } from "../client/client.ts";
import type { ComponentContext } from "../client/component.ts";
import type { InformerFactory } from "../client/informer.ts";
import { createInformerFactory } from "../client/informer-factory.ts";
import { pods } from "../client/resources.ts";
import { FakeApi } from "./fake-api.ts";
import { silentLogger } from "./silent-logger.ts";
import { settle, VirtualClock } from "./virtual-clock.ts";

export interface ControllerScene {
  readonly api: FakeApi;
  readonly clock: VirtualClock;
  readonly context: ComponentContext;
  /** `reason: message` of every event, in order. */
  readonly events: string[];
  readonly informers: InformerFactory;
  /** Runs the controllers until `end`. */
  start(...controllers: readonly { run(context: ComponentContext): Promise<void> }[]): Promise<void>;
  /** Lets everything that can happen now happen; with `ms`, what happens within that time too. */
  settle(ms?: number): Promise<void>;
  /** Makes every pod that has a node (or all, with `assign`) Running and Ready. */
  runPods(options?: { assign?: string }): Promise<void>;
  /** Stops all, and checks that no timer was left. */
  end(): Promise<void>;
}

export function controllerScene(): ControllerScene {
  const clock = new VirtualClock();
  const api = new FakeApi({ now: () => clock.now() });
  const abort = new AbortController();
  const { signal } = abort;
  const informers = createInformerFactory({ transport: api.transport, clock, random: () => 0.5, logger: silentLogger, signal });
  const events: string[] = [];
  const context: ComponentContext = {
    client: new Client(api.transport, signal),
    informers,
    events: { event: (_about, _type, reason, message) => events.push(`${reason}: ${message}`) },
    clock,
    random: () => 0.5,
    logger: silentLogger,
    signal,
  };
  const running: Promise<void>[] = [];
  const wait = (ms = 20) => clock.advance(ms);
  return {
    api,
    clock,
    context,
    events,
    informers,
    start: async (...controllers) => {
      for (const controller of controllers) running.push(controller.run(context));
      await settle();
      await wait();
    },
    settle: wait,
    runPods: async ({ assign } = {}) => {
      const now = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
      for (const pod of api.all(pods)) {
        if (pod.status?.phase !== "Pending" || (pod.spec.nodeName ?? assign) === undefined) continue;
        const spec = { ...pod.spec, nodeName: pod.spec.nodeName ?? assign };
        const conditions = [{ type: "Ready", status: "True", lastTransitionTime: now }];
        api.put(pods, { ...pod, spec, status: { ...pod.status, phase: "Running", conditions, podIP: `10.0.0.${api.revision % 250}`, startTime: now } });
      }
      await wait();
    },
    end: async () => {
      abort.abort();
      await Promise.all(running);
      await informers.ended();
      if (clock.pending !== 0) throw new Error(`${clock.pending} timers outlived the controllers`);
    },
  };
}
