/**
 * What every component is started with. A component's lifetime is `signal`: when it aborts, everything the component
 * started (timers, watches, processes, sockets) has ended by the time its `run` promise settles.
 */
import type { Clock, Random } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Client } from "./client.ts";
import type { EventRecorder } from "./events.ts";
import type { InformerFactory } from "./informer.ts";

export interface ComponentContext {
  /** Acts under the component's own identity. */
  readonly client: Client;
  /** Shared by all parts of one component. Ask for informers while starting, before `informers.start()`. */
  readonly informers: InformerFactory;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}
