/** Between grpc-js' callbacks and functions that return or throw. */
import type { handleUnaryCall, ServerDuplexStream, ServerUnaryCall, ServerWritableStream } from "@grpc/grpc-js";
import type { Logger } from "../../machinery/logger.ts";
import { type EtcdError, etcdError, refusal } from "./etcd-error.ts";

/** A request with one answer. The signal aborts when the client has gone. */
export function unary<Request, Response>(
  handle: (request: Request, signal: AbortSignal) => Promise<Response> | Response,
  logger: Logger,
): handleUnaryCall<Request, Response> {
  return (call: ServerUnaryCall<Request, Response>, callback) => {
    const gone = new AbortController();
    call.once("cancelled", () => gone.abort(new Error("the client has gone")));
    const answering = async () => handle(call.request, gone.signal);
    answering().then(
      (response) => callback(null, response),
      (error: unknown) => callback(reported(error, logger)),
    );
  };
}

/** Refusals are the client's affair; what nobody foresaw is written down. */
export function reported(error: unknown, logger: Logger): EtcdError {
  const answer = etcdError(error);
  if (answer.details.startsWith("coracle etcd-serve: ") && answer.cause !== undefined) logger.error({ reason: String(answer.cause) }, "etcd request failed");
  return answer;
}

/**
 * A stream in both directions: requests are handled one at a time. Returns a signal that aborts when the stream is over:
 * the client has ended or left it, a request failed, or the server stops.
 */
export function serveStream<Request, Response>(
  call: ServerDuplexStream<Request, Response>,
  handle: (request: Request) => Promise<void> | void,
  context: { readonly logger: Logger; readonly stopping: AbortSignal },
): AbortSignal {
  const over = new AbortController();
  // Every watch of a slow stream waits for it to drain.
  call.setMaxListeners(0);
  const finish = (error?: EtcdError) => {
    if (over.signal.aborted) return;
    over.abort(error ?? new Error("the stream is over"));
    context.stopping.removeEventListener("abort", stop);
    // grpc-js takes the status to end with from an error event.
    if (error === undefined) call.end();
    else call.emit("error", error);
  };
  const stop = () => finish(refusal("stopped"));
  context.stopping.addEventListener("abort", stop, { once: true });
  if (context.stopping.aborted) stop();
  call.on("data", (request: Request) => {
    call.pause();
    const handling = async () => handle(request);
    handling().then(
      () => call.resume(),
      (error: unknown) => finish(reported(error, context.logger)),
    );
  });
  for (const event of ["end", "cancelled", "close"]) call.once(event, () => finish());
  call.once("error", () => finish());
  return over.signal;
}

type Writable<Response> = ServerDuplexStream<unknown, Response> | ServerWritableStream<unknown, Response>;

/** Resolves once the stream takes more: who waits for it keeps at most a buffer's worth in memory. */
export function send<Response>(stream: Writable<Response>, response: Response, signal: AbortSignal): Promise<void> | undefined {
  if (signal.aborted || stream.write(response)) return undefined;
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    stream.once("drain", done);
    signal.addEventListener("abort", done, { once: true });
  });
}
