import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../machinery/status.ts";
import type { Transport } from "../machinery/transport.ts";
import { FailoverTransport } from "./failover-transport.ts";
import { configMaps } from "./resources.ts";
import { TransportError } from "./transport-error.ts";

const { signal } = new AbortController();
const target = { resource: configMaps, namespace: "default", name: "a" };
const refused = new TransportError("connect", true, "refused");
const brokenWrite = new TransportError("send", false, "broke");
const notFound = new StatusError({ code: 404, reason: "NotFound", message: "not found" });

/** Servers that answer with their number, or fail as `failures` says; and who was asked. */
function scene(...failures: (Error | undefined)[]) {
  const asked: number[] = [];
  const answer = (server: number) => async () => {
    asked.push(server);
    const failure = failures[server];
    if (failure !== undefined) throw failure;
    return server;
  };
  const servers = failures.map((_, server) => ({ get: answer(server), update: answer(server) }) as unknown as Transport);
  return { transport: new FailoverTransport(servers), asked, failures };
}

test("a server that cannot be reached is left for the next, and stays left", async () => {
  const { transport, asked } = scene(refused, undefined);
  assert.equal(await transport.get(target, {}, signal), 1);
  await transport.get(target, {}, signal);
  assert.deepEqual(asked, [0, 1, 1]);
});

test("a write that may have been carried out is not sent again, and the next request goes elsewhere", async () => {
  const { transport, asked } = scene(brokenWrite, undefined);
  await assert.rejects(transport.update(target, {}, {}, signal), brokenWrite);
  assert.equal(await transport.update(target, {}, {}, signal), 1);
  assert.deepEqual(asked, [0, 1]);
});

test("what a server answers is the answer", async () => {
  const { transport, asked } = scene(notFound, undefined);
  await assert.rejects(transport.get(target, {}, signal), notFound);
  assert.deepEqual(asked, [0]);
});

test("with nobody there each is asked once, and the first that comes back is found", async () => {
  const { transport, asked, failures } = scene(refused, refused);
  await assert.rejects(transport.get(target, {}, signal), refused);
  assert.deepEqual(asked, [0, 1]);
  failures[1] = undefined;
  assert.equal(await transport.get(target, {}, signal), 1);
  assert.throws(() => new FailoverTransport([]), /there are no servers/);
});
