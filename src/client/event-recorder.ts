/** Writes Events through the client, in order and in the background. */
import type { Event } from "../api/core/v1/event.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Draft, KubeObject } from "../machinery/object.ts";
import type { Client } from "./client.ts";
import { errorText, isNamespaceTerminating, isNotFound } from "./errors.ts";
import { EventCorrelator, type EventFacts, type EventWrite } from "./event-correlator.ts";
import type { EventRecorder, EventSubject } from "./events.ts";
import { events } from "./resources.ts";

export interface EventRecorderOptions {
  readonly client: Client;
  /** Such as `deployment-controller`. */
  readonly component: string;
  /** Node that the component runs on, where that matters (kubelet). */
  readonly host?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly facts: EventFacts;
  readonly atMs: number;
}

/** Events waiting beyond this are dropped: they must never take the component's memory. */
const queueLimit = 1000;

/** Recorder of one component; `flushed` settles when everything recorded so far has been written or given up. */
export class ClientEventRecorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator: EventCorrelator;
  readonly #waiting: Waiting[] = [];
  #draining: Promise<void> | undefined;
  #sequence = 0;

  constructor(options: EventRecorderOptions, correlator = new EventCorrelator()) {
    this.#options = options;
    this.#correlator = correlator;
  }

  event(about: KubeObject | EventSubject, type: "Normal" | "Warning", reason: string, message: string): void {
    const { clock, logger, signal } = this.#options;
    if (signal.aborted) return;
    if (this.#waiting.length >= queueLimit) {
      logger.warn({ reason, message }, "event dropped, too many are waiting");
      return;
    }
    this.#waiting.push({ facts: { subject: subjectOf(about), type, reason, message }, atMs: clock.now() });
    this.#draining ??= this.#drain();
  }

  async flushed(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    const { logger, signal } = this.#options;
    // A turn later, so that `event` returns before anything is sent.
    await Promise.resolve();
    for (let next = this.#waiting.shift(); next !== undefined && !signal.aborted; next = this.#waiting.shift()) {
      try {
        await this.#write(next);
      } catch (error) {
        if (!signal.aborted && !isNamespaceTerminating(error)) logger.warn({ reason: next.facts.reason, error: errorText(error) }, "cannot write an event");
      }
    }
    this.#draining = undefined;
  }

  async #write(waiting: Waiting): Promise<void> {
    const write = this.#correlator.correlate(waiting.facts, waiting.atMs);
    if (write === undefined) return;
    if (write.action === "count" && (await this.#count(write, waiting))) return;
    const namespace = eventNamespace(waiting.facts.subject);
    const created = await this.#options.client
      .of(events)
      .in(namespace)
      .create(this.#draft(write, waiting, namespace));
    this.#correlator.created(write.key, created.metadata.name, waiting.atMs);
  }

  /** False when the Event has expired meanwhile. */
  async #count(write: EventWrite & { action: "count" }, { facts, atMs }: Waiting): Promise<boolean> {
    const body = { count: write.count, lastTimestamp: seconds(atMs), message: write.message };
    try {
      await this.#options.client.of(events).in(eventNamespace(facts.subject)).patch(write.name, body, { type: "merge" });
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
    this.#correlator.counted(write, atMs);
    return true;
  }

  #draft(write: EventWrite, { facts, atMs }: Waiting, namespace: string): Draft<Event> {
    const { component, host } = this.#options;
    // Unique within the component by the time and a count, as client-go's names are by nanoseconds.
    const suffix = (BigInt(atMs) * 1_000_000n + BigInt(this.#sequence++ % 1_000_000)).toString(16);
    return {
      metadata: { name: `${facts.subject.name}.${suffix}`, namespace },
      involvedObject: facts.subject,
      reason: facts.reason,
      message: write.message,
      type: facts.type,
      source: { component, ...(host === undefined ? {} : { host }) },
      firstTimestamp: seconds(atMs),
      lastTimestamp: seconds(atMs),
      count: 1,
      reportingComponent: component,
      reportingInstance: host ?? "",
    };
  }
}

function subjectOf(about: KubeObject | EventSubject): Event["involvedObject"] {
  if (!("metadata" in about)) return { ...about };
  const { name, namespace, uid, resourceVersion } = about.metadata;
  return {
    apiVersion: about.apiVersion,
    kind: about.kind,
    name,
    ...(namespace === undefined || namespace === "" ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

/** Events about cluster-scoped objects live in `default`. */
function eventNamespace(subject: Event["involvedObject"]): string {
  return subject.namespace === undefined || subject.namespace === "" ? "default" : subject.namespace;
}

function seconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
