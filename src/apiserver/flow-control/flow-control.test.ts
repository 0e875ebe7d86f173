import assert from "node:assert/strict";
import { connect } from "node:http2";
import { test } from "node:test";
import { type FlowSchema, flowSchemas } from "../../api/flowcontrol/v1/flow-schema.ts";
import { priorityLevelConfigurations } from "../../api/flowcontrol/v1/priority-level-configuration.ts";
import { StatusError } from "../../machinery/status.ts";
import { startHttpScene } from "../../testing/api-server/http-scene.ts";
import { seededRandom } from "../../testing/api-server/seeded-random.ts";
import { silentLogger } from "../../testing/silent-logger.ts";
import { settle, VirtualClock } from "../../testing/virtual-clock.ts";
import type { UserInfo } from "../contract.ts";
import { parseRequestInfo } from "../http/request-info.ts";
import { inMatchingOrder, matchesSchema } from "./classify.ts";
import { levelTable, queueTable, requestTable } from "./debug-pages.ts";
import { autoUpdateAnnotation, defaultFlowSchemas, defaultPriorityLevels } from "./defaults.ts";
import { FairQueues } from "./fair-queues.ts";
import { FlowControl } from "./flow-control.ts";
import { keepFlowControlDefaults, planDefault, planObsolete } from "./keep-defaults.ts";
import { allotSeats, seatLimits } from "./seat-limits.ts";
import { dealHand, flowHash } from "./shuffle-shard.ts";

const authenticated = "system:authenticated";
const node: UserInfo = { name: "system:node:n1", groups: ["system:nodes", authenticated] };
const account: UserInfo = { name: "system:serviceaccount:apps:noisy", groups: ["system:serviceaccounts", authenticated] };
const alice: UserInfo = { name: "alice", groups: [authenticated] };
const info = (method: string, path: string) => parseRequestInfo(method, path, new URLSearchParams());

