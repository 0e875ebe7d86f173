/** Audit events as EventLists to a webhook, in batches, tried again with growing pauses. */
import type { Clock } from "../../machinery/clock.ts";
import { stringifyJson } from "../../machinery/json-codec.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { AuditBackend, AuditEvent } from "./trail.ts";

export interface WebhookBackendOptions {
  /** Sends one body; throws when it was not taken. As upstream it is tried again, whatever the reason. */
  post(body: string, signal: AbortSignal): Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Defaults of kube-apiserver: 400 events or 30 s, 10,000 in wait, first pause 10 s, 5 attempts. */
  readonly maxBatchSize?: number;
  readonly maxWaitMs?: number;
  readonly bufferSize?: number;
  readonly initialBackoffMs?: number;
  /** How long `close` waits for the webhook. Default 5 s. */
  readonly closeLimitMs?: number;
}

const attempts = 5;
const backoffFactor = 1.5;

export class WebhookAuditBackend implements AuditBackend {
  readonly #options: WebhookBackendOptions;
  readonly #buffer: AuditEvent[] = [];
  /** Aborted: no pauses and no further attempts. */
  readonly #closing = new AbortController();
  /** Aborted: not even those under way. */
  readonly #ended = new AbortController();
  #timer: Disposable | undefined;
  #sending: Promise<void> | undefined;

  constructor(options: WebhookBackendOptions) {
    this.#options = options;
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

  /** Sends what there is, once and not for long: a webhook that is away does not hold up the end. */
  async close(): Promise<void> {
    const { clock, closeLimitMs = 5_000 } = this.#options;
    const reason = new Error("the audit webhook is closed");
    this.#closing.abort(reason);
    using _limit = clock.after(closeLimitMs, () => this.#ended.abort(reason));
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
    const { clock, logger, initialBackoffMs = 10_000 } = this.#options;
    const closing = this.#closing.signal;
    const body = stringifyJson({ kind: "EventList", apiVersion: "audit.k8s.io/v1", metadata: {}, items });
    for (let attempt = 1, pauseMs = initialBackoffMs; ; attempt++, pauseMs *= backoffFactor) {
      try {
        return await this.#options.post(body, this.#ended.signal);
      } catch (error) {
        if (attempt === attempts || closing.aborted) {
          logger.error({ err: error, events: items.length }, "cannot send audit events to the webhook: giving them up");
          return;
        }
        await clock.sleep(pauseMs, closing).catch(() => undefined);
      }
    }
  }
}
