/** What upstream's field manager (k8s.io/apimachinery 0.36) was seen to record for lists that are sent empty. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deployment } from "../../api/apps/v1/deployment.ts";
import { configMap } from "../../api/core/v1/config-map.ts";
import { endpointSlice } from "../../api/discovery/v1/endpoint-slice.ts";
import { networkPolicy } from "../../api/networking/v1/network-policy.ts";
import { role } from "../../api/rbac/v1/role.ts";
import { decodeValue } from "../decode.ts";
import type { MessageSchema } from "../schema.ts";
import { recordUpdate, withManagedFields } from "./update.ts";

type Step = [manager: string, body: object];

function owners(schema: MessageSchema, steps: readonly Step[]): Record<string, unknown> {
  let live: object | undefined;
  for (const [manager, body] of steps) {
    const { object } = decodeValue(schema, { metadata: { name: "x" }, ...body }, "Ignore");
    live = withManagedFields(object, recordUpdate({ schema, live, object, manager, apiVersion: "v1", now: 0 }));
  }
  const entries = (live as { metadata: { managedFields?: { manager?: string; fieldsV1?: unknown }[] } }).metadata.managedFields ?? [];
  return Object.fromEntries(entries.map((entry) => [entry.manager, entry.fieldsV1]));
}

const sentTwice = (body: object): Step[] => [
  ["a", body],
  ["b", body],
];
const labelled = { metadata: { name: "x", labels: { a: "b" } } };
const labels = { "f:metadata": { "f:labels": { ".": {}, "f:a": {} } } };
const template = { metadata: { labels: {} }, spec: { containers: [{ name: "c", args: [], resources: { limits: {} } }] } };
const container = { ".": {}, "f:name": {}, "f:resources": {} };
const table: [name: string, schema: MessageSchema, steps: Step[], owned: Record<string, unknown>][] = [
  ["a list without omitempty", role, [["a", { rules: [] }]], { a: { "f:rules": {} } }],
  ["null is none", role, [["a", { rules: null }]], {}],
  [
    "where there was none before",
    role,
    [
      ["a", labelled],
      ["b", { ...labelled, rules: [] }],
    ],
    { a: labels, b: { "f:rules": {} } },
  ],
  [
    "sent again, as it was stored: as null",
    role,
    [
      ["a", { rules: [] }],
      ["b", { rules: [] }],
    ],
    { b: { "f:rules": {} } },
  ],
  ["several", endpointSlice, [["a", { addressType: "IPv4", endpoints: [], ports: [] }]], { a: { "f:addressType": {}, "f:endpoints": {}, "f:ports": {} } }],
  ["in a list owned as a whole, with omitempty", role, sentTwice({ rules: [{ verbs: ["get"], resourceNames: [] }] }), { b: { "f:rules": {} } }],
  ["in an object owned as a whole, with omitempty", networkPolicy, sentTwice({ spec: { podSelector: { matchLabels: {} } } }), {}],
  [
    "in an object owned as a whole, in a list",
    deployment,
    sentTwice({ spec: { selector: { matchExpressions: [{ key: "a", operator: "Exists", values: [] }] } } }),
    { b: { "f:spec": { "f:selector": {} } } },
  ],
  ["one with omitempty", networkPolicy, [["a", { spec: { podSelector: {}, ingress: [] } }]], {}],
  ["a map with omitempty", configMap, [["a", { data: {}, metadata: { name: "x", labels: {}, finalizers: [] } }]], {}],
  [
    "inside",
    deployment,
    [["a", { spec: { selector: { matchLabels: {} }, template: { spec: { containers: [] } } } }]],
    { a: { "f:spec": { "f:selector": {}, "f:template": { "f:spec": { "f:containers": {} } } } } },
  ],
  [
    "in what is new as a whole",
    deployment,
    [["a", { spec: { template } }]],
    { a: { "f:spec": { "f:template": { "f:spec": { "f:containers": { 'k:{"name":"c"}': container } } } } } },
  ],
];

for (const [name, schema, steps, owned] of table) test(`owners of empty lists: ${name}`, () => assert.deepEqual(owners(schema, steps), owned));