const classified: readonly [UserInfo, string, string, string][] = [
  [{ name: "root", groups: ["system:masters", authenticated] }, "GET", "/api/v1/pods", "exempt"],
  [alice, "GET", "/readyz", "probes"],
  [alice, "GET", "/readyz/etcd", "global-default"],
  [
    { name: "system:kube-scheduler", groups: [authenticated] },
    "PUT",
    "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler",
    "system-leader-election",
  ],
  [{ name: "system:kube-scheduler", groups: [authenticated] }, "GET", "/api/v1/pods", "kube-scheduler"],
  [{ name: "system:kube-controller-manager", groups: [authenticated] }, "PUT", "/api/v1/namespaces/a/endpoints/e", "endpoint-controller"],
  [{ name: "system:serviceaccount:kube-system:dns", groups: [authenticated] }, "GET", "/api/v1/pods", "kube-system-service-accounts"],
  [node, "PATCH", "/api/v1/nodes/n1/status", "system-node-high"],
  [node, "PUT", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1", "system-node-high"],
  [node, "GET", "/api/v1/pods", "system-nodes"],
  [account, "GET", "/api/v1/pods", "service-accounts"],
  [{ name: "system:anonymous", groups: ["system:unauthenticated"] }, "GET", "/version", "global-default"],
];

test("the default FlowSchemas classify as Kubernetes' do", () => {
  const schemas = inMatchingOrder(defaultFlowSchemas);
  for (const [user, method, path, name] of classified) {
    assert.equal(schemas.find((schema) => matchesSchema(schema, info(method, path), user))?.metadata.name, name, `${user.name} ${method} ${path}`);
  }
});

test("hands hold different queues, the same for one flow", () => {
  for (let flow = 0; flow < 500; flow++) {
    const hash = flowHash("s", String(flow));
    const hand = dealHand(hash, 16, 4);
    assert.equal(new Set(hand).size, 4);
    assert.ok(hand.every((queue) => queue >= 0 && queue < 16));
    assert.deepEqual(dealHand(hash, 16, 4), hand);
  }
});

test("seats are nominally shared by shares, and lent by demand", () => {
  const limits = seatLimits(defaultPriorityLevels, 600);
  assert.deepEqual(limits.get("workload-low"), { nominal: 245, lower: 24, upper: 600 });
  assert.deepEqual(limits.get("exempt"), { nominal: 0, lower: 0, upper: 600 });
  const level = (nominal: number, lower: number, demand: number) => ({ nominal, lower, upper: 100, high: demand, smoothed: demand });
  // Nobody else asks: all that is lendable goes to the one that does.
  assert.deepEqual(allotSeats([level(50, 10, 200), level(50, 40, 0)], 100), [60, 40]);
  // Everybody asks: each has its share.
  assert.deepEqual(allotSeats([level(50, 10, 200), level(50, 40, 200)], 100), [50, 50]);
});

test("a flow's share does not depend on how much it asks for (seeded)", () => {
  const random = seededRandom(7);
  const queues = new FairQueues<string>({ queues: 64, handSize: 6, queueLengthLimit: 10_000 }, 4);
  const running: { end: number; seats: number; ticket: NonNullable<ReturnType<typeof queues.enqueue>>; began: number }[] = [];
  const served: Record<string, number> = { noisy: 0, quiet: 0 };
  const hashes = { noisy: flowHash("s", "noisy"), quiet: flowHash("s", "quiet") };
  for (let now = 0; now < 5_000; now++) {
    for (const done of running.filter(({ end }) => end <= now)) {
      running.splice(running.indexOf(done), 1);
      queues.release(done.seats, now - done.began, done.ticket);
      served[done.ticket.item] = (served[done.ticket.item] ?? 0) + (now - done.began) * done.seats;
    }
    // Together they ask for five times what there is; the quiet one alone for less than its half.
    for (let i = 0; i < 2; i++) queues.enqueue("noisy", hashes.noisy, 1, now);
    if (random() < 0.12) queues.enqueue("quiet", hashes.quiet, 1, now);
    for (let ticket = queues.next(); ticket !== undefined; ticket = queues.next()) {
      running.push({ end: now + 5 + Math.floor(random() * 10), seats: ticket.seats, ticket, began: now });
    }
    assert.ok(queues.seatsInUse <= 4);
  }
  const quietAsked = 5_000 * 0.12 * 9.5;
  assert.ok(served["quiet"]! > quietAsked * 0.85, `the quiet flow got ${served["quiet"]} of ${quietAsked}`);
  assert.ok(served["noisy"]! > 10_000, "what the quiet one leaves goes to the noisy one");
});

function scene(limits = { reading: 8, mutating: 0 }) {
  const clock = new VirtualClock();
  const life = new AbortController();
  const stored = new Map<unknown, readonly unknown[]>();
  const reader = {
    get: () => undefined,
    list: () => [],
    getFresh: async () => undefined,
    subscribe: (definition: { kind: string }, onEvent: (type: "ADDED", object: never) => void) => {
      stored.set(definition.kind, []);
      for (const object of definition.kind === "FlowSchema" ? defaultFlowSchemas : defaultPriorityLevels) onEvent("ADDED", object as never);
    },
  };
  const control = new FlowControl({ clock, reader, limits, signal: life.signal, maxWaitMs: 1_000 });
  const enter = (user: UserInfo, signal = life.signal) =>
    control.enter({ info: info("GET", "/api/v1/namespaces/a/pods/p"), query: new URLSearchParams(), user, signal, classified: () => undefined });
  return { clock, control, enter, life, stop: () => life.abort() };
}

test("a full level queues, then refuses, and leaves other levels alone", async () => {
  const { clock, control, enter, stop } = scene();
  const places: Disposable[] = [];
  let waiting: Promise<Disposable>[] = [];
  while (waiting.length < 5) {
    const place = enter(account);
    if (place instanceof Promise) waiting.push(place);
    else places.push(place);
  }
  assert.ok(!(enter(node) instanceof Promise), "nodes do not wait");
  places.pop()![Symbol.dispose]();
  // Queues of one flow take turns: it need not be the one that came first.
  const served = await Promise.race(waiting.map(async (promise) => ({ promise, place: await promise })));
  places.push(served.place);
  const refused = Promise.allSettled(waiting.filter((promise) => promise !== served.promise));
  await clock.advance(1_000);
  for (const outcome of await refused) {
    assert.ok(outcome.status === "rejected" && outcome.reason instanceof StatusError);
    assert.equal(outcome.reason.code, 429);
    assert.equal(outcome.reason.status.details?.retryAfterSeconds, 1);
  }
  // One flow can fill the queues of its hand, no more.
  waiting = [];
  assert.throws(() => {
    for (let i = 0; i < 1_000; i++) {
      const place = enter(account);
      assert.ok(place instanceof Promise);
      place.catch(() => undefined);
      waiting.push(place);
    }
  }, /Too many requests/);
  assert.equal(waiting.length, 6 * 50);
  const flow = control.flows().find(({ schema }) => schema.metadata.name === "service-accounts");
  assert.deepEqual(Object.fromEntries(flow!.rejected), { "time-out": 4, "queue-full": 1 });
  await clock.advance(1_000);
  for (const place of places) place[Symbol.dispose]();
  assert.equal(flow!.executing, 0);
  assert.equal(flow!.inQueue, 0);
  stop();
  await settle();
  assert.equal(clock.pending, 0);
});

test("an idle level's seats are lent, and come back when asked for", async () => {
  const { clock, control, enter, stop } = scene({ reading: 100, mutating: 0 });
  const entered: (Disposable | Promise<Disposable>)[] = Array.from({ length: 90 }, () => enter(account));
  const low = [...control.levels()].find(({ name }) => name === "workload-low")!;
  const before = low.queues.seatsInUse;
  assert.equal(before, low.limits.nominal);
  for (const place of entered) if (place instanceof Promise) place.catch(() => undefined);
  control.adjust();
  assert.ok(low.queues.seatsInUse > before, `${low.queues.seatsInUse} seats in use after borrowing`);
  await clock.advance(2_000);
  stop();
  await settle();
});

test("the debug pages show levels, queues and requests", async () => {
  const { clock, control, enter, stop } = scene();
  const places: Disposable[] = [];
  const waiting: Promise<Disposable>[] = [];
  while (waiting.length < 3) {
    const place = enter(account);
    if (place instanceof Promise) waiting.push(place);
    else places.push(place);
  }
  const column = (table: string[][], name: string, row: string[]) => row[table[0]!.indexOf(name)];
  const levels = levelTable(control);
  const low = levels.find(([name]) => name === "workload-low")!;
  assert.deepEqual(
    ["IsIdle", "IsQuiescing", "WaitingRequests", "ExecutingRequests", "DispatchedRequests"].map((name) => column(levels, name, low)),
    ["false", "false", "3", String(places.length), String(places.length)],
  );
  assert.deepEqual(
    levels.slice(1).map(([name]) => name),
    ["catch-all", "exempt", "global-default", "leader-election", "node-high", "system", "workload-high", "workload-low"],
  );
  const queues = queueTable(control);
  const busy = queues.slice(1).filter((row) => column(queues, "PendingRequests", row) !== "0");
  assert.equal(
    busy.reduce((sum, row) => sum + Number(column(queues, "PendingRequests", row)), 0),
    3,
  );
  assert.match(column(queues, "NextDispatchR", busy[0]!) ?? "", /^\d+\.\d{8}ss$/);
  const requests = requestTable(control, true);
  assert.equal(requests.length, 1 + 3 + places.length);
  const [first, last] = [requests[1]!, requests.at(-1)!];
  assert.deepEqual(
    ["FlowSchemaName", "RequestIndexInQueue", "FlowDistingsher", "StartTime", "UserName", "Verb", "APIVersion", "Resource", "Name"].map((name) =>
      column(requests, name, first),
    ),
    ["service-accounts", "0", account.name, "0001-01-01T00:00:00Z", account.name, "get", "v1", "pods", "p"],
  );
  assert.deepEqual(
    ["QueueIndex", "RequestIndexInQueue"].map((name) => column(requests, name, last)),
    ["-1", "-1"],
    "it never waited",
  );
  for (const place of places) place[Symbol.dispose]();
  for (const place of await Promise.all(waiting)) place[Symbol.dispose]();
  assert.equal(requestTable(control, false).length, 1);
  stop();
  await settle();
  assert.equal(clock.pending, 0);
});

test("defaults are brought up to date until an administrator takes them over", () => {
  const wanted = defaultPriorityLevels.find(({ metadata }) => metadata.name === "workload-low")!;
  const found = (annotation: string | undefined, generation: number, spec: object = { ...wanted.spec, type: "Limited", limited: {} }) =>
    ({
      ...wanted,
      metadata: { ...wanted.metadata, generation, annotations: annotation === undefined ? {} : { [autoUpdateAnnotation]: annotation } },
      spec,
    }) as typeof wanted;
  const outcome = (plan: ReturnType<typeof planDefault<typeof wanted>>) =>
    plan && [
      plan.verb,
      plan.object.metadata.annotations?.[autoUpdateAnnotation],
      plan.object.spec === wanted.spec || JSON.stringify(plan.object.spec) === JSON.stringify(wanted.spec),
    ];
  assert.deepEqual(outcome(planDefault(wanted, undefined)), ["create", "true", true]);
  assert.deepEqual(outcome(planDefault(wanted, found("true", 3))), ["update", "true", true]);
  assert.deepEqual(outcome(planDefault(wanted, found(undefined, 1))), ["update", "true", true]);
  assert.deepEqual(outcome(planDefault(wanted, found(undefined, 2))), ["update", "false", false], "somebody has changed it: it is theirs");
  assert.equal(planDefault(wanted, found("false", 2)), undefined);
  assert.equal(planDefault(wanted, found("true", 2, wanted.spec)), undefined);
  const exempt = defaultPriorityLevels.find(({ metadata }) => metadata.name === "exempt")!;
  assert.equal(planDefault(exempt, { ...exempt, spec: { type: "Exempt", exempt: { nominalConcurrencyShares: 9, lendablePercent: 50 } } }), undefined);
  const old = { ...wanted, metadata: { ...wanted.metadata, name: "of-old" } };
  const own = { ...old, metadata: { ...old.metadata, name: "own", annotations: {} } };
  assert.deepEqual(
    planObsolete(defaultPriorityLevels, [wanted, old, own]).map(({ metadata }) => metadata.name),
    ["of-old"],
  );
});

test("a FlowSchema hears at once that its level is not there, and that it has come", async () => {
  const life = new AbortController();
  const clock = new VirtualClock();
  const http = await startHttpScene();
  const transport = http.server.transport({ name: "root", groups: ["system:masters"] });
  await keepFlowControlDefaults({ transport, reader: http.server.reader, clock, logger: silentLogger, signal: life.signal });
  const dangling = async () => {
    for (let round = 0; round < 5; round++) {
      await settle();
      await clock.advance(200);
    }
    const found = await transport.get<FlowSchema>({ resource: flowSchemas, name: "own" }, {}, life.signal);
    return found.status?.conditions?.map(({ status, reason }) => `${status} ${reason}`);
  };
  const spec = { priorityLevelConfiguration: { name: "own" }, matchingPrecedence: 7 };
  await transport.create({ resource: flowSchemas }, { metadata: { name: "own" }, spec }, {}, life.signal);
  assert.deepEqual(await dangling(), ["True NotFound"]);
  const limited = { limitResponse: { type: "Reject" } };
  await transport.create({ resource: priorityLevelConfigurations }, { metadata: { name: "own" }, spec: { type: "Limited", limited } }, {}, life.signal);
  assert.deepEqual(await dangling(), ["False Found"]);
  life.abort();
  await http.close();
});

test("a watch is classified and holds a seat while it begins, none while it lasts", async () => {
  const http = await startHttpScene({ inFlight: { reading: 1, mutating: 1 } });
  const watches = Array.from({ length: 20 }, async () => {
    const client = new AbortController();
    const response = await fetchHead(http, "/api/v1/configmaps?watch=true&timeoutSeconds=5", client.signal);
    return { ...response, end: () => client.abort() };
  });
  for (const { code, end } of await Promise.all(watches)) {
    assert.equal(code, 200);
    end();
  }
  const metrics = (await http.get("/metrics")).text;
  assert.match(metrics, /apiserver_flowcontrol_dispatched_requests_total\{priority_level="[a-z-]+",flow_schema="[a-z-]+"\} 2\d/);
  assert.match(metrics, /apiserver_flowcontrol_current_executing_requests\{priority_level="[a-z-]+",flow_schema="[a-z-]+"\} 1\n/);
  await http.close();
});

/** Resolves with the head of an answer that goes on. */
function fetchHead(http: { readonly url: string; readonly ca: string }, path: string, signal: AbortSignal): Promise<{ code: number }> {
  return new Promise((resolve, reject) => {
    const session = connect(http.url, { ca: http.ca });
    session.on("error", reject);
    const stream = session.request({ ":path": path });
    stream.on("response", (headers) => resolve({ code: Number(headers[":status"]) }));
    stream.on("error", reject);
    signal.addEventListener("abort", () => session.destroy(), { once: true });
  });
}

test("a server keeps the default objects and tells clients how it classified them", async () => {
  const life = new AbortController();
  const http = await startHttpScene();
  const transport = http.server.transport({ name: "root", groups: ["system:masters"] });
  await keepFlowControlDefaults({ transport, clock: new VirtualClock(), logger: silentLogger, signal: life.signal });
  const answer = await http.get("/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas");
  const schemas: { metadata: { name: string; uid: string }; status: { conditions: { status: string }[] } }[] = answer.body.items;
  assert.equal(schemas.length, 13);
  assert.ok(schemas.every(({ status }) => status.conditions[0]?.status === "False"));
  assert.equal(
    (await http.get("/api/v1/pods")).headers["x-kubernetes-pf-flowschema-uid"],
    schemas.find(({ metadata }) => metadata.name === "exempt")?.metadata.uid,
  );
  assert.match((await http.get("/metrics")).text, /apiserver_flowcontrol_dispatched_requests_total\{priority_level="exempt",flow_schema="exempt"\} [1-9]/);
  life.abort();
  await http.close();
});
