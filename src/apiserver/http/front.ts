/**
 * The front of the chain: one HTTP request in, one answer out. Parses the URL, finds out who asks, negotiates the form
 * of the answer, hands the request to the dispatcher or a route, and turns whatever is thrown into a Status.
 */
import type { Clock } from "../../machinery/clock.ts";
import { durationMs } from "../../machinery/duration.ts";
import type { Logger } from "../../machinery/logger.ts";
import { badRequest, internalError, methodNotAllowed, PageNotFoundError, StatusError, unauthorized } from "../../machinery/status.ts";
import { StoreUnavailableError } from "../../storage/store.ts";
import { attemptedMethods } from "../audit/attempted-methods.ts";
import { auditDecision } from "../audit/policy.ts";
import { requestObjectOf } from "../audit/request-object.ts";
import { sourceAddresses } from "../audit/source-addresses.ts";
import { type AuditOptions, AuditTrail } from "../audit/trail.ts";
import { headerValues } from "../authentication/headers.ts";
import { hasImpersonation, Impersonation } from "../authentication/impersonation.ts";
import { attributesOfRequest, authorize } from "../authorization/authorize.ts";
import type { ApiCall, ApiResult, WatchResult } from "../calls.ts";
import type { Authenticator, Authorizer, Credentials, RequestInfo, ResponseWriter, RouteHandler, SubresourceHandler, UserInfo } from "../contract.ts";
import type { Dispatcher } from "../dispatcher.ts";
import type { Body } from "../registry/decode.ts";
import type { ResourceTable } from "../served-resources.ts";
import type { SessionContext } from "../watch-cache/session.ts";
import { type Negotiated, negotiate, wantsPretty } from "./accept.ts";
import { AnnouncedResponse } from "./announced-response.ts";
import { readRequestBody } from "./body.ts";
import type { Cors } from "./cors.ts";
import { BodyAbortedError, type Exchange, PeerGoneError, type ResponseHeaders } from "./exchange.ts";
import type { InFlight } from "./in-flight.ts";
import { isLongRunning } from "./long-running.ts";
import { RequestAbort } from "./request-abort.ts";
import { parseRequestInfo } from "./request-info.ts";
import type { RequestMeasure, RequestMetrics } from "./request-metrics.ts";
import { plainValue, sendPageNotFound, sendResult, sendStatus } from "./respond.ts";
import { routeFor } from "./routes.ts";
import { checkIncludeObject, type ViewOptions } from "./views.ts";
import { warningHeaders } from "./warnings.ts";
import { answerWatch, errorFrames, watchFrames, watchHeaders } from "./watch-response.ts";

export interface FrontOptions {
  readonly dispatcher: Dispatcher;
  readonly resources: ResourceTable;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly routes: readonly RouteHandler[];
  readonly session: SessionContext;
  readonly inFlight: InFlight;
  readonly metrics: RequestMetrics;
  /** Absent: nothing is audited. */
  readonly audit?: AuditOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who requests without credentials come from; undefined refuses them. */
  readonly anonymous: UserInfo | undefined;
  /** Absent: web pages of other origins get nothing. */
  readonly cors?: Cors;
  /** On every answer. */
  readonly headers: ResponseHeaders;
  /** Large answers go compressed to those who take that. */
  readonly compress: boolean;
  readonly requestTimeoutMs: number;
  readonly maxBodyBytes: number;
  newAuditId(): string;
}

/** One request on its way. */
interface Passage {
  readonly exchange: Exchange;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly abort: RequestAbort;
  readonly auditId: string;
  /** Of the answer, whatever it will be. */
  readonly headers: ResponseHeaders;
  readonly warnings: Set<string>;
  /** Asked by a browser, of an allowed origin: answered to whoever it is. */
  readonly isPreflight: boolean;
  /** How flow control classified it. */
  flow: ResponseHeaders;
  /** Of a watch, while it begins. */
  seat: Disposable | undefined;
  /** Once it is known who asks. */
  trail: AuditTrail | undefined;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Of the answer, for metrics. */
  code: number;
  measure: RequestMeasure | undefined;
}

