/** What a component is started with, made for one identity. */
import { Client } from "../client/client.ts";
import type { ComponentContext } from "../client/component.ts";
import { ClientEventRecorder } from "../client/event-recorder.ts";
import { createInformerFactory } from "../client/informer-factory.ts";
import type { Clock, Random } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Transport } from "../machinery/transport.ts";

export interface ComponentOptions {
  /** Name in logs, such as kube-scheduler. */
  readonly name: string;
  /** Source of its Events where that is not its name: the scheduler signs as the scheduler that pods ask for. */
  readonly eventSource?: string;
  /** The machine it runs on, for Events that come from a node. */
  readonly host?: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export function componentContext(options: ComponentOptions): ComponentContext {
  const { name, eventSource = name, host, transport, clock, random, signal } = options;
  const logger = options.logger.child({ component: name });
  const client = new Client(transport, signal);
  return {
    client,
    informers: createInformerFactory({ transport, clock, random, logger, signal }),
    events: new ClientEventRecorder({ client, component: eventSource, ...(host === undefined ? {} : { host }), clock, logger, signal }),
    clock,
    random,
    logger,
    signal,
  };
}
