import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Endpoint, EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts";
import { type EndpointGroup, planSlices, portsKey, type SlicePlan, type SliceState } from "./plan.ts";

const template = { generateName: "s-", namespace: "ns", labels: { a: "b" }, ownerReferences: [] };
const endpoint = (id: number, ready = true): Endpoint => ({ addresses: [`10.0.${id >> 8}.${id & 255}`], conditions: { ready }, targetRef: { uid: `u${id}` } });
const group = (port: number, ids: readonly number[]): EndpointGroup => ({ ports: [{ name: "", port }], endpoints: ids.map((id) => endpoint(id)) });
const range = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);

let names = 0;
function apply(slices: readonly EndpointSlice[], plan: SlicePlan): EndpointSlice[] {
  const gone = new Set([...plan.delete, ...plan.update].map((slice) => slice.metadata.name));
  const created = plan.create.map((draft) => ({
    apiVersion: "x",
    kind: "EndpointSlice",
    ...draft,
    metadata: { ...draft.metadata, name: `s-${names++}`, uid: `${names}` },
  }));
  return [...slices.filter((slice) => !gone.has(slice.metadata.name)), ...plan.update, ...created] as EndpointSlice[];
}

function plan(slices: readonly EndpointSlice[], groups: readonly EndpointGroup[], more: Partial<SliceState> = {}): SlicePlan {
  return planSlices({ template, addressType: "IPv4", groups, slices, maxPerSlice: 100, placeholder: true, ...more });
}

const writes = ({ create, update, delete: remove }: SlicePlan) => [create.length, update.length, remove.length];
const sizes = (slices: readonly EndpointSlice[]) => slices.map((slice) => slice.endpoints?.length ?? 0).sort((a, b) => a - b);

describe("endpoint slices", () => {
  test("a service without endpoints has one empty slice without ports, and keeps it", () => {
    const slices = apply([], plan([], []));
    assert.deepEqual(
      slices.map((slice) => [slice.endpoints, slice.ports]),
      [[[], []]],
    );
    assert.deepEqual(writes(plan(slices, [])), [0, 0, 0]);
  });

  test("the empty slice is filled when the first endpoint comes, and emptied when the last goes", () => {
    const empty = apply([], plan([], []));
    const one = plan(empty, [group(80, [1])]);
    assert.deepEqual(writes(one), [0, 1, 0]);
    assert.deepEqual(writes(plan(apply(empty, one), [])), [0, 1, 0]);
  });

  test("two sets of ports are two slices", () => {
    assert.deepEqual(writes(plan([], [group(80, [1]), group(81, [2])])), [2, 0, 0]);
  });

  test("never more than a hundred endpoints in one", () => {
    assert.deepEqual(sizes(apply([], plan([], [group(80, range(250))]))), [50, 100, 100]);
  });

  test("one changed endpoint changes one slice", () => {
    const slices = apply([], plan([], [group(80, range(250))]));
    const changed = {
      ports: group(80, []).ports,
      endpoints: [
        endpoint(3, false),
        ...range(250)
          .filter((id) => id !== 3)
          .map((id) => endpoint(id)),
      ],
    };
    assert.deepEqual(writes(plan(slices, [changed])), [0, 1, 0]);
  });

  test("new endpoints go where there is room before another slice is made", () => {
    const slices = apply([], plan([], [group(80, range(150))]));
    assert.deepEqual(writes(plan(slices, [group(80, range(180))])), [0, 1, 0]);
  });

  test("whatever the history, every endpoint is in exactly one slice, and a second look changes nothing", () => {
    let seed = 7;
    const random = (limit: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed % limit;
    };
    let slices: EndpointSlice[] = [];
    for (let round = 0; round < 200; round++) {
      const groups = range(random(4)).map((port) => group(80 + port, [...new Set(range(random(30)).map(() => random(60) + port * 1000))]));
      const full = groups.filter((item) => item.endpoints.length > 0);
      slices = apply(slices, plan(slices, full, { maxPerSlice: 5 }));
      const found = slices.flatMap((slice) => (slice.endpoints ?? []).map((item) => `${portsKey(slice.ports)} ${item.addresses[0]}`)).sort();
      const wanted = full.flatMap((item) => item.endpoints.map((one) => `${portsKey(item.ports)} ${one.addresses[0]}`)).sort();
      assert.deepEqual(found, wanted);
      assert.ok(slices.every((slice) => (slice.endpoints?.length ?? 0) <= 5));
      assert.deepEqual(writes(plan(slices, full, { maxPerSlice: 5 })), [0, 0, 0]);
    }
  });
});
