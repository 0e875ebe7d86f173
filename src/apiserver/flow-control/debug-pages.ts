/**
 * /debug/api_priority_and_fairness/dump_*: what priority and fairness is doing just now, as tables of text
 * (k8s.io/apiserver apf_controller_debug.go). Columns are Kubernetes'; cells end in a comma and are aligned.
 */
import type { RouteHandler } from "../contract.ts";
import { flowDistinguisher } from "./classify.ts";
import type { Flow, FlowControl, RejectionReason, Visit } from "./flow-control.ts";

const prefix = "/debug/api_priority_and_fairness";

export function flowControlDebugRoutes(control: FlowControl): RouteHandler[] {
  const page = (name: string, table: (query: URLSearchParams) => string[][]): RouteHandler => ({
    path: `${prefix}/${name}`,
    serve: async ({ query, response }) => {
      response.start(200, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-cache, private" });
      await response.end(aligned(table(query)));
    },
  });
  return [
    page("dump_priority_levels", () => levelTable(control)),
    page("dump_queues", () => queueTable(control)),
    page("dump_requests", (query) => requestTable(control, (query.get("includeRequestDetails") ?? "") !== "")),
  ];
}

const levelHeader = "PriorityLevelName ActiveQueues IsIdle IsQuiescing WaitingRequests ExecutingRequests";
const countHeader = "DispatchedRequests RejectedRequests TimedoutRequests CancelledRequests";

export function levelTable(control: FlowControl): string[][] {
  const rows = sortedLevels(control).map((level) => {
    const flows = control.flows().filter((flow) => flow.level === level);
    const total = (count: (flow: Flow) => number): number => flows.reduce((sum, flow) => sum + count(flow), 0);
    const refused = (...reasons: RejectionReason[]): number => total(({ rejected }) => reasons.reduce((sum, reason) => sum + (rejected.get(reason) ?? 0), 0));
    const [waiting, executing] = [level.queues.waiting, total((flow) => flow.executing)];
    const active = level.queues.dump().filter((queue) => queue.waiting.length + queue.executing > 0).length;
    const counts = [total((flow) => flow.dispatched), refused("queue-full", "concurrency-limit"), refused("time-out"), refused("cancelled")];
    // A level whose object has gone is dropped at once here, so that none is ever quiescing.
    return [level.name, active, waiting + executing === 0, false, waiting, executing, ...counts].map(String);
  });
  return [`${levelHeader} ${countHeader}`.split(" "), ...rows];
}

const queueHeader = "PriorityLevelName Index PendingRequests ExecutingRequests SeatsInUse NextDispatchR InitialSeatsSum MaxSeatsSum TotalWorkSum";

export function queueTable(control: FlowControl): string[][] {
  const rows = sortedLevels(control).flatMap(({ name, queues }) =>
    queues.dump().map(({ waiting, executing, executingSeats, nextStart, work }, index) => {
      const seats = waiting.reduce((sum, ticket) => sum + ticket.seats, 0);
      return [name, index, waiting.length, executing, executingSeats, seatSeconds(nextStart), seats, seats, seatSeconds(work)].map(String);
    }),
  );
  return [queueHeader.split(" "), ...rows];
}

/** The misspelling is upstream's. */
const requestHeader =
  "PriorityLevelName FlowSchemaName QueueIndex RequestIndexInQueue FlowDistingsher ArriveTime InitialSeats FinalSeats AdditionalLatency StartTime";
const detailHeader = "UserName Verb APIPath Namespace Name APIVersion Resource SubResource";

export function requestTable(control: FlowControl, details: boolean): string[][] {
  const executing = [...control.executing()];
  const rows = sortedLevels(control).flatMap((level) => {
    const running = executing.filter(({ flow }) => flow.level === level);
    const queued = level.queues.dump().flatMap(({ waiting }, index) => waiting.map(({ item }, place) => requestRow(item.visit, index, place, details)));
    return [...queued, ...running.map((visit) => requestRow(visit, visit.ticket?.queue.index ?? -1, -1, details))];
  });
  return [(details ? `${requestHeader} ${detailHeader}` : requestHeader).split(" "), ...rows];
}

function requestRow(visit: Visit, queue: number, place: number, details: boolean): string[] {
  const { flow, info, user, seats, arrivedAt, startedAt } = visit;
  const distinguisher = flowDistinguisher(flow.schema, info, user);
  const times = [isoTime(arrivedAt), startedAt === undefined ? "0001-01-01T00:00:00Z" : isoTime(startedAt)] as const;
  const row = [flow.level.name, flow.schema.metadata.name, queue, place, distinguisher, times[0], seats, 0, "0s", times[1]].map(String);
  if (!details) return row;
  const version = info.group === "" ? info.version : `${info.group}/${info.version}`;
  return [...row, user.name, info.verb, info.path, info.namespace, info.name, version, info.resource, info.subresource];
}

function sortedLevels(control: FlowControl) {
  return [...control.levels()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function seatSeconds(seatMs: number): string {
  return `${(seatMs / 1000).toFixed(8)}ss`;
}

/** Go's text/tabwriter with cells of at least 8 and one space between them; the last cell of a row is not padded. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(8, ...rows.map((row) => (row[column] ?? "").length + 2))) ?? [];
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === row.length - 1 ? cell : `${cell},`.padEnd(widths[column] ?? 0))).join("");
  return rows.map((row) => `${line(row)}\n`).join("");
}
