/** Metrics of requests, by Kubernetes' names and labels (k8s.io/apiserver, endpoints/metrics). */
import type { Clock } from "../../machinery/clock.ts";
import type { RequestInfo, RouteHandler } from "../contract.ts";
import { isLongRunning } from "../http/long-running.ts";
import type { ArrivedRequest, RequestMeasure, RequestMetrics } from "../http/request-metrics.ts";
import { routeFor } from "../http/routes.ts";
import type { ServedResource, ServedResources } from "../served-resources.ts";
import { type Counter, durationBounds, type Exposition, exponentialBounds, type Histogram } from "./families.ts";

const requestLabels = ["verb", "group", "version", "resource", "subresource", "scope", "component"] as const;
const component = "apiserver";

export interface RequestMetricsOptions {
  readonly clock: Clock;
  readonly resources: ServedResources;
  routes(): readonly RouteHandler[];
}

/** Everything that is counted for requests of one kind. */
interface Cells {
  readonly labels: readonly string[];
  readonly byCode: Map<string, Counter>;
  readonly duration: Histogram;
  /** Only of requests that are expected to be quick. */
  readonly sli: Histogram | undefined;
  /** Only of reads. */
  readonly sizes: Histogram | undefined;
}

/** A request under way. */
interface Measured {
  readonly info: RequestInfo;
  readonly cells: Cells;
  readonly dryRun: string;
  readonly underWay: Counter;
  readonly startedAt: number;
}

class Measure implements RequestMeasure {
  readonly #meter: RequestMeter;
  readonly #measured: Measured;

  constructor(meter: RequestMeter, measured: Measured) {
    this.#meter = meter;
    this.#measured = measured;
  }

  events(count: number, bytes: number): void {
    this.#meter.sent(this.#measured.info, count, bytes);
  }

  done(code: number, bytes: number): void {
    this.#meter.finish(this.#measured, code, bytes);
  }
}

export class RequestMeter implements RequestMetrics {
  readonly #options: RequestMetricsOptions;
  readonly #cells = new Map<string, Cells>();
  /** The same for requests for objects themselves, which nearly all are: found without putting a key together. */
  readonly #plain = new Map<ServedResource, Map<string, Map<string, Cells>>>();
  readonly #reads: Counter;
  readonly #writes: Counter;
  readonly #total;
  readonly #duration;
  readonly #sli;
  readonly #sizes;
  readonly #longRunning;
  readonly #inFlight;
  readonly #aborts;
  readonly #terminations;
  readonly #deprecated;
  readonly #watchEvents;
  readonly #watchSizes;

  constructor(exposition: Exposition, options: RequestMetricsOptions) {
    this.#options = options;
    const labels = [...requestLabels];
    this.#total = exposition.counter("apiserver_request_total", "Requests by verb, resource, scope and code.", ...labels, "dry_run", "code");
    const duration = "Seconds from arrival to the end of the answer.";
    this.#duration = exposition.histogram("apiserver_request_duration_seconds", duration, durationBounds, ...labels, "dry_run");
    const sli = "The same of requests that are expected to be quick: no watches, no connections.";
    this.#sli = exposition.histogram("apiserver_request_sli_duration_seconds", sli, durationBounds, ...labels);
    this.#sizes = exposition.histogram("apiserver_response_sizes", "Bytes of answers to reads.", exponentialBounds(1000, 10, 7), ...labels);
    this.#longRunning = exposition.level("apiserver_longrunning_requests", "Watches and connections under way.", ...labels);
    this.#inFlight = exposition.level("apiserver_current_inflight_requests", "Other requests under way.", "request_kind");
    this.#reads = this.#inFlight.cell("readOnly");
    this.#writes = this.#inFlight.cell("mutating");
    this.#aborts = exposition.counter("apiserver_request_aborts_total", "Requests whose client left before the answer.", ...labels.slice(0, -1));
    this.#terminations = exposition.counter("apiserver_request_terminations_total", "Requests that were given up.", ...labels, "code");
    const deprecated = "Deprecated resources that somebody has asked for.";
    this.#deprecated = exposition.level("apiserver_requested_deprecated_apis", deprecated, "group", "version", "resource", "subresource", "removed_release");
    this.#watchEvents = exposition.counter("apiserver_watch_events_total", "Events sent to watches.", "group", "version", "resource");
    const sizes = "Bytes of events sent to watches.";
    this.#watchSizes = exposition.histogram("apiserver_watch_events_sizes", sizes, exponentialBounds(1024, 2, 8), "group", "version", "resource");
  }

