/** The API server, put together from its parts. */
import type { AnyResourceDefinition } from "../api/resource.ts";
import type { Clock, Random } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { StatusError } from "../machinery/status.ts";
import type { Transport } from "../machinery/transport.ts";
import type { Store } from "../storage/store.ts";
import { AdmissionChain } from "./admission-chain.ts";
import type { AuditOptions } from "./audit/trail.ts";
import { anonymousUser, unauthenticatedGroup } from "./authentication/groups.ts";
import { Compactor } from "./compactor.ts";
import type {
  AdmissionPlugin,
  Authenticator,
  Authorizer,
  HandlerFactory,
  ObjectReader,
  RouteHandler,
  ServerServices,
  UserInfo,
  WriteHook,
} from "./contract.ts";
import { type HealthCheck, healthRoutes } from "./discovery/health.ts";
import { indexRoutes } from "./discovery/index-route.ts";
import { openApiRoutes } from "./discovery/openapi.ts";
import { discoveryRoutes } from "./discovery/routes.ts";
import { storeChecks } from "./discovery/store-health.ts";
import { defaultVersion, type VersionInfo, versionRoutes } from "./discovery/version.ts";
import { Dispatcher } from "./dispatcher.ts";
import { flowControlDebugRoutes } from "./flow-control/debug-pages.ts";
import { FlowControl } from "./flow-control/flow-control.ts";
import { registerFlowMetrics } from "./flow-control/metrics.ts";
import { cors } from "./http/cors.ts";
import type { Exchange } from "./http/exchange.ts";
import { Front } from "./http/front.ts";
import { defaultLimits, type InFlight, type InFlightLimits } from "./http/in-flight.ts";
import { type Listener, type ListenOptions, listen } from "./http/listener.ts";
import { MaxInFlight } from "./http/max-in-flight.ts";
import { measuredAudit, measuredAuthenticator, measuredAuthorizer, measuredPlugins } from "./metrics/chain-metrics.ts";
import { ServerMetrics } from "./metrics/server-metrics.ts";
import { measuredStore, resourceByKey } from "./metrics/store-metrics.ts";
import { profilingRoutes } from "./profiling/routes.ts";
import { CacheReader, RegistryWriter } from "./reader.ts";
import { newUid } from "./registry/identity.ts";
import type { RegistryContext } from "./registry/requests.ts";
import { keyPrefix } from "./registry/resource-store.ts";
import { ServedResources } from "./served-resources.ts";
import { bindingHandlers } from "./subresources/binding.ts";
import { evictionHandler } from "./subresources/eviction.ts";
import { InProcessTransport } from "./transport.ts";
import { Follower } from "./watch-cache/follower.ts";
import type { HistoryLimits } from "./watch-cache/resource-cache.ts";

