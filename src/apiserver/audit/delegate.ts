/** Where audit events end up, and what is between them and the requests they tell of. */
import type { Logger } from "../../machinery/logger.ts";
import type { AuditEvent } from "./trail.ts";

/** Keeps events: in a file, at a webhook. */
export interface AuditDelegate {
  /** Its name in metrics, as upstream's plugin has it: `log`, `webhook`. */
  readonly plugin: string;
  /** Resolves when the events are kept, and rejects when they are not. Events of one call and of calls in turn keep their order. */
  process(events: readonly AuditEvent[], ending: Ending): Promise<void>;
  /** Resolves when nothing is left to do. */
  close(): Promise<void>;
}

/** The end of a backend comes in two steps. */
export interface Ending {
  /** Aborted: no pauses and no further attempts. */
  readonly closing: AbortSignal;
  /** Aborted: not even what is under way. */
  readonly ended: AbortSignal;
}

/** Told of events that were not kept, by the plugin that lost them. */
export type LossListener = (plugin: string, events: number) => void;

/** Counts what is lost and says so in the log: never what the events tell, only which they are. */
export class Losses {
  readonly #logger: Logger;
  readonly #listeners: LossListener[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  listen(listener: LossListener): void {
    this.#listeners.push(listener);
  }

  report(plugin: string, error: unknown, events: readonly AuditEvent[]): void {
    const auditIDs = events.slice(0, 10).map(({ auditID }) => auditID);
    this.#logger.error({ err: error, plugin, events: events.length, auditIDs }, "cannot keep audit events");
    for (const listener of this.#listeners) listener(plugin, events.length);
  }
}
