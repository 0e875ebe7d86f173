/** Runs a component of the control plane: at once where it is the only one, else whenever it is elected. */
import { randomUUID } from "node:crypto";
import { Client } from "../client/client.ts";
import type { ComponentContext } from "../client/component.ts";
import { ClientEventRecorder } from "../client/event-recorder.ts";
import { type ElectionTimes, leadWhenElected } from "../client/leader-election.ts";
import { type ComponentOptions, componentContext } from "./component-context.ts";

export type Component = (context: ComponentContext) => Promise<void>;

export interface RunComponentOptions extends ComponentOptions {
  /** Absent: there is no other of this name. */
  readonly election?: ElectionTimes;
  /** Begins the identity among the candidates. */
  readonly hostname?: string;
  /** Longer than the component's: it gives its lease up at its end. */
  readonly serverLife: AbortSignal;
}

/** Resolves when the signal has aborted and the component has ended; rejects when it failed. */
export async function runComponent(options: RunComponentOptions, run: Component): Promise<void> {
  const { election, hostname = "localhost", name, eventSource = name, transport, clock, logger, serverLife } = options;
  if (election === undefined) return run(componentContext(options));
  const events = new ClientEventRecorder({ client: new Client(transport, serverLife), component: eventSource, clock, logger, signal: serverLife });
  const identity = `${hostname}_${randomUUID()}`;
  await leadWhenElected({ ...options, ...election, identity, events, logger: logger.child({ component: name }) }, (signal) =>
    run(componentContext({ ...options, signal })),
  );
  await events.flushed();
}
