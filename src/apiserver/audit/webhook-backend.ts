/** Audit events as EventLists to a webhook, in batches, tried again with growing pauses. */
import type { Clock } from "../../machinery/clock.ts";
import { stringifyJson } from "../../machinery/json-codec.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { AuditBackend, AuditEvent } from "./trail.ts";

export interface WebhookBackendOptions {
  /** Sends one body; throws when it did not arrive, or was refused in a way that may pass (429, 5xx). */
  post(body: string, signal: AbortSignal): Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Defaults of kube-apiserver: 400 events or 30 s, 10,000 in wait, first pause 10 s, 5 attempts. */
  readonly maxBatchSize?: number;
  readonly maxWaitMs?: number;
  readonly bufferSize?: number;
  readonly initialBackoffMs?: number;
}

const attempts = 5;
const backoffFactor = 1.5;

export class WebhookAuditBackend implements AuditBackend {
  readonly #options: WebhookBackendOptions;
  readonly #buffer: AuditEvent[] = [];
  #timer: Disposable | undefined;
  #sending: Promise<void> | undefined;

  constructor(options: WebhookBackendOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#timer?.[Symbol.dispose](), { once: true });
  }

  record(event: AuditEvent): void {
    const { maxBatchSize = 400, maxWaitMs = 30_000, bufferSize = 10_000, clock, logger } = this.#options;
    if (this.#buffer.length >= bufferSize) {
      logger.error({ auditID: event.auditID, bufferSize }, "cannot record an audit event: the webhook's buffer is full");
      return;
    }
    this.#buffer.push(event);
    if (this.#buffer.length >= maxBatchSize) this.#flush();
    else this.#timer ??= clock.after(maxWaitMs, () => this.#flush());
  }

  async close(): Promise<void> {
    this.#flush();
    await this.#sending;
  }

  #flush(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  async #sendAll(): Promise<void> {
    const { maxBatchSize = 400 } = this.#options;
    while (this.#buffer.length > 0) await this.#send(this.#buffer.splice(0, maxBatchSize));
  }

  async #send(items: readonly AuditEvent[]): Promise<void> {
    const { post, clock, signal, logger, initialBackoffMs = 10_000 } = this.#options;
    const body = stringifyJson({ kind: "EventList", apiVersion: "audit.k8s.io/v1", metadata: {}, items });
    for (let attempt = 1, pauseMs = initialBackoffMs; ; attempt++, pauseMs *= backoffFactor) {
      try {
        return await post(body, signal);
      } catch (error) {
        if (attempt === attempts || signal.aborted) {
          logger.error({ err: error, events: items.length }, "cannot send audit events to the webhook: giving them up");
          return;
        }
        await clock.sleep(pauseMs, signal).catch(() => undefined);
      }
    }
  }
}
