/** kube-proxy's shell: watches Services and EndpointSlices, plans, and hands plans to the backend. */
import type { Service } from "../api/core/v1/service.ts";
import type { ComponentContext } from "../client/component.ts";
import { endpointSlices, nodes, services } from "../client/resources.ts";
import { Wakeup } from "../client/wakeup.ts";
import type { ProxyBackend, RunProgram } from "./backend.ts";
import { staleFlows } from "./conntrack.ts";
import { healthChecks } from "./health/health-checks.ts";
import { ProxyHealth } from "./health/proxy-health.ts";
import { ServiceHealthServers } from "./health/service-health-servers.ts";
import { type Build, ProxyMetrics } from "./metrics.ts";
import { type PlanOptions, planServices, type ServicePortPlan } from "./plan.ts";
import { type ProxyServerOptions, serveProxy } from "./servers.ts";

export interface ProxyConfig extends PlanOptions {
  readonly backend: ProxyBackend;
  /** For conntrack. */
  readonly run: RunProgram;
  /** Changes that come within so long of the last application are applied together. */
  readonly minSyncIntervalMs?: number;
  /** Absent: its health and metrics are not served. */
  readonly servers?: ProxyServerOptions;
  /** Where Services' health check node ports listen; default all addresses. */
  readonly healthCheckHost?: string;
  /** For metrics. */
  readonly build?: Build;
}

const serviceNameLabel = "kubernetes.io/service-name";
const defaultMinSyncIntervalMs = 50;
const retryMs = 2_000;

/** Runs until the context's signal aborts. The rules stay: traffic must flow while a proxy restarts. `onSynced` is called after the first application. */
export async function runProxy(context: ComponentContext, config: ProxyConfig, onSynced: () => void = () => {}): Promise<void> {
  const { informers, clock, logger, signal } = context;
  const health = new ProxyHealth(`IPv${config.family}`);
  const metrics = new ProxyMetrics(`IPv${config.family}`, config.build);
  const changes = new Wakeup();
  const changed = (what: "service" | "endpoint") => () => {
    const now = clock.now();
    health.queued(now);
    metrics.changed(what, now);
    changes.wake();
  };
  const sources = proxySources(context);
  using _services = sources.services.addHandler(onAny(changed("service")));
  using _slices = sources.slices.addHandler(onAny(changed("endpoint")));
  const proxy = { health, metrics, mode: config.backend.name, node: () => sources.nodes.get(config.nodeName) };
  const serving = new AbortController();
  const life = AbortSignal.any([signal, serving.signal]);
  const served = config.servers === undefined ? undefined : serveProxy(proxy, config.servers, clock, logger, life);
  try {
    await informers.start();
    await applyChanges(context, config, { ...proxy, ...sources, changes, onSynced });
  } finally {
    serving.abort(new Error("the proxy has ended"));
    await served;
  }
}

type Sources = ReturnType<typeof proxySources>;

function proxySources({ informers }: ComponentContext) {
  const slices = informers.informer(endpointSlices);
  slices.addIndex("service", (slice) => [`${slice.metadata.namespace}/${slice.metadata.labels?.[serviceNameLabel] ?? ""}`]);
  return { services: informers.informer(services), slices, nodes: informers.informer(nodes) };
}

function onAny(changed: () => void) {
  return { add: changed, update: changed, delete: changed };
}

interface Loop extends Sources {
  readonly health: ProxyHealth;
  readonly metrics: ProxyMetrics;
  readonly changes: Wakeup;
  onSynced(): void;
}

async function applyChanges({ clock, logger, events, signal }: ComponentContext, config: ProxyConfig, loop: Loop): Promise<void> {
  const { health, metrics, changes } = loop;
  const slicesOf = (service: Service) => loop.slices.byIndex("service", `${service.metadata.namespace}/${service.metadata.name}`);
  const checked = new ServiceHealthServers({
    nodeName: config.nodeName,
    ...(config.healthCheckHost === undefined ? {} : { host: config.healthCheckHost }),
    events,
    logger,
    isProxyHealthy: () => health.isHealthy(clock.now()),
  });
  let applied: readonly ServicePortPlan[] = [];
  while (!signal.aborted) {
    let retryIn: number | undefined;
    try {
      const started = clock.now();
      const plans = planServices(loop.services.list(), slicesOf, config);
      const checks = healthChecks(loop.services.list(), slicesOf, config);
      const how = await config.backend.apply(plans, signal);
      metrics.applied(how, plans, started, clock.now());
      await checked.sync(checks);
      const forgetting = clock.now();
      for (const filter of staleFlows(applied, plans)) await forgetFlows(filter, config, signal);
      metrics.flowsForgotten(clock.now() - forgetting);
      applied = plans;
      health.updated(clock.now());
      loop.onSynced();
    } catch (error) {
      if (signal.aborted) break;
      metrics.failed();
      // Whatever has come in the meantime.
      health.queued(clock.now());
      logger.error({ err: error }, "cannot apply service rules; trying again");
      retryIn = retryMs;
    }
    if (retryIn === undefined) await changes.wait(clock, signal);
    await clock.sleep(retryIn ?? config.minSyncIntervalMs ?? defaultMinSyncIntervalMs, signal).catch(() => {}); // Ends early only when the loop ends too.
  }
  await checked.close();
}

/** conntrack exits with 1 when no flow matched, which is as good. */
async function forgetFlows(filter: readonly string[], { run }: ProxyConfig, signal: AbortSignal): Promise<void> {
  try {
    await run("conntrack", ["-D", ...filter], "", signal);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("0 flow entries"))) throw error;
  }
}
