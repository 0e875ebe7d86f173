/** Audit events as EventLists to a webhook, tried again with growing pauses. */
import type { Clock, Random } from "../../machinery/clock.ts";
import { stringifyJson } from "../../machinery/json-codec.ts";
import type { AuditDelegate, Ending } from "./delegate.ts";
import type { AuditEvent } from "./trail.ts";

export interface WebhookDelegateOptions {
  /** Sends one body; throws when it was not taken. As upstream it is tried again, whatever the reason. */
  post(body: string, signal: AbortSignal): Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  /** Before the second attempt. Default 10 s. */
  readonly initialBackoffMs?: number;
}

/** webhook.DefaultRetryBackoffWithInitialDelay */
const attempts = 5;
const backoffFactor = 1.5;
const jitter = 0.2;

export class WebhookAuditDelegate implements AuditDelegate {
  readonly plugin = "webhook";
  readonly #options: WebhookDelegateOptions;

  constructor(options: WebhookDelegateOptions) {
    this.#options = options;
  }

  async process(items: readonly AuditEvent[], { closing, ended }: Ending): Promise<void> {
    const { post, clock, random, initialBackoffMs = 10_000 } = this.#options;
    const body = stringifyJson({ kind: "EventList", apiVersion: "audit.k8s.io/v1", metadata: {}, items });
    for (let attempt = 1, pauseMs = initialBackoffMs; ; attempt++, pauseMs *= backoffFactor) {
      try {
        return await post(body, ended);
      } catch (error) {
        if (attempt === attempts || closing.aborted) throw error;
        await clock.sleep(pauseMs * (1 + jitter * random()), closing).catch(() => undefined);
      }
    }
  }

  async close(): Promise<void> {}
}
