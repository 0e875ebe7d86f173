/** Metrics of flow control, by Kubernetes' names. Read off when asked for, so that requests pay nothing for them. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Flow, FlowControl } from "./flow-control.ts";
import type { PriorityLevel } from "./priority-level.ts";

const flowLabels = ["priority_level", "flow_schema"] as const;

/** Returns what to tell of every request that waited. */
export function registerFlowMetrics(
  registry: Registry,
  control: () => FlowControl,
): (schema: string, level: string, waitedMs: number, executed: boolean) => void {
  const registers = [registry];
  perFlow("apiserver_flowcontrol_current_inqueue_requests", "Requests that wait.", (flow) => flow.inQueue);
  perFlow("apiserver_flowcontrol_current_executing_requests", "Requests that run.", (flow) => flow.executing);
  perFlow("apiserver_flowcontrol_current_executing_seats", "Seats that requests hold.", (flow) => flow.executingSeats);
  new Counter({
    name: "apiserver_flowcontrol_dispatched_requests_total",
    help: "Requests let through.",
    labelNames: flowLabels,
    registers,
    collect() {
      this.reset();
      for (const flow of control().flows()) this.inc(labelsOf(flow), flow.dispatched);
    },
  });
  new Counter({
    name: "apiserver_flowcontrol_rejected_requests_total",
    help: "Requests refused, by reason.",
    labelNames: [...flowLabels, "reason"],
    registers,
    collect() {
      this.reset();
      for (const flow of control().flows()) for (const [reason, count] of flow.rejected) this.inc({ ...labelsOf(flow), reason }, count);
    },
  });
  perLevel("apiserver_flowcontrol_nominal_limit_seats", "The level's share of the server.", (level) => level.limits.nominal);
  perLevel("apiserver_flowcontrol_lower_limit_seats", "What the level does not lend.", (level) => level.limits.lower);
  perLevel("apiserver_flowcontrol_upper_limit_seats", "What the level may have with all it may borrow.", (level) => level.limits.upper);
  perLevel("apiserver_flowcontrol_current_limit_seats", "What the level may use now.", (level) => (level.exempt ? level.limits.nominal : level.queues.limit));
  const waits = new Histogram({
    name: "apiserver_flowcontrol_request_wait_duration_seconds",
    help: "Time in a queue, of requests that had to wait.",
    labelNames: [...flowLabels, "execute"],
    buckets: [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
    registers,
  });
  return (schema, level, waitedMs, executed) => waits.observe({ priority_level: level, flow_schema: schema, execute: String(executed) }, waitedMs / 1000);

  function perFlow(name: string, help: string, value: (flow: Flow) => number): void {
    new Gauge({
      name,
      help,
      labelNames: flowLabels,
      registers,
      collect() {
        this.reset();
        for (const flow of control().flows()) this.set(labelsOf(flow), value(flow));
      },
    });
  }

  function perLevel(name: string, help: string, value: (level: PriorityLevel<unknown>) => number): void {
    new Gauge({
      name,
      help,
      labelNames: ["priority_level"],
      registers,
      collect() {
        this.reset();
        for (const level of control().levels()) this.set({ priority_level: level.name }, value(level));
      },
    });
  }
}

function labelsOf({ level, schema }: Flow) {
  return { priority_level: level.name, flow_schema: schema.metadata.name };
}
