import assert from "node:assert/strict";
import { test } from "node:test";
import { allDefinitions } from "../api/index.ts";
import { servedChoice } from "./runtime-config.ts";

const served = (...entries: string[]) => {
  const isServed = servedChoice(entries, allDefinitions);
  return allDefinitions.filter(isServed).map(({ group, version, resource }) => `${group}/${version}/${resource}`);
};
const all = served();

test("versions override stages, and resources override versions, in whatever order they come", () => {
  assert.equal(all.length, allDefinitions.length);
  assert.deepEqual(served("apps/v1/daemonsets=true", "apps/v1=false", "api/all=false", "/v1=true").slice(-1), ["apps/v1/daemonsets"]);
  const onlyCore = served("api/all=false", "/v1");
  assert.ok(onlyCore.length > 10 && onlyCore.every((name) => name.startsWith("/v1/")));
  assert.deepEqual(served("api/all=false", "api/ga=true"), all);
  assert.deepEqual(served("api/beta=false", "api/alpha=false"), all);
  assert.deepEqual(
    all.filter((name) => !served("autoscaling/v1=false", "apps/v1/replicasets=F").includes(name)),
    ["apps/v1/replicasets", "autoscaling/v1/horizontalpodautoscalers"],
  );
  assert.deepEqual(served("apps/v1=false", "apps/v1=true"), all, "the last one counts");
  assert.deepEqual(served("policy/v1beta1=false", "apps/v1/unheard=false", "storagemigration.k8s.io/v1beta1=false"), all, "what is not there may be off");
});

test("what cannot be is refused in Kubernetes' words, and what is not there plainly", () => {
  const cases: [entries: string[], expected: RegExp][] = [
    [["api/all=false"], /invalid key with only api\/all=false$/],
    [["api/all=maybe"], /invalid value api\/all=maybe$/],
    [["apps"], /runtime-config invalid key apps$/],
    [["apps/v1/deployments/scale=false"], /runtime-config invalid key apps\/v1\/deployments\/scale$/],
    [["example.com/v1=true"], /unknown api groups example\.com$/],
    [["api/v1=true"], /unknown api groups api$/],
    [["apps/v9=true"], /group version apps\/v9 that has not been registered$/],
    [["apps/v1=maybe"], /invalid value of apps\/v1: maybe, err: strconv\.ParseBool: parsing "maybe": invalid syntax$/],
    [["apps/v1/Deployments=false"], /invalid key apps\/v1\/Deployments: group\/version\/resource and resource is always lowercase plural, not "Deployments"$/],
    [["resource.k8s.io/v1beta2=true"], /cannot use --runtime-config resource\.k8s\.io\/v1beta2=true: this API server does not have it$/],
    [["apps/v1/unheard"], /apps\/v1\/unheard=true: this API server does not have it$/],
    [["api/beta=true"], /api\/beta=true: this API server does not have admissionregistration\.k8s\.io\/v1beta1, /],
  ];
  for (const [entries, expected] of cases) assert.throws(() => servedChoice(entries, allDefinitions), expected, entries.join());
});
