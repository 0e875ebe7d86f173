/**
 * A webhook as Kubernetes' own clients of webhooks see it (k8s.io/apiserver/pkg/util/webhook): an object is posted to
 * one URL, the same kind of object comes back, and what may pass by itself is tried again.
 */
import type { Clock } from "../../machinery/clock.ts";
import { DecodeError, decodeValue } from "../../machinery/decode.ts";
import { JsonError, parseJson, stringifyJson } from "../../machinery/json-codec.ts";
import type { MessageSchema } from "../../machinery/schema.ts";
import type { RemoteAnswer, RemoteCall } from "./remote-server.ts";

/** The answer's object, of the schema's form. Rejects with WebhookError when the webhook could not be asked or gave no such answer. */
export type Webhook = (object: object, signal: AbortSignal) => Promise<Readonly<Record<string, unknown>>>;

export interface WebhookOptions {
  readonly call: RemoteCall;
  readonly url: string;
  readonly clock: Clock;
  /** For one attempt. */
  readonly timeoutMs: number;
}

export class WebhookError extends Error {
  override readonly name = "WebhookError";
  /** Another attempt may succeed. */
  readonly retry: boolean;

  constructor(message: string, retry: boolean, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.retry = retry;
  }
}

const attempts = 5;
const firstPauseMs = 500;
const pauseFactor = 1.5;

/** Tries again after pauses of 0.5 s and more, five times at most. */
export function webhook(options: WebhookOptions, schema: MessageSchema): Webhook {
  return async (object, signal) => {
    for (let attempt = 1, pauseMs = firstPauseMs; ; attempt++, pauseMs *= pauseFactor) {
      try {
        return await askOnce(options, schema, object, signal);
      } catch (error) {
        if (!(error instanceof WebhookError && error.retry) || attempt === attempts || signal.aborted) throw error;
        await options.clock.sleep(pauseMs, signal);
      }
    }
  };
}

/** Resolves when the webhook has taken the body; what it answers beside a good code does not matter. */
export async function post({ call, url, clock, timeoutMs }: WebhookOptions, body: string, signal: AbortSignal): Promise<RemoteAnswer> {
  const life = new AbortController();
  using _timer = clock.after(timeoutMs, () => life.abort(new Error(`no answer within ${timeoutMs / 1000}s`)));
  try {
    const answer = await call({ method: "POST", url, body }, AbortSignal.any([signal, life.signal]));
    if (answer.code >= 200 && answer.code < 300) return answer;
    // 429 and 5xx pass; anything else will be the same the next time.
    throw new WebhookError(`cannot ask webhook ${url}: it answered ${answer.code}`, answer.code === 429 || answer.code >= 500);
  } catch (error) {
    if (error instanceof WebhookError) throw error;
    const reason: unknown = life.signal.aborted ? life.signal.reason : error;
    throw new WebhookError(`cannot ask webhook ${url}: ${reason instanceof Error ? reason.message : String(reason)}`, isConnectionLost(error), error);
  }
}

async function askOnce(options: WebhookOptions, schema: MessageSchema, object: object, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const { text } = await post(options, stringifyJson(object), signal);
  const answer = decoded(text, schema, options.url);
  const { kind } = object as { readonly kind?: unknown };
  if (answer["kind"] === kind) return answer;
  throw new WebhookError(`cannot use the answer of webhook ${options.url}: it is of kind ${JSON.stringify(answer["kind"])}, not ${kind}`, false);
}

function decoded(text: string, schema: MessageSchema, url: string): Readonly<Record<string, unknown>> {
  try {
    return decodeValue(schema, parseJson(text), "Ignore").object;
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof JsonError)) throw error;
    throw new WebhookError(`cannot use the answer of webhook ${url}: ${error.message}`, false, error);
  }
}

/** A kept connection that the server had closed, or a server that is starting again. */
function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ECONNRESET", "EPIPE"].includes(String(error.code));
}
