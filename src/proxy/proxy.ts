/** kube-proxy's shell: watches Services and EndpointSlices, plans, and hands plans to the backend. */
import type { Service } from "../api/core/v1/service.ts";
import type { ComponentContext } from "../client/component.ts";
import { endpointSlices, services } from "../client/resources.ts";
import { Wakeup } from "../client/wakeup.ts";
import type { ProxyBackend, RunProgram } from "./backend.ts";
import { staleFlows } from "./conntrack.ts";
import { type PlanOptions, planServices, type ServicePortPlan } from "./plan.ts";

export interface ProxyConfig extends PlanOptions {
  readonly backend: ProxyBackend;
  /** For conntrack. */
  readonly run: RunProgram;
  /** Changes that come within so long of the last application are applied together. */
  readonly minSyncIntervalMs?: number;
}

const serviceNameLabel = "kubernetes.io/service-name";
const defaultMinSyncIntervalMs = 50;
const retryMs = 2_000;

/** Runs until the context's signal aborts. The rules stay: traffic must flow while a proxy restarts. `onSynced` is called after the first application. */
export async function runProxy(context: ComponentContext, config: ProxyConfig, onSynced: () => void = () => {}): Promise<void> {
  const { informers, clock, logger, signal } = context;
  const interval = config.minSyncIntervalMs ?? defaultMinSyncIntervalMs;
  const changes = new Wakeup();
  const changed = () => changes.wake();
  const serviceInformer = informers.informer(services);
  const sliceInformer = informers.informer(endpointSlices);
  sliceInformer.addIndex("service", (slice) => [`${slice.metadata.namespace}/${slice.metadata.labels?.[serviceNameLabel] ?? ""}`]);
  using _services = serviceInformer.addHandler({ add: changed, update: changed, delete: changed });
  using _slices = sliceInformer.addHandler({ add: changed, update: changed, delete: changed });
  await informers.start();

  const slicesOf = (service: Service) => sliceInformer.byIndex("service", `${service.metadata.namespace}/${service.metadata.name}`);
  let applied: readonly ServicePortPlan[] = [];
  while (!signal.aborted) {
    let retryIn: number | undefined;
    try {
      const plans = planServices(serviceInformer.list(), slicesOf, config);
      await config.backend.apply(plans, signal);
      for (const filter of staleFlows(applied, plans)) await forgetFlows(filter, config, signal);
      applied = plans;
      onSynced();
    } catch (error) {
      if (signal.aborted) break;
      logger.error({ err: error }, "cannot apply service rules; trying again");
      retryIn = retryMs;
    }
    if (retryIn === undefined) await changes.wait(clock, signal);
    await clock.sleep(retryIn ?? interval, signal).catch(() => {}); // Ends early only when the loop ends too.
  }
}

/** conntrack exits with 1 when no flow matched, which is as good. */
async function forgetFlows(filter: readonly string[], { run }: ProxyConfig, signal: AbortSignal): Promise<void> {
  try {
    await run("conntrack", ["-D", ...filter], "", signal);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("0 flow entries"))) throw error;
  }
}
