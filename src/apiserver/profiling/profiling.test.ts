import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";
import { startHttpScene } from "../../testing/api-server/http-scene.ts";
import { cpuProfile, heapProfile } from "./engine-profiles.ts";
import { encodeProfile } from "./pprof.ts";

/** google/pprof's own definition, as far as it is written. */
const { root } = protobuf.parse(`syntax = "proto3";
message Profile { repeated ValueType sample_type = 1; repeated Sample sample = 2; repeated Location location = 4; repeated Function function = 5;
  repeated string string_table = 6; int64 time_nanos = 9; int64 duration_nanos = 10; ValueType period_type = 11; int64 period = 12; }
message ValueType { int64 type = 1; int64 unit = 2; }
message Sample { repeated uint64 location_id = 1; repeated int64 value = 2; }
message Location { uint64 id = 1; uint64 mapping_id = 2; uint64 address = 3; repeated Line line = 4; }
message Line { uint64 function_id = 1; int64 line = 2; }
message Function { uint64 id = 1; int64 name = 2; int64 system_name = 3; string unused = 9; int64 filename = 4; int64 start_line = 5; }`);
const type = root.lookupType("Profile");

interface Read {
  stringTable: string[];
  sampleType: { type: number; unit: number }[];
  sample: { locationId: number[]; value: number[] }[];
  location: { id: number; line: { functionId: number; line: number }[] }[];
  function: { id: number; name: number; filename: number }[];
  timeNanos: number;
  durationNanos: number;
}

/** Stacks as texts, with their values. */
function read(bytes: Uint8Array): { types: string[]; samples: [stack: string, ...values: number[]][]; profile: Read } {
  const profile = type.toObject(type.decode(bytes), { longs: Number, arrays: true }) as Read;
  const text = (index: number) => profile.stringTable[index]!;
  const place = (id: number) => {
    const { line } = profile.location.find((each) => each.id === id)!;
    const called = profile.function.find((each) => each.id === line[0]!.functionId)!;
    return `${text(called.name)} ${text(called.filename)}:${line[0]!.line}`;
  };
  return {
    types: profile.sampleType.map(({ type, unit }) => `${text(type)} ${text(unit)}`),
    samples: profile.sample.map(({ locationId, value }) => [locationId.map(place).join(" < "), ...value]),
    profile,
  };
}

const frame = (functionName: string, lineNumber = 0) => ({ functionName, scriptId: "1", url: "file:///a.js", lineNumber, columnNumber: 0 });
const taken = { startedAt: Date.UTC(2026, 0, 1), durationMs: 250 };

test("time is told by stacks, and idling is not", () => {
  const nodes = [
    { id: 1, callFrame: frame("(root)"), children: [2, 4] },
    { id: 2, callFrame: frame("serve", 9), children: [3] },
    { id: 3, callFrame: frame("", 19) },
    { id: 4, callFrame: frame("(idle)") },
  ];
  const profile = { nodes, startTime: 0, endTime: 4_000, samples: [3, 2, 4, 3], timeDeltas: [1_000, 900, 1_100, 1_000] };
  const { types, samples, profile: whole } = read(encodeProfile(cpuProfile(profile, 1_000, taken)));
  assert.deepEqual(types, ["samples count", "cpu nanoseconds"]);
  assert.deepEqual(samples, [
    ["(anonymous) file:///a.js:20 < serve file:///a.js:10", 2, 2_000_000],
    ["serve file:///a.js:10", 1, 900_000],
  ]);
  assert.deepEqual([whole.timeNanos, whole.durationNanos, whole.stringTable[0]], [taken.startedAt * 1e6, 250e6, ""]);
});

test("memory is told by what was allocated where", () => {
  const leaf = { callFrame: frame("parse", 4), selfSize: 65_536, id: 2, children: [] };
  const head = { callFrame: frame("(root)"), selfSize: 0, id: 1, children: [leaf] };
  const { types, samples } = read(encodeProfile(heapProfile({ head }, 32_768, taken)));
  assert.deepEqual([types, samples], [["inuse_objects count", "inuse_space bytes"], [["parse file:///a.js:5", 2, 65_536]]]);
});

test("/debug/pprof/ serves them, one at a time, unless that is switched off", async () => {
  const scene = await startHttpScene();
  const [profile, refused] = await Promise.all([scene.get("/debug/pprof/profile?seconds=0.2"), scene.get("/debug/pprof/heap?seconds=0.1")]);
  assert.deepEqual([profile.code, refused.code, profile.headers["content-type"]], [200, 409, "application/octet-stream"]);
  assert.ok(read(gunzipSync(profile.bytes)).profile.durationNanos >= 190e6);
  const heap = await scene.get("/debug/pprof/heap?seconds=0.1");
  assert.deepEqual(read(gunzipSync(heap.bytes)).types, ["inuse_objects count", "inuse_space bytes"]);
  assert.match((await scene.get("/debug/pprof/")).text, /\/debug\/pprof\/profile: /);
  for (const path of ["/debug/pprof/absent", "/debug/pprof/constructor"]) assert.equal((await scene.get(path)).code, 404, path);
  await scene.close();
  const without = await startHttpScene({ profiling: false });
  assert.equal((await without.get("/debug/pprof/profile?seconds=0.1")).code, 404);
  await without.close();
});
