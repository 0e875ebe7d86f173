/** /metrics in Prometheus form, with the names that dashboards of Kubernetes know. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../machinery/clock.ts";
import type { RequestInfo, RouteHandler } from "./contract.ts";
import { replyText } from "./discovery/reply.ts";
import type { RequestMetrics } from "./http/request-metrics.ts";
import type { ServedResources } from "./served-resources.ts";

const durationBuckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const requestLabels = ["verb", "group", "version", "resource", "subresource", "scope"] as const;

export class ServerMetrics implements RequestMetrics {
  readonly registry = new Registry();
  readonly #clock: Clock;
  readonly #resources: ServedResources;
  readonly #total: Counter;
  readonly #duration: Histogram;
  readonly #inFlight: Gauge;
  readonly #longRunning: Gauge;

  constructor(clock: Clock, resources: ServedResources) {
    this.#clock = clock;
    this.#resources = resources;
    const registers = [this.registry];
    this.#total = new Counter({
      name: "apiserver_request_total",
      help: "Requests by verb, resource, scope and code.",
      labelNames: [...requestLabels, "code", "dry_run"],
      registers,
    });
    this.#duration = new Histogram({
      name: "apiserver_request_duration_seconds",
      help: "Time from arrival to answer, by verb and resource; watches are not counted.",
      labelNames: [...requestLabels, "dry_run"],
      buckets: durationBuckets,
      registers,
    });
    this.#inFlight = new Gauge({
      name: "apiserver_current_inflight_requests",
      help: "Requests under way, by kind.",
      labelNames: ["request_kind"],
      registers,
    });
    this.#longRunning = new Gauge({
      name: "apiserver_longrunning_requests",
      help: "Watches and other long-running requests under way.",
      labelNames: requestLabels,
      registers,
    });
    objectCounts(resources, registers);
  }

  begin(method: string, info: RequestInfo): (code: number) => void {
    const known = info.isResourceRequest && this.#resources.find(info.group, info.version, info.resource) !== undefined;
    const labels = labelsOf(method, info, known);
    const started = this.#clock.now();
    const watch = info.verb === "watch";
    const kind = { request_kind: ["get", "list", "watch"].includes(info.verb) || !info.isResourceRequest ? "readOnly" : "mutating" };
    if (watch) this.#longRunning.inc(labels);
    else this.#inFlight.inc(kind);
    return (code) => {
      this.#total.inc({ ...labels, code: String(code), dry_run: "" });
      if (watch) this.#longRunning.dec(labels);
      else {
        this.#inFlight.dec(kind);
        this.#duration.observe({ ...labels, dry_run: "" }, (this.#clock.now() - started) / 1000);
      }
    };
  }

  routes(): RouteHandler[] {
    collectDefaultMetrics({ register: this.registry });
    return [
      {
        path: "/metrics",
        serve: async (request) => replyText(request, 200, await this.registry.metrics(), { "content-type": this.registry.contentType }),
      },
    ];
  }
}

function objectCounts(resources: ServedResources, registers: Registry[]): void {
  new Gauge({
    name: "apiserver_resource_objects",
    help: "Objects stored, by resource.",
    labelNames: ["group", "resource"],
    registers,
    collect() {
      for (const { definition, cache } of resources.stores()) this.set({ group: definition.group, resource: definition.resource }, cache.size);
    },
  });
}

/** What is not served is counted without its name, so that no client can make up labels. */
function labelsOf(method: string, info: RequestInfo, known: boolean): Record<(typeof requestLabels)[number], string> {
  const { verb, group, version, resource, subresource, namespace, name } = info;
  if (!known) return { verb: knownMethods.has(method) ? method : "other", group: "", version: "", resource: "", subresource: "", scope: "" };
  const scope = name !== "" ? "resource" : namespace !== "" ? "namespace" : "cluster";
  return { verb: verbLabels[verb] ?? verb.toUpperCase(), group, version, resource, subresource, scope };
}

const knownMethods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const verbLabels: Readonly<Record<string, string>> = { create: "POST", update: "PUT", deletecollection: "DELETECOLLECTION" };
