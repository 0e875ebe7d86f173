import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClusterRole, clusterRoles } from "../../api/rbac/v1/cluster-role.ts";
import { FakeApi } from "../../testing/fake-api.ts";
import { silentLogger } from "../../testing/silent-logger.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { FakeReader } from "../admission/fake-reader.ts";
import { object } from "../authentication/fixtures.ts";
import type { ObjectReader } from "../contract.ts";
import { aggregatedRules, startRoleAggregation } from "./aggregation.ts";

const podRule = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
const nodeRule = { verbs: ["get"], apiGroups: [""], resources: ["nodes"] };

function part(name: string, labels: Record<string, string>, ...rules: ClusterRole["rules"] & object): ClusterRole {
  return object<ClusterRole>("ClusterRole", name, "", { metadata: { labels }, rules });
}

function sum(name: string, label: string, rules: ClusterRole["rules"] & object = []): ClusterRole {
  return object<ClusterRole>("ClusterRole", name, "", { rules, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: "true" } }] } });
}

test("an aggregating role holds each rule of the selected roles once, in order of role names", () => {
  const all = [part("z", { a: "true" }, podRule), part("b", { a: "true" }, nodeRule, podRule), part("c", { a: "false" }, { ...podRule, verbs: ["delete"] })];
  assert.deepEqual(aggregatedRules(sum("s", "a"), all), [nodeRule, podRule]);
  assert.equal(aggregatedRules(part("p", {}), all), undefined);
});

test("the loop writes what is stale until nothing is, and ends with its signal", async () => {
  const api = new FakeApi();
  const clock = new VirtualClock();
  const ended = new AbortController();
  const reader = new FakeReader();
  const put = (role: ClusterRole): void => void reader.put(clusterRoles, api.put<ClusterRole>(clusterRoles, role));
  put(part("view-parts", { "to-view": "true" }, podRule));
  put({ ...sum("view", "to-view"), metadata: { ...sum("view", "to-view").metadata, labels: { "to-edit": "true" } } });
  put(sum("edit", "to-edit", [nodeRule]));
  startRoleAggregation({ reader: reader as ObjectReader, transport: api.transport, clock, logger: silentLogger, signal: ended.signal });
  const rules = (name: string) => api.all<ClusterRole>(clusterRoles).find((role) => role.metadata.name === name)?.rules;
  for (let round = 0; round < 3; round++) {
    await clock.advance(100);
    for (const role of api.all<ClusterRole>(clusterRoles)) reader.put(clusterRoles, role);
  }
  await clock.advance(100);
  assert.deepEqual([rules("view"), rules("edit")], [[podRule], [podRule]]);
  const { revision } = api;
  reader.put(clusterRoles, part("unrelated", {}, nodeRule));
  await clock.advance(100);
  assert.equal(api.revision, revision);
  reader.put(clusterRoles, part("unrelated", {}, podRule));
  ended.abort();
  await clock.advance(5000);
  assert.equal(clock.pending, 0);
});
