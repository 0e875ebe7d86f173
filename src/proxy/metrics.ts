/** What kube-proxy measures of itself, under Kubernetes' names (pkg/proxy/metrics). */
import { Counter, exponentialBuckets, Gauge, Histogram, Registry } from "prom-client";
import type { Applied } from "./backend.ts";
import type { FamilyName } from "./health/proxy-health.ts";
import type { ServicePortPlan } from "./plan.ts";

export type Build = Readonly<
  Record<"major" | "minor" | "gitVersion" | "gitCommit" | "gitTreeState" | "buildDate" | "goVersion" | "compiler" | "platform", string>
>;

const buckets = exponentialBuckets(0.001, 2, 15);

/** Times are milliseconds since the epoch. */
export class ProxyMetrics {
  readonly #registry = new Registry();
  readonly #labels: { readonly ip_family: FamilyName };
  readonly #duration = this.#histogram("kubeproxy_sync_proxy_rules_duration_seconds", "Time that an application of the rules took.");
  readonly #fullDuration = this.#histogram("kubeproxy_sync_full_proxy_rules_duration_seconds", "The same, where all rules were written.");
  readonly #partialDuration = this.#histogram("kubeproxy_sync_partial_proxy_rules_duration_seconds", "The same, where only what differs was written.");
  readonly #conntrackDuration = this.#histogram("kubeproxy_conntrack_reconciler_sync_duration_seconds", "Time that forgetting stale flows took.");
  readonly #lastQueued = this.#gauge("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", "When an application was wanted last.", ["ip_family"]);
  readonly #last = this.#gauge("kubeproxy_sync_proxy_rules_last_timestamp_seconds", "When rules were applied last.", ["ip_family"]);
  readonly #failures = this.#counter("kubeproxy_sync_proxy_rules_nftables_sync_failures_total", "Applications that failed.", ["ip_family"]);
  readonly #noLocal = this.#gauge("kubeproxy_sync_proxy_rules_no_local_endpoints_total", "Service ports of policy Local whose endpoints are all elsewhere.", [
    "ip_family",
    "traffic_policy",
  ]);
  readonly #pending = {
    service: this.#gauge("kubeproxy_sync_proxy_rules_service_changes_pending", "Changes of Services that are not in the rules."),
    endpoint: this.#gauge("kubeproxy_sync_proxy_rules_endpoint_changes_pending", "Changes of endpoints that are not in the rules."),
  };
  readonly #total = {
    service: this.#counter("kubeproxy_sync_proxy_rules_service_changes_total", "Changes of Services."),
    endpoint: this.#counter("kubeproxy_sync_proxy_rules_endpoint_changes_total", "Changes of endpoints."),
  };
  readonly #probes = {
    healthz: this.#counter("kubeproxy_proxy_healthz_total", "Answers of /healthz.", ["code"]),
    livez: this.#counter("kubeproxy_proxy_livez_total", "Answers of /livez.", ["code"]),
  };

  constructor(family: FamilyName, build?: Build) {
    this.#labels = { ip_family: family };
    this.#failures.inc(this.#labels, 0);
    if (build !== undefined) this.#buildInfo(build);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  changed(what: "service" | "endpoint", now: number): void {
    this.#total[what].inc();
    this.#pending[what].inc();
    this.#lastQueued.set(this.#labels, now / 1000);
  }

  applied(how: Applied, plans: readonly ServicePortPlan[], started: number, now: number): void {
    const seconds = (now - started) / 1000;
    this.#duration.observe(this.#labels, seconds);
    (how === "full" ? this.#fullDuration : this.#partialDuration).observe(this.#labels, seconds);
    this.#last.set(this.#labels, now / 1000);
    for (const gauge of Object.values(this.#pending)) gauge.set(0);
    const isElsewhere = (list: "internal" | "external") => plans.filter((plan) => plan.elsewhere && plan[list].length === 0).length;
    for (const policy of ["internal", "external"] as const) this.#noLocal.set({ ...this.#labels, traffic_policy: policy }, isElsewhere(policy));
  }

  failed(): void {
    this.#failures.inc(this.#labels);
  }

  flowsForgotten(ms: number): void {
    this.#conntrackDuration.observe(this.#labels, ms / 1000);
  }

  probed(path: "healthz" | "livez", code: number): void {
    this.#probes[path].inc({ code: String(code) });
  }

  #buildInfo({ major, minor, platform, compiler, ...build }: Build): void {
    const { gitVersion: git_version, gitCommit: git_commit, gitTreeState: git_tree_state, buildDate: build_date, goVersion: go_version } = build;
    const labels = { major, minor, platform, compiler, git_version, git_commit, git_tree_state, build_date, go_version };
    this.#gauge("kubernetes_build_info", "What this proxy was built from.", Object.keys(labels)).set(labels, 1);
  }

  #histogram(name: string, help: string): Histogram<"ip_family"> {
    return new Histogram({ name, help, labelNames: ["ip_family"], buckets, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }
}
