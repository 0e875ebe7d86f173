import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { settle, VirtualClock } from "../../testing/virtual-clock.ts";
import { CriError } from "../cri/errors.ts";
import type { RuntimeService } from "../cri/service.ts";
import { record, testPod } from "../pod/testing.ts";
import { attemptProbe } from "./attempt.ts";
import { countResult, verdictOf } from "./decide.ts";
import { grpcHealthCheck } from "./grpc-health.ts";
import { socketNetwork } from "./network.ts";
import { Prober } from "./prober.ts";

test("a verdict takes as many results in a row as its threshold", () => {
  let count = countResult(undefined, "failure");
  assert.equal(verdictOf({ failureThreshold: 2 }, count), undefined);
  count = countResult(count, "success");
  count = countResult(count, "failure");
  assert.equal(verdictOf({ failureThreshold: 2 }, count), undefined);
  assert.equal(verdictOf({ failureThreshold: 2 }, countResult(count, "failure")), "failure");
  assert.equal(verdictOf({}, countResult(undefined, "success")), "success");
});

test("startup comes first, then liveness and readiness; all end with the container", async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  let healthy = false;
  const probe = (name: string, more: object = {}) => ({ exec: { command: [name] }, periodSeconds: 1, failureThreshold: 1, ...more });
  const pod = testPod({
    containers: [
      { name: "main", image: "app:1", startupProbe: probe("startup", { failureThreshold: 3 }), readinessProbe: probe("ready"), livenessProbe: probe("live") },
    ],
  });
  const prober = new Prober({
    clock,
    random: () => 0,
    attempt: async ({ exec }) => {
      seen.push(exec!.command![0]!);
      return { result: healthy ? "success" : "failure", output: "" };
    },
    onTrouble: () => {},
    onChange: () => {},
  });
  const records = [record("main", { startedAtMs: clock.now() })];
  prober.follow(pod, records, "10.0.0.5");
  await clock.advance(0);
  await settle();
  assert.deepEqual(seen, ["startup"]);
  assert.deepEqual([prober.view("u1", records).started.size, prober.view("u1", records).unhealthy.size], [0, 0]);
  healthy = true;
  await clock.advance(1000);
  await settle();
  await clock.advance(0);
  await settle();
  assert.deepEqual(seen.slice(1).sort(), ["live", "ready", "startup"]);
  assert.deepEqual([...prober.view("u1", records).ready], ["main-0"]);
  healthy = false;
  await clock.advance(1000);
  await settle();
  const view = prober.view("u1", records);
  assert.deepEqual([[...view.ready], view.unhealthy.get("main-0"), view.started.has("main-0")], [[], "liveness", true]);
  prober.follow(pod, [], "10.0.0.5");
  const before = seen.length;
  await clock.advance(10_000);
  assert.equal(seen.length, before);
});

test("a kubelet that has restarted goes on from the reported status of the same container, and from nothing for another (KEP-4781)", async () => {
  const clock = new VirtualClock();
  const attempts: string[] = [];
  const prober = new Prober({
    clock,
    random: () => 0.5,
    attempt: async ({ exec }) => {
      attempts.push(exec!.command![0]!);
      return { result: "failure", output: "" };
    },
    onTrouble: () => {},
    onChange: () => {},
  });
  const probes = { startupProbe: { exec: { command: ["startup"] } }, readinessProbe: { exec: { command: ["ready"] }, failureThreshold: 2 } };
  const status = { name: "main", image: "app:1", imageID: "", restartCount: 0, ready: true, started: true, containerID: "containerd://main-0" };
  const pod = { ...testPod({ containers: [{ name: "main", image: "app:1", ...probes }] }), status: { containerStatuses: [status] } };
  const same = [record("main", { startedAtMs: clock.now() - 60_000 })];
  prober.follow(pod, same, "10.0.0.5");
  assert.deepEqual([prober.view("u1", same).started.size, prober.view("u1", same).ready.size], [1, 1]);
  await clock.advance(1_000);
  assert.deepEqual(attempts, ["ready"]);
  assert.equal(prober.view("u1", same).ready.size, 1, "one failure is under the threshold");
  await clock.advance(10_000);
  assert.equal(prober.view("u1", same).ready.size, 0);
  const other = [{ ...same[0]!, id: "main-1" }];
  prober.follow(pod, other, "10.0.0.5");
  assert.deepEqual([prober.view("u1", other).started.size, prober.view("u1", other).ready.size], [0, 0]);
  prober.stopAll();
});