export interface ApiServerConfig {
  /** Stays the caller's: closing the server does not close it. */
  readonly store: Store;
  readonly definitions: readonly AnyResourceDefinition[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Closes the server, as `close` does. */
  readonly signal: AbortSignal;
  authenticator(reader: ObjectReader): Authenticator;
  authorizer(reader: ObjectReader): Authorizer;
  admission(reader: ObjectReader): readonly AdmissionPlugin[];
  writeHooks?(reader: ObjectReader): readonly WriteHook[];
  readonly handlers?: readonly HandlerFactory[];
  /** How long history is kept for paging and watches; default 5 minutes. */
  readonly compactionIntervalMs?: number;
  readonly history?: HistoryLimits;
  /** How long Events are kept; default an hour. */
  readonly eventTtlSeconds?: number;
  /** Who requests without credentials come from; `null` refuses them. Default system:anonymous. */
  readonly anonymous?: UserInfo | null;
  /** For requests that are not long-running. Default 60 s. */
  readonly requestTimeoutMs?: number;
  /** How long requests under way may take to end when the server closes. Default 10 s. */
  readonly drainMs?: number;
  /** Default 3 MiB. */
  readonly maxBodyBytes?: number;
  readonly inFlight?: InFlightLimits;
  /** Whether requests take turns (KEP-1040); without it each of the limits stands for itself. Default true. */
  readonly priorityAndFairness?: boolean;
  /** Which resources clients are offered; the server's own parts may use all of `definitions`. Default all. */
  isOffered?(definition: AnyResourceDefinition): boolean;
  /** Watches that name no timeout live between one and two times this long; 0: for ever. Default 1800. */
  readonly minRequestTimeoutSeconds?: number;
  /** The share of requests over HTTP/2 that end their connection, so that clients spread over several servers. Default 0. */
  readonly goawayChance?: number;
  /** Regular expressions of origins whose pages may ask from within browsers. Default none. */
  readonly corsAllowedOrigins?: readonly string[];
  /** Value of the header Strict-Transport-Security, which is not sent without. */
  readonly strictTransportSecurity?: string;
  /** How long it goes on serving when it is closed, not ready any more: load balancers take their time. Default 0. */
  readonly shutdownDelayMs?: number;
  /** Default true. */
  readonly compressResponses?: boolean;
  /** Whether watches may begin with a list (KEP-3157). Default true. */
  readonly watchList?: boolean;
  /** Whether /debug/pprof/ is there, for those who may. Default true. */
  readonly profiling?: boolean;
  /** Whether discovery tells which version of a resource is stored. Default true. */
  readonly storageVersionHash?: boolean;
  /** What is recorded of requests, and where; the backends stay the caller's. */
  readonly audit?: AuditOptions;
  readonly version?: VersionInfo;
  /** Beside those of the server itself. */
  readonly healthChecks?: readonly HealthCheck[];
}

export interface ApiServer {
  readonly reader: ObjectReader;
  readonly services: ServerServices;
  /**
   * The chain from authorization on, as this user: no sockets, no bytes, the watch cache's own objects. `program` is who managedFields
   * say has written; default the user's name.
   */
  transport(user: UserInfo, program?: string): Transport;
  /** Opens a port for HTTP/2 and HTTP/1.1; closed with the server. */
  listen(options: ListenOptions): Promise<Listener>;
  /** One request that came by other means than a port. Never rejects. */
  serve(exchange: Exchange): Promise<void>;
  /** Takes nothing new, ends watches, waits for other requests under way, then ends. The store stays open. */
  close(): Promise<void>;
}

const anonymousUserInfo: UserInfo = { name: anonymousUser, groups: [unauthenticatedGroup] };

/** Resolves when the caches are filled: the server can serve. */
export async function createApiServer(config: ApiServerConfig): Promise<ApiServer> {
  const { clock, random, logger, definitions } = config;
  const version = config.version ?? defaultVersion;
  const metrics = new ServerMetrics(version);
  const { exposition } = metrics;
  const stored = definitions.filter(({ virtual, storedAs }) => virtual !== true && storedAs === undefined);
  const store = measuredStore(config.store, exposition, clock, resourceByKey(stored.map((definition) => [keyPrefix(definition), definition])));
  const life = new AbortController();
  const { signal } = life;
  let end = (): void => life.abort(config.signal.reason);
  config.signal.throwIfAborted();
  config.signal.addEventListener("abort", () => end(), { once: true, signal });
  const follower = new Follower({ store, clock, logger, ...(config.history === undefined ? {} : { history: config.history }) });
  const resources = new ServedResources(definitions, follower);
  const reader = new CacheReader(resources, follower, signal);
  const { done } = await follower.start(signal);
  const compactor = new Compactor({ store, clock, logger, follower, intervalMs: config.compactionIntervalMs ?? 300_000 });
  const compacting = compactor.run(signal);

  const authorizer = measuredAuthorizer(config.authorizer(reader), exposition, clock);
  const context: RegistryContext = {
    follower,
    store,
    clock,
    random,
    logger,
    admission: new AdmissionChain(measuredPlugins(config.admission(reader), exposition, clock)),
    hooks: config.writeHooks?.(reader) ?? [],
    ...(config.eventTtlSeconds === undefined ? {} : { eventTtlSeconds: config.eventTtlSeconds }),
    ...(config.watchList === undefined ? {} : { watchList: config.watchList }),
    ...(config.minRequestTimeoutSeconds === undefined ? {} : { minRequestTimeoutSeconds: config.minRequestTimeoutSeconds }),
  };
  const offered = resources.offering(config.isOffered ?? (() => true));
  const dispatcher = new Dispatcher(resources, context, authorizer);
  const transport = (user: UserInfo, program = user.name) => new InProcessTransport({ dispatcher, session: context, user, program });
  const services: ServerServices = {
    reader,
    writer: new RegistryWriter(resources, context, signal),
    authenticator: measuredAuthenticator(config.authenticator(reader), exposition, clock),
    authorizer,
    transport,
    definitions,
    clock,
    random,
    logger,
    signal,
  };
  const routes: RouteHandler[] = [];
  for (const factory of [ownHandlers, ...(config.handlers ?? [])]) {
    const made = factory(services);
    for (const handler of made.subresources ?? []) resources.addSubresource(handler);
    for (const handler of made.virtual ?? []) resources.addVirtual(handler);
    routes.push(...(made.routes ?? []));
  }
  const turns = turnsOf(config, { reader, resources, metrics, signal });
  routes.push(...turns.routes);
  const listeners = new Set<Listener>();
  let closing: Promise<void> | undefined;
  const address = () => [...listeners].map(({ host, port }) => `${host}:${port}`)[0] ?? "";
  const onFailure = (name: string, error: unknown) => logger.warn({ err: error, check: name }, "health check failed");
  routes.push(
    ...discoveryRoutes({ resources: offered, serverAddress: address, storageVersionHash: config.storageVersionHash ?? true }),
    ...versionRoutes(version),
    ...openApiRoutes(offered.definitions, version.gitVersion),
    ...healthRoutes([...ownChecks(store, clock, () => closing !== undefined), ...(config.healthChecks ?? [])], onFailure, metrics.healthChecked),
    metrics.route(),
    ...(config.profiling === false ? [] : profilingRoutes(clock)),
    ...indexRoutes(() => routes.map(({ path }) => path).filter((path) => !path.startsWith("/debug/") && path !== "/index.html")),
  );
  const { corsAllowedOrigins: origins = [], strictTransportSecurity, goawayChance = 0 } = config;
  const front = new Front({
    dispatcher: new Dispatcher(offered, context, authorizer),
    resources: offered,
    authenticator: services.authenticator,
    authorizer,
    routes,
    session: context,
    inFlight: turns.inFlight,
    metrics: metrics.requests(clock, resources, () => routes),
    ...(config.audit === undefined ? {} : { audit: measuredAudit(config.audit, exposition) }),
    clock,
    logger,
    anonymous: config.anonymous === null ? undefined : (config.anonymous ?? anonymousUserInfo),
    ...(origins.length === 0 ? {} : { cors: cors(origins) }),
    headers: strictTransportSecurity === undefined ? {} : { "strict-transport-security": strictTransportSecurity },
    compress: config.compressResponses ?? true,
    requestTimeoutMs: config.requestTimeoutMs ?? 60_000,
    maxBodyBytes: config.maxBodyBytes ?? 3 * 1024 * 1024,
    newAuditId: () => newUid(random),
  });
  const close = async () => {
    const delayMs = config.shutdownDelayMs ?? 0;
    if (delayMs > 0) await clock.sleep(delayMs, signal).catch(() => undefined);
    for (const listener of listeners) listener.drain();
    endWatches();
    await endedWithin(front.drained(), config.drainMs ?? 10_000, clock, signal);
    const reason = config.signal.aborted ? config.signal.reason : new Error("the API server is closing");
    life.abort(reason);
    endWatches();
    front.abortAll(shuttingDown());
    await Promise.all([done, compacting, ...[...listeners].map((listener) => listener.close())]);
  };
  const endWatches = () => {
    for (const { cache } of resources.stores()) cache.endWatchers();
  };
  end = () => {
    closing ??= close();
    closing.catch((error: unknown) => logger.error({ err: error }, "cannot close the API server"));
  };
  return {
    reader,
    services,
    transport,
    serve: (exchange) => front.serve(exchange),
    listen: async (options) => {
      const listener = await listen(options, {
        clock,
        logger,
        serve: (exchange) => front.serve(exchange),
        handshakeFailed: () => metrics.handshakeFailed(),
        goaway: () => goawayChance > 0 && random() < goawayChance,
      });
      listeners.add(listener);
      return listener;
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

interface Turns {
  readonly inFlight: InFlight;
  readonly routes: readonly RouteHandler[];
}

/** Who may be under way at once, and what tells of it. */
function turnsOf(
  { clock, inFlight: limits = defaultLimits, requestTimeoutMs = 60_000, priorityAndFairness = true }: ApiServerConfig,
  { reader, resources, metrics, signal }: { reader: ObjectReader; resources: ServedResources; metrics: ServerMetrics; signal: AbortSignal },
): Turns {
  if (!priorityAndFairness) return { inFlight: new MaxInFlight(limits), routes: [] };
  const onWaited = registerFlowMetrics(metrics.registry, () => control);
  const control = new FlowControl({
    clock,
    reader,
    signal,
    onWaited,
    countOf: ({ group, version, resource }) => resources.find(group, version, resource)?.store?.cache.size ?? 0,
    maxWaitMs: requestTimeoutMs / 4,
    limits,
  });
  return { inFlight: control, routes: flowControlDebugRoutes(control) };
}

/** Resolves when the work has ended, or the time is over. */
async function endedWithin(work: Promise<void>, ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const limit = clock.sleep(ms, AbortSignal.any([done.signal, signal])).catch(() => undefined);
  await Promise.race([work, limit]);
  done.abort();
}

function shuttingDown(): StatusError {
  return new StatusError({ code: 503, reason: "ServiceUnavailable", message: "apiserver is shutting down.", details: { retryAfterSeconds: 1 } });
}

/** Subresources that need nothing beyond the registry. Those of the config come later and may replace them. */
const ownHandlers: HandlerFactory = (services) => {
  const { subresources, virtual } = bindingHandlers(services);
  return { subresources: [...subresources, evictionHandler(services)], virtual };
};

function ownChecks(store: Store, clock: Clock, closing: () => boolean): HealthCheck[] {
  return [
    { name: "ping", check: () => undefined },
    { name: "log", check: () => undefined },
    ...storeChecks(store, clock),
    { name: "informer-sync", readyOnly: true, check: () => undefined },
    {
      name: "shutdown",
      readyOnly: true,
      check: () => {
        if (closing()) throw new Error("the API server is closing");
      },
    },
  ];
}
