/** What types of k8s.io/api 0.36 print of fields that are nil, and what objects of ours hold of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pod } from "../api/core/v1/pod.ts";
import { secret } from "../api/core/v1/secret.ts";
import { endpointSlice } from "../api/discovery/v1/endpoint-slice.ts";
import { role } from "../api/rbac/v1/role.ts";
import { allSchemas, randomObject, seeded } from "./fake-objects.ts";
import { parseJson, stringifyJson } from "./json-codec.ts";
import { dropNulls, withNulls } from "./nil-fields.ts";
import type { MessageSchema } from "./schema.ts";

const table: [name: string, schema: MessageSchema, object: object, shown: object][] = [
  ["a list without omitempty", role, { metadata: { name: "a" } }, { metadata: { name: "a" }, rules: null }],
  ["one that has elements", role, { rules: [{ verbs: ["get"] }] }, { rules: [{ verbs: ["get"] }] }],
  ["several", endpointSlice, { addressType: "IPv4" }, { addressType: "IPv4", endpoints: null, ports: null }],
  [
    "times of conditions, and no others",
    pod,
    { spec: { containers: [] }, status: { conditions: [{ type: "Ready", lastTransitionTime: "2026-01-01T00:00:00Z" }] } },
    { spec: { containers: [] }, status: { conditions: [{ type: "Ready", lastTransitionTime: "2026-01-01T00:00:00Z", lastProbeTime: null }] } },
  ],
  [
    "those of containers that have ended",
    pod,
    { status: { containerStatuses: [{ name: "a", state: { terminated: { exitCode: 0 } } }] } },
    { status: { containerStatuses: [{ name: "a", state: { terminated: { exitCode: 0, startedAt: null, finishedAt: null } } }] } },
  ],
  [
    "sources of a volume",
    pod,
    { spec: { containers: [], volumes: [{ name: "a", projected: {} }] } },
    { spec: { containers: [], volumes: [{ name: "a", projected: { sources: null } }] } },
  ],
  ["creationTimestamp is left out since 1.34", secret, { metadata: {} }, { metadata: {} }],
];

for (const [name, schema, object, shown] of table) {
  test(`nulls that clients see: ${name}`, () => {
    const text = JSON.stringify(object);
    const printed = withNulls(schema, object);
    assert.deepEqual(printed, shown);
    assert.equal(JSON.stringify(object), text);
    const parsed = JSON.parse(JSON.stringify(printed)) as object;
    dropNulls(schema, parsed);
    assert.equal(JSON.stringify(parsed), text);
  });
}

test("objects without any are themselves", () => {
  const object = { metadata: { name: "a" }, data: { a: "b" } };
  assert.equal(withNulls(secret, object), object);
});

test("of any object, no more comes back than there was", async () => {
  const random = seeded(7);
  for (const [name, schema] of await allSchemas()) {
    const object = randomObject(schema, random);
    const parsed = parseJson(stringifyJson(withNulls(schema, object))) as object;
    dropNulls(schema, parsed);
    assert.equal(stringifyJson(parsed), stringifyJson(object), name);
  }
});
