import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Event as CoreEvent } from "../../core/v1/event.ts";
import { fromCore, toCore } from "./event.conversion.ts";
import type { Event } from "./event.ts";

const core: CoreEvent = {
  apiVersion: "v1",
  kind: "Event",
  metadata: { name: "e", namespace: "default", uid: "u", managedFields: [{ manager: "m" }] },
  involvedObject: { kind: "Pod", name: "p" },
  reason: "Started",
  message: "it started",
  source: { component: "kubelet", host: "n" },
  firstTimestamp: "2026-01-01T00:00:00Z",
  lastTimestamp: "2026-01-01T00:01:00Z",
  count: 3,
  type: "Normal",
  eventTime: "2026-01-01T00:00:00.000001Z",
  series: { count: 2, lastObservedTime: "2026-01-01T00:01:00.000001Z" },
  action: "Start",
  related: { kind: "Node", name: "n" },
  reportingComponent: "kubelet",
  reportingInstance: "n",
};

describe("events in two groups", () => {
  it("have the same fields under two names", () => {
    const event = fromCore(core);
    assert.equal(event.apiVersion, "events.k8s.io/v1");
    assert.deepEqual(event.regarding, core.involvedObject);
    assert.equal(event.note, core.message);
    assert.equal(event.reportingController, core.reportingComponent);
    assert.deepEqual(event.deprecatedSource, core.source);
    assert.equal(event.deprecatedCount, 3);
  });

  it("lose nothing on the way there and back", () => {
    assert.deepEqual(toCore(fromCore(core)), core);
    const { involvedObject, apiVersion, kind, metadata } = core;
    const bare: CoreEvent = { apiVersion, kind, metadata, involvedObject };
    assert.deepEqual(toCore(fromCore(bare)), bare);
  });

  it("is about something in core, even if the newer group says nothing", () => {
    const { metadata, kind } = core;
    const event: Event = { apiVersion: "events.k8s.io/v1", kind, metadata, eventTime: "2026-01-01T00:00:00.000000Z" };
    assert.deepEqual(toCore(event).involvedObject, {});
  });
});