export class Front {
  readonly #options: FrontOptions;
  readonly #impersonation: Impersonation;
  readonly #active = new Set<RequestAbort>();
  /** Requests under way that will end by themselves, and who waits for the last of them. */
  #short = 0;
  #onDrained: (() => void)[] = [];

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#impersonation = new Impersonation(options.authorizer);
  }

  /** Requests under way. */
  get active(): number {
    return this.#active.size;
  }

  abortAll(reason: Error): void {
    for (const abort of this.#active) abort.abort(reason);
  }

  /** Resolves when no request is under way but long-running ones. */
  drained(): Promise<void> {
    if (this.#short === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onDrained.push(resolve));
  }

  #ended(): void {
    if (--this.#short === 0) for (const resolve of this.#onDrained.splice(0)) resolve();
  }

  /** Never rejects. */
  async serve(exchange: Exchange): Promise<void> {
    const abort = new RequestAbort();
    this.#active.add(abort);
    exchange.onClose(() => {
      this.#active.delete(abort);
      abort.abort(peerGone);
    });
    const passage = this.#enter(exchange, abort);
    passage.measure = this.#options.metrics.begin({
      method: exchange.method,
      info: passage.info,
      query: passage.query,
      contentType: headerText(exchange.headers["content-type"]) ?? "",
    });
    try {
      await this.#pass(passage);
    } catch (error) {
      passage.code = await this.#fail(passage, error);
    } finally {
      void passage.trail?.completed(passage.code);
      passage.measure.done(passage.code, exchange.bytesSent);
    }
  }

  #enter(exchange: Exchange, abort: RequestAbort): Passage {
    const { url, method, headers } = exchange;
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = mark < 0 ? noQuery : new URLSearchParams(url.slice(mark + 1));
    const given = headers["audit-id"];
    const auditId = typeof given === "string" && given !== "" ? given : this.#options.newAuditId();
    const allowed = this.#options.cors?.(headers);
    return {
      exchange,
      info: parseRequestInfo(method, path, query),
      query,
      abort,
      auditId,
      headers: { "audit-id": auditId, ...this.#options.headers, ...allowed },
      isPreflight: method === "OPTIONS" && allowed !== undefined,
      warnings: new Set(),
      flow: noHeaders,
      seat: undefined,
      trail: undefined,
      receivedAt: this.#options.clock.now(),
      code: 200,
      measure: undefined,
    };
  }

  async #pass(passage: Passage): Promise<void> {
    if (passage.isPreflight) return answerPreflight(passage);
    const handler = passage.info.isResourceRequest ? this.#options.dispatcher.handlerFor(passage.info) : undefined;
    if (isLongRunning(passage.info, passage.query, handler)) return this.#passLongRunning(passage, handler);
    const limitMs = requestLimitMs(passage.query, this.#options.requestTimeoutMs);
    this.#short++;
    let place: Disposable | undefined;
    let timer: Disposable | undefined;
    // Three times `using` would say the same, at a microsecond for every request.
    try {
      const user = await this.#authenticate(passage);
      const entering = this.#seat(passage, user);
      place = entering instanceof Promise ? await entering : entering;
      timer = this.#options.clock.after(limitMs, () => passage.abort.abort(timedOut()));
      // The answer does not wait for work that does not listen to the signal, such as reading a body that never comes.
      await passage.abort.race(this.#answer(passage, user, handler));
    } finally {
      timer?.[Symbol.dispose]();
      place?.[Symbol.dispose]();
      this.#ended();
    }
  }

  /** A watch holds a seat while it begins; what it costs after that is paid by the writes it hears of. */
  async #passLongRunning(passage: Passage, handler: SubresourceHandler | undefined): Promise<void> {
    const user = await this.#authenticate(passage);
    if (passage.info.verb !== "watch") return this.#answer(passage, user, handler);
    using seat = disposedOnce(await this.#seat(passage, user));
    passage.seat = seat;
    await this.#answer(passage, user, handler);
  }

  #seat(passage: Passage, user: UserInfo): Disposable | Promise<Disposable> {
    const classified = (headers: ResponseHeaders) => {
      passage.flow = headers;
    };
    return this.#options.inFlight.enter({ info: passage.info, query: passage.query, user, signal: passage.abort.signal, classified });
  }

  /** As whom the request acts. */
  async #authenticate(passage: Passage): Promise<UserInfo> {
    const { exchange, info } = passage;
    const { clientCertificate } = exchange;
    const credentials: Credentials = {
      headers: exchange.headers,
      headerLines: (name) => exchange.headerLines?.(name) ?? headerValues(exchange.headers, name),
      ...(clientCertificate === undefined ? {} : { clientCertificate }),
      path: info.path,
    };
    const user = await this.#identify(passage, credentials);
    passage.trail = this.#trail(passage, user);
    if (passage.trail !== undefined) await this.#received(passage);
    if (!hasImpersonation(credentials.headers)) return user;
    const impersonated = await this.#impersonation.resolve(credentials, attributesOfRequest(user, info, passage.query));
    if (impersonated === undefined) return user;
    passage.trail?.impersonates(impersonated);
    return impersonated.user;
  }

  /** In blocking modes nothing happens before it is recorded. */
  async #received({ trail }: Passage): Promise<void> {
    const keeping = trail?.received();
    if (keeping === undefined || (await keeping)) return;
    this.#options.audit?.onRejected?.();
    throw internalError("failed to store audit event");
  }

  /** Who asks; with nothing that says so, the anonymous user. */
  async #identify(passage: Passage, credentials: Credentials): Promise<UserInfo> {
    const { authenticator, anonymous } = this.#options;
    try {
      const user = (await authenticator.authenticate(credentials)) ?? anonymous;
      if (user === undefined) throw unauthorized();
      return user;
    } catch (error) {
      if (error instanceof StatusError && error.code === 401) this.#trail(passage, nobody)?.refused(attemptedMethods(credentials, passage.query));
      throw error;
    }
  }

  /** Undefined when nothing of this request is recorded: it then costs no more than without an audit. */
  #trail(passage: Passage, user: UserInfo): AuditTrail | undefined {
    const { audit, clock } = this.#options;
    if (audit === undefined) return undefined;
    const { exchange, info, auditId, receivedAt } = passage;
    const decision = auditDecision(audit.policy, info, user);
    if (decision.level === "None") return undefined;
    const { headers, url, remoteAddress } = exchange;
    const userAgent = headerText(headers["user-agent"]) ?? "";
    const request = { auditId, url, info, user, sourceIPs: sourceAddresses(headers, remoteAddress), userAgent, receivedAt };
    return new AuditTrail(audit.backends, decision, request, () => clock.now());
  }

  #answer(passage: Passage, user: UserInfo, handler: SubresourceHandler | undefined): Promise<void> {
    const { info } = passage;
    const call = this.#call(passage, user);
    if (!info.isResourceRequest) return this.#route(passage, call);
    if (handler?.connect !== undefined) return this.#connect(passage, call, handler);
    return this.#resource(passage, call);
  }

  async #resource(passage: Passage, call: ApiCall): Promise<void> {
    const { exchange } = passage;
    if (call.info.verb === "") throw methodNotAllowed();
    const negotiated = negotiate(headerText(exchange.headers["accept"]), this.#options.dispatcher.offerFor(call.info));
    const includeObject = call.query.get("includeObject") ?? "";
    if (negotiated.transform === "table") checkIncludeObject(includeObject);
    let result: ApiResult;
    try {
      result = await this.#options.dispatcher.handle(call);
    } catch (error) {
      return this.#failWatch(passage, negotiated, unwatchable(call.info, error));
    }
    if (result.type === "object" || result.type === "plain") passage.code = result.code;
    if (result.type !== "watch" && passage.trail?.wantsResponse === true) passage.trail.responseBody(plainValue(result));
    const now = this.#options.clock.now();
    if (result.type === "watch") return this.#watch(passage, negotiated, result, { now, includeObject });
    // Also of a request that is not recorded at all, or behind its back: then there is nothing to wait for.
    const keeping = passage.trail?.waits === true ? passage.trail.completed(passage.code) : undefined;
    if (keeping !== undefined) await keeping;
    const { compress } = this.#options;
    const sending = sendResult(
      { exchange, negotiated, pretty: wantsPretty(asker(passage)), now, includeObject, headers: commonHeaders(passage), compress },
      result,
    );
    if (sending !== undefined) await sending;
  }

  #watch(passage: Passage, negotiated: Negotiated, { resource, watch }: WatchResult, view: ViewOptions): Promise<void> {
    passage.trail?.started(200);
    passage.seat?.[Symbol.dispose]();
    return answerWatch({
      session: watch,
      context: this.#options.session,
      response: passage.exchange.response,
      headers: commonHeaders(passage),
      signal: passage.abort.signal,
      onSent: (count, bytes) => passage.measure?.events(count, bytes),
      ...watchFrames(resource, negotiated, view),
    });
  }

  /** Clients that ask for a watch wait for its events: what is wrong with the revision they name is one. */
  async #failWatch(passage: Passage, negotiated: Negotiated, error: StatusError): Promise<void> {
    const { response } = passage.exchange;
    passage.trail?.started(200);
    const { contentType, error: frame } = errorFrames(negotiated);
    response.start(200, watchHeaders(commonHeaders(passage), contentType));
    await response.end(frame(error));
  }

  async #connect(passage: Passage, call: ApiCall, handler: SubresourceHandler): Promise<void> {
    const { exchange } = passage;
    await this.#options.dispatcher.admitConnection(call, handler);
    const started = (code: number) => {
      passage.code = code;
      if (isLongRunning(passage.info, passage.query, handler)) passage.trail?.started(code);
    };
    const upgrade = exchange.upgrade === undefined ? undefined : { ...exchange.upgrade, switched: () => started(101) };
    const response = announced(passage, started);
    await handler.connect!({ ...call, definition: handler.definition, body: exchange.body(), url: exchange.url, response, upgrade });
  }

  async #route(passage: Passage, call: ApiCall): Promise<void> {
    const { exchange, info } = passage;
    await authorize(this.#options.authorizer, attributesOfRequest(call.user, info, call.query), call.annotate);
    const route = routeFor(this.#options.routes, info.path);
    if (route === undefined) throw new PageNotFoundError();
    const started = (code: number) => {
      passage.code = code;
    };
    await route.serve({ ...call, url: exchange.url, response: announced(passage, started) });
  }

  #call(passage: Passage, user: UserInfo): ApiCall {
    const { exchange, info, query, abort, warnings, trail } = passage;
    let body: Promise<Body | undefined> | undefined;
    return {
      info,
      method: exchange.method,
      user,
      query,
      headers: exchange.headers,
      remoteAddress: exchange.remoteAddress,
      userAgent: productOf(exchange.headers["user-agent"]),
      signal: abort.signal,
      body: () => {
        body ??= readRequestBody(exchange, this.#options.maxBodyBytes).then((read) => {
          trail?.requestBody(() => requestObjectOf(read, this.#options.resources.find(info.group, info.version, info.resource)?.definition));
          return read;
        });
        return body;
      },
      warn: (text) => void warnings.add(text),
      annotate: (key, value) => trail?.annotate(key, value),
    };
  }

  /** Resolves to the code that the answer has. */
  async #fail(passage: Passage, error: unknown): Promise<number> {
    const { exchange, abort } = passage;
    if (error instanceof BodyAbortedError || error instanceof PeerGoneError || abort.signal.reason === peerGone) return 499;
    const reason: unknown = abort.signal.aborted ? abort.signal.reason : error;
    const status = this.#statusOf(passage, reason instanceof StatusError ? reason : error);
    const isFault = !(error instanceof StatusError || reason instanceof StatusError);
    const keeping = isFault ? passage.trail?.panicked(status.code, status.status) : passage.trail?.completed(status.code, status.status);
    if (keeping !== undefined) await keeping;
    if (exchange.response.started) exchange.response.destroy();
    else if (status instanceof PageNotFoundError) sendPageNotFound(exchange, commonHeaders(passage));
    else sendStatus(exchange, commonHeaders(passage), status, wantsPretty(asker(passage)));
    return status.code;
  }

  #statusOf({ exchange, auditId }: Passage, error: unknown): StatusError {
    if (error instanceof StatusError) {
      if (error.code >= 500 && error.cause !== undefined)
        this.#options.logger.error({ err: error.cause, url: exchange.url, auditId }, "cannot answer a request");
      return error;
    }
    this.#options.logger.error({ err: error, method: exchange.method, url: exchange.url, auditId }, "cannot answer a request: unexpected error");
    // As Kubernetes passes on what its etcd says, so that clients and people can tell: "etcdserver: mvcc: database space exceeded".
    if (error instanceof StoreUnavailableError) return new StatusError({ code: 500, reason: "", message: error.message }, { cause: error });
    return internalError(error instanceof Error ? error.message : String(error), error);
  }
}

