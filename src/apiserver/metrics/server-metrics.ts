/** /metrics: everything that this server measures, in Prometheus form, under the names that dashboards of Kubernetes know. */
import { collectDefaultMetrics, Registry } from "prom-client";
import type { Clock } from "../../machinery/clock.ts";
import type { RouteHandler } from "../contract.ts";
import type { HealthObserver } from "../discovery/health.ts";
import { replyText } from "../discovery/reply.ts";
import type { VersionInfo } from "../discovery/version.ts";
import type { ServedResources } from "../served-resources.ts";
import { Exposition, type Gauged } from "./families.ts";
import { RequestMeter } from "./request-metrics.ts";

export class ServerMetrics {
  readonly exposition = new Exposition();
  /** For parts that keep their own. */
  readonly registry = new Registry();
  readonly #health;
  readonly #healthTotal;
  readonly #handshakeErrors;

  constructor(version: VersionInfo) {
    this.#buildInfo(version);
    this.#health = this.exposition.level("kubernetes_healthcheck", "Whether the check passed when it ran last.", "name", "type");
    this.#healthTotal = this.exposition.counter("kubernetes_healthchecks_total", "Runs of health checks.", "name", "status", "type");
    this.#handshakeErrors = this.exposition.counter("apiserver_tls_handshake_errors_total", "TLS handshakes that failed.").cell();
    collectDefaultMetrics({ register: this.registry });
  }

  requests(clock: Clock, resources: ServedResources, routes: () => readonly RouteHandler[]): RequestMeter {
    this.#objects(resources);
    return new RequestMeter(this.exposition, { clock, resources, routes });
  }

  readonly healthChecked: HealthObserver = (endpoint, name, passed) => {
    this.#health.cell(name, endpoint).value = passed ? 1 : 0;
    this.#healthTotal.cell(name, passed ? "success" : "error", endpoint).inc();
  };

  handshakeFailed(): void {
    this.#handshakeErrors.inc();
  }

  route(): RouteHandler {
    return {
      path: "/metrics",
      serve: async (request) => {
        const [own, others] = await Promise.all([this.exposition.text(), this.registry.metrics()]);
        await replyText(request, 200, own + others, { "content-type": this.registry.contentType });
      },
    };
  }

  /** Kubernetes renamed one to the other in v1.34 and serves both. */
  #objects(resources: ServedResources): void {
    this.exposition.gauge("apiserver_resource_objects", "Objects stored, by resource.", ["group", "resource"], () =>
      objectCounts(resources, (group, resource) => [group, resource]),
    );
    this.exposition.gauge("apiserver_storage_objects", "Objects stored, by resource.", ["resource"], () =>
      objectCounts(resources, (group, resource) => [group === "" ? resource : `${resource}.${group}`]),
    );
  }

  #buildInfo({ buildDate, compiler, gitCommit, gitTreeState, gitVersion, goVersion, major, minor, platform }: VersionInfo): void {
    const names = ["build_date", "compiler", "git_commit", "git_tree_state", "git_version", "go_version", "major", "minor", "platform"];
    const values = [buildDate, compiler, gitCommit, gitTreeState, gitVersion, goVersion, major, minor, platform];
    this.exposition.gauge("kubernetes_build_info", "What this server was built from.", names, () => [[values, 1]]);
  }
}

/** One line a stored resource, however many versions serve it. */
function objectCounts(resources: ServedResources, labels: (group: string, resource: string) => string[]): Gauged {
  const counts = new Map<string, readonly [string[], number]>();
  for (const { stored, cache } of resources.stores()) counts.set(`${stored.group}/${stored.resource}`, [labels(stored.group, stored.resource), cache.size]);
  return counts.values();
}