  begin(request: ArrivedRequest): RequestMeasure {
    const { clock, resources } = this.#options;
    const { info, query } = request;
    const { group, version, resource } = info;
    const served = info.isResourceRequest ? resources.find(group, version, resource) : undefined;
    const handler = served === undefined || info.subresource === "" ? undefined : resources.subresource(served.definition, info.subresource);
    const long = isLongRunning(info, query, handler);
    const dryRun = query.has("dryRun") && query.get("dryRun") !== "" ? "All" : "";
    const verb = verbOf(request, handler?.connect !== undefined && info.subresource !== "log");
    const cells =
      served !== undefined && dryRun === "" && info.subresource === "" ? this.#plainCells(served, info, verb) : this.#cellsOf(info, served, verb, dryRun);
    if (served?.definition.deprecated !== undefined) this.#deprecated.cell(group, version, resource, info.subresource, "").value = 1;
    const underWay = long ? this.#longRunning.cell(...cells.labels) : isRead(verb) ? this.#reads : this.#writes;
    underWay.inc();
    return new Measure(this, { info, cells, dryRun, underWay, startedAt: clock.now() });
  }

  finish({ cells, dryRun, underWay, startedAt }: Measured, code: number, bytes: number): void {
    underWay.inc(-1);
    const seconds = (this.#options.clock.now() - startedAt) / 1000;
    const text = String(code);
    let total = cells.byCode.get(text);
    if (total === undefined) {
      total = this.#total.cell(...cells.labels, dryRun, text);
      cells.byCode.set(text, total);
    }
    total.inc();
    cells.duration.observe(seconds);
    cells.sli?.observe(seconds);
    if (code < 300) cells.sizes?.observe(bytes);
    if (code === 499) this.#aborts.cell(...cells.labels.slice(0, -1)).inc();
    if (code === 504 || code === 429) this.#terminations.cell(...cells.labels, text).inc();
  }

  sent({ group, version, resource }: RequestInfo, count: number, bytes: number): void {
    this.#watchEvents.cell(group, version, resource).inc(count);
    // Events go out several at a time; they count as equals.
    for (let i = 0; i < count; i++) this.#watchSizes.cell(group, version, resource).observe(bytes / count);
  }

  /** What is not served is counted without its name, so that no client can make up labels. */
  #cellsOf(info: RequestInfo, served: ServedResource | undefined, verb: string, dryRun: string): Cells {
    if (!info.isResourceRequest) return this.#cellsFor([verb, "", "", "", routeFor(this.#options.routes(), info.path)?.path ?? "", "", component], dryRun);
    if (served === undefined) return this.#cellsFor([verb, "", "", "", "", "", component], dryRun);
    const { group, version, resource, subresource } = info;
    return this.#cellsFor([verb, group, version, resource, this.#knownSubresource(served, subresource) ? subresource : "", scopeOf(info), component], dryRun);
  }

  #plainCells(served: ServedResource, info: RequestInfo, verb: string): Cells {
    const byVerb = this.#plain.get(served) ?? new Map<string, Map<string, Cells>>();
    const byScope = byVerb.get(verb) ?? new Map<string, Cells>();
    const scope = scopeOf(info);
    const known = byScope.get(scope);
    if (known !== undefined) return known;
    const made = this.#cellsOf(info, served, verb, "");
    this.#plain.set(served, byVerb.set(verb, byScope.set(scope, made)));
    return made;
  }

  #knownSubresource({ definition }: ServedResource, subresource: string): boolean {
    if (subresource === "") return false;
    if (["status", "scale"].includes(subresource)) return true;
    return definition.subresources?.[subresource] !== undefined || this.#options.resources.subresource(definition, subresource) !== undefined;
  }

  #cellsFor(labels: readonly string[], dryRun: string): Cells {
    const key = `${labels.join("\u0000")}\u0000${dryRun}`;
    const known = this.#cells.get(key);
    if (known !== undefined) return known;
    const [verb = ""] = labels;
    const made: Cells = {
      labels,
      byCode: new Map(),
      duration: this.#duration.cell(...labels, dryRun),
      sli: verb === "WATCH" || verb === "CONNECT" ? undefined : this.#sli.cell(...labels),
      sizes: verb === "GET" || verb === "LIST" ? this.#sizes.cell(...labels) : undefined,
    };
    this.#cells.set(key, made);
    return made;
  }
}

function isRead(verb: string): boolean {
  return verb === "GET" || verb === "LIST" || verb === "WATCH" || verb === "HEAD" || verb === "OPTIONS";
}

function scopeOf({ name, verb, namespace }: RequestInfo): string {
  if (name !== "" || verb === "create") return "resource";
  return namespace === "" ? "cluster" : "namespace";
}

const knownMethods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT"]);
const verbNames: Readonly<Record<string, string>> = {
  get: "GET",
  list: "LIST",
  watch: "WATCH",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETECOLLECTION",
};

function verbOf({ method, info, contentType }: ArrivedRequest, connects: boolean): string {
  if (connects) return "CONNECT";
  if (!info.isResourceRequest || info.verb === "") return knownMethods.has(method) ? method : "other";
  if (info.verb === "patch" && contentType.startsWith("application/apply-patch")) return "APPLY";
  return verbNames[info.verb] ?? "other";
}
