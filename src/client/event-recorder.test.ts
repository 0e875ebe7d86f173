import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeApi } from "../testing/fake-api.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Client } from "./client.ts";
import { ClientEventRecorder } from "./event-recorder.ts";
import { events, nodes, pods } from "./resources.ts";

function scene() {
  const clock = new VirtualClock();
  const api = new FakeApi({ now: () => clock.now() });
  const abort = new AbortController();
  const client = new Client(api.transport, abort.signal);
  const recorder = new ClientEventRecorder({ client, component: "tester", clock, logger: silentLogger, signal: abort.signal });
  const pod = api.put(pods, { metadata: { name: "web", namespace: "ns" }, spec: { containers: [] } });
  return { clock, api, abort, recorder, pod };
}

test("an event names its object, source and time", async () => {
  const { api, recorder, pod } = scene();
  recorder.event(pod, "Normal", "Started", "Started it");
  await recorder.flushed();
  const [event] = api.all(events);
  assert.match(event!.metadata.name, /^web\.[0-9a-f]+$/);
  assert.equal(event!.metadata.namespace, "ns");
  assert.deepEqual(event!.involvedObject, {
    apiVersion: "v1",
    kind: "Pod",
    name: "web",
    namespace: "ns",
    uid: pod.metadata.uid,
    resourceVersion: pod.metadata.resourceVersion,
  });
  const { reason, message, type, source, count, firstTimestamp, lastTimestamp, reportingComponent } = event!;
  assert.deepEqual(
    { reason, message, type, source, count, firstTimestamp, lastTimestamp, reportingComponent },
    {
      reason: "Started",
      message: "Started it",
      type: "Normal",
      source: { component: "tester" },
      count: 1,
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
      reportingComponent: "tester",
    },
  );
});

test("the same event within ten minutes counts up, later it is a new one, and one that expired is written anew", async () => {
  const { clock, api, recorder, pod } = scene();
  const record = async () => {
    recorder.event(pod, "Warning", "BackOff", "Back-off");
    await recorder.flushed();
    return api.all(events).map((event) => event.count);
  };
  await record();
  await clock.advance(60_000);
  assert.deepEqual(await record(), [2]);
  assert.equal(api.all(events)[0]!.lastTimestamp, "2026-01-01T00:01:00Z");
  await clock.advance(11 * 60_000);
  assert.deepEqual(await record(), [2, 1]);
  for (const event of api.all(events)) api.remove(events, "ns", event.metadata.name);
  assert.deepEqual(await record(), [1]);
});

test("more than ten messages of one reason are combined, and an object that never stops is cut off", async () => {
  const { api, recorder, pod } = scene();
  for (let i = 0; i < 60; i++) recorder.event(pod, "Warning", "Failed", `attempt ${i}`);
  await recorder.flushed();
  const written = api.all(events);
  assert.equal(written.length, 11);
  assert.equal(written.at(-1)!.message, "(combined from similar events): attempt 24");
  assert.equal(written.at(-1)!.count, 15);
});

test("events about cluster-scoped objects go to the default namespace", async () => {
  const { api, recorder } = scene();
  recorder.event(api.put(nodes, { metadata: { name: "n1" } }), "Normal", "Ready", "is ready");
  await recorder.flushed();
  assert.equal(api.all(events)[0]!.metadata.namespace, "default");
});

test("failures to write are not thrown, and nothing is recorded once the component has ended", async () => {
  const { api, abort, recorder, pod } = scene();
  api.intercept = () => {
    throw new Error("down");
  };
  recorder.event(pod, "Normal", "A", "a");
  await recorder.flushed();
  abort.abort();
  api.intercept = () => {};
  recorder.event(pod, "Normal", "B", "b");
  await recorder.flushed();
  assert.deepEqual(api.all(events), []);
});