test("an attempt that could not be made is told and counts neither way", async () => {
  const clock = new VirtualClock();
  const results = ["failure", "unknown", "failure"] as const;
  const told: string[] = [];
  let attempts = 0;
  const prober = new Prober({
    clock,
    random: () => 0,
    attempt: async () => ({ result: results[attempts++] ?? "unknown", output: "" }),
    onTrouble: (_pod, _container, kind, { result }) => told.push(`${kind} ${result}`),
    onChange: () => {},
  });
  const livenessProbe = { exec: { command: ["x"] }, periodSeconds: 1, failureThreshold: 2 };
  const records = [record("main", { startedAtMs: clock.now() })];
  prober.follow(testPod({ containers: [{ name: "main", image: "app:1", livenessProbe }] }), records, "10.0.0.5");
  await clock.advance(1000);
  assert.equal(prober.view("u1", records).unhealthy.size, 0);
  await clock.advance(1000);
  assert.equal(prober.view("u1", records).unhealthy.get("main-0"), "liveness");
  assert.deepEqual(told, ["liveness failure", "liveness unknown", "liveness failure"]);
  prober.stopAll();
});

test("containers without probes are started and ready as soon as they run", () => {
  const prober = new Prober({
    clock: new VirtualClock(),
    random: () => 0,
    attempt: () => Promise.reject(new Error("unused")),
    onTrouble: () => {},
    onChange: () => {},
  });
  const view = prober.view("u1", [record("main"), record("other", { state: "exited" })]);
  assert.deepEqual([[...view.started], [...view.ready]], [["main-0"], ["main-0"]]);
});

test("attempts over real sockets: HTTP with its query, redirects, TCP, and what refuses", async () => {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(`${request.url} ${request.headers["user-agent"]} ${request.headers["x-own"] ?? ""}`);
    if (request.url === "/away") response.writeHead(302, { Location: "http://elsewhere.invalid/" }).end("gone elsewhere");
    else if (request.url === "/moved") response.writeHead(302, { Location: "/ok" }).end();
    else response.writeHead(request.url?.startsWith("/ok") === true ? 200 : 500).end("body");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const target = { container: { name: "main", ports: [{ name: "web", containerPort: port }] }, containerId: "c", podIp: "127.0.0.1" };
  const attempt = (probe: object) => attemptProbe(probe, target, {} as RuntimeService, socketNetwork(grpcHealthCheck));
  try {
    assert.deepEqual(await attempt({ httpGet: { path: "/ok?x=1", port: "web", httpHeaders: [{ name: "X-Own", value: "y" }] } }), {
      result: "success",
      output: "",
    });
    assert.equal(paths[0], "/ok?x=1 kube-probe/1.36 y");
    assert.deepEqual(await attempt({ httpGet: { path: "/bad", port } }), { result: "failure", output: "HTTP probe failed with statuscode: 500" });
    assert.equal((await attempt({ httpGet: { path: "/moved", port } })).result, "success");
    assert.deepEqual(await attempt({ httpGet: { path: "/away", port } }), {
      result: "warning",
      output: "Probe terminated redirects, Response body: gone elsewhere",
    });
    assert.equal((await attempt({ tcpSocket: { port } })).result, "success");
    assert.deepEqual(await attempt({ httpGet: { port: "nope" } }), { result: "unknown", output: 'strconv.Atoi: parsing "nope": invalid syntax' });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  assert.equal((await attempt({ tcpSocket: { port } })).output, `dial tcp 127.0.0.1:${port}: connect: connection refused`);
  assert.equal((await attempt({ grpc: { port } })).result, "failure");
});

test("exec probes judge by exit code and time", async () => {
  const target = { container: { name: "main" }, containerId: "c", podIp: "" };
  const run = (execSync: RuntimeService["execSync"]) => attemptProbe({ exec: { command: ["x"] } }, target, { execSync } as RuntimeService, {} as never);
  const answer = (exitCode: number) => async () => ({ exitCode, stdout: Buffer.from("out"), stderr: Buffer.from("err") });
  assert.deepEqual(await run(answer(0)), { result: "success", output: "outerr" });
  assert.deepEqual(await run(answer(1)), { result: "failure", output: "outerr" });
  assert.match((await run(() => Promise.reject(new CriError("execSync", "DEADLINE_EXCEEDED", "late")))).output, /timed out after 1s/);
  const stopping = await run(() => Promise.reject(new CriError("execSync", "UNKNOWN", "cannot exec in a stopped state")));
  assert.deepEqual(stopping, { result: "unknown", output: "rpc error: code = Unknown desc = cannot exec in a stopped state" });
});
