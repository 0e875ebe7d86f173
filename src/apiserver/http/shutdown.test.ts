/** What clients of a server that closes see: GOAWAY or `Connection: close`, and the answer to what they had asked. */
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { Agent, request } from "node:https";
import { test } from "node:test";
import { pods } from "../../api/core/v1/pod.ts";
import { type HttpScene, startHttpScene } from "../../testing/api-server/http-scene.ts";
import type { HandlerFactory } from "../contract.ts";

const maps = "/api/v1/namespaces/default/configmaps";

interface SlowScene extends HttpScene {
  /** A request for `slow` is under way. */
  readonly asked: Promise<void>;
  answer(): void;
}

/** A server with a subresource that answers when it is told to. */
async function slowScene(drainMs = 5_000): Promise<SlowScene> {
  const asked = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  const slow: HandlerFactory = () => ({
    subresources: [
      {
        definition: pods,
        subresource: "slow",
        kind: { group: "", version: "v1", kind: "Pod" },
        verbs: ["get"],
        handle: async () => {
          asked.resolve();
          await told.promise;
          return { kind: "Pod", apiVersion: "v1", metadata: { name: "slow", uid: "u" } };
        },
      },
    ],
  });
  const scene = await startHttpScene({ handlers: [slow], drainMs });
  return { ...scene, asked: asked.promise, answer: () => told.resolve() };
}

const slowPath = "/api/v1/namespaces/default/pods/p/slow";

test("HTTP/2: GOAWAY, watches end, requests under way are answered, no new connection", async () => {
  const scene = await slowScene();
  const session = connect(scene.url, { ca: scene.ca });
  session.on("error", () => undefined);
  const toldToGo = new Promise((resolve) => session.once("goaway", resolve));
  const watching = scene.get(`${maps}?watch=1`);
  await new Promise<void>((resolve) => session.request({ ":path": "/version" }).on("close", resolve).resume());
  const slow = new Promise<number>((resolve, reject) => {
    const stream = session.request({ ":path": slowPath });
    stream.on("response", (headers) => resolve(headers[":status"] ?? 0));
    stream.on("error", reject);
    stream.resume();
  });
  await scene.asked;
  const closing = scene.server.close();
  await toldToGo;
  assert.equal((await watching).code, 200);
  await assert.rejects(
    new Promise((_resolve, reject) => {
      connect(scene.url, { ca: scene.ca }).on("error", reject);
    }),
    /ECONNREFUSED/,
  );
  scene.answer();
  assert.equal(await slow, 200);
  await closing;
  await scene.close();
});

test("HTTP/1.1: the answer says that the connection closes", async () => {
  const scene = await slowScene();
  const agent = new Agent({ keepAlive: true, ca: scene.ca });
  const answer = new Promise<{ code: number | undefined; connection: string | undefined }>((resolve, reject) => {
    const asked = request({ agent, host: "127.0.0.1", port: scene.port, path: slowPath }, (response) => {
      response.resume();
      resolve({ code: response.statusCode, connection: response.headers.connection });
    });
    asked.on("error", reject);
    asked.end();
  });
  await scene.asked;
  const closing = scene.server.close();
  scene.answer();
  assert.deepEqual(await answer, { code: 200, connection: "close" });
  await closing;
  agent.destroy();
  await scene.close();
});

test("what does not end in time is answered with 503", async () => {
  const scene = await slowScene(50);
  const answer = scene.get(slowPath);
  await scene.asked;
  const closing = scene.server.close();
  const { code, body } = await answer;
  assert.deepEqual([code, body.reason], [503, "ServiceUnavailable"]);
  await closing;
  scene.answer();
  await scene.close();
});