/** A revision that is gone, or has not come. Everything else that is wrong, with a watch or another request, is thrown again. */
function unwatchable({ verb }: RequestInfo, error: unknown): StatusError {
  if (verb === "watch" && error instanceof StatusError && (error.status.reason === "Expired" || error.status.reason === "Timeout")) return error;
  throw error;
}

function headerText(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" || value === undefined ? value : value.join(",");
}

const peerGone = new PeerGoneError("the peer has gone");

function timedOut(): StatusError {
  return new StatusError({ code: 504, reason: "Timeout", message: "Timeout: request did not complete within the allotted timeout", details: {} });
}

/** Clients may ask for less than the server's limit by ?timeout=; 0 asks for nothing. Throws 400. */
function requestLimitMs(query: URLSearchParams, limitMs: number): number {
  const text = query.get("timeout") ?? "";
  if (text === "") return limitMs;
  try {
    const asked = durationMs(text);
    return asked > 0 ? Math.min(asked, limitMs) : limitMs;
  } catch (error) {
    throw badRequest(`invalid timeout specified in the request URL - ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Handlers write past the front, but every answer tells its audit id, and warnings where there are any. */
function announced(passage: Passage, started: (code: number) => void): ResponseWriter {
  return new AnnouncedResponse(passage.exchange.response, () => commonHeaders(passage), started);
}

/** Who is refused before it is known who asks. */
const nobody: UserInfo = { name: "", groups: [] };

const noHeaders: ResponseHeaders = {};
/** Nobody changes the query of a request. */
const noQuery = new URLSearchParams();

function commonHeaders({ headers: own, warnings, flow }: Passage): ResponseHeaders {
  const headers = flow === noHeaders ? own : { ...own, ...flow };
  return warnings.size === 0 ? headers : { ...headers, warning: warningHeaders([...warnings]) };
}

/** May the page ask what it is about to ask? Whether its user may is found out when it does. */
async function answerPreflight(passage: Passage): Promise<void> {
  passage.code = 204;
  const { response } = passage.exchange;
  response.start(204, { ...commonHeaders(passage), "cache-control": "no-cache, private" });
  await response.end();
}

function asker({ query, exchange: { headers } }: Passage) {
  return { query, headers };
}

/** `kubectl` of `kubectl/v1.36.0 (linux/amd64)`. */
function productOf(agent: unknown): string {
  return typeof agent === "string" && agent !== "" ? agent.split("/")[0]! : "unknown";
}

function disposedOnce(resource: Disposable): Disposable {
  let done = false;
  return {
    [Symbol.dispose]: () => {
      if (!done) resource[Symbol.dispose]();
      done = true;
    },
  };
}
