import assert from "node:assert/strict";
import { test } from "node:test";
import { allDefinitions } from "../../api/index.ts";
import { parseApiVersion } from "../../machinery/object.ts";
import { deleteOptionsMismatch, kindMismatch } from "./registered-kinds.ts";

const of = (text: string) => {
  const [apiVersion = "", kind = ""] = text.split(" ");
  return { ...parseApiVersion(apiVersion), kind };
};

const scheme = 'in scheme "pkg/api/legacyscheme/scheme.go:30"';

test("a body of another kind is refused by whether that kind is known", () => {
  const cases: [found: string, wanted: string, problem: string | undefined][] = [
    ["v1 Pod", "v1 Pod", undefined],
    ["v1 Foo", "v1 Pod", `no kind "Foo" is registered for version "v1" ${scheme}`],
    ["v2 Pod", "v1 Pod", `no kind "Pod" is registered for version "v2" ${scheme}`],
    ["apps/v1 Pod", "v1 Pod", `no kind "Pod" is registered for version "apps/v1" ${scheme}`],
    ["v1 Service", "v1 Pod", "converting (v1.Service) to (core.Pod): unknown conversion"],
    ["v1 PodList", "v1 Pod", "converting (v1.PodList) to (core.Pod): unknown conversion"],
    ["v1 List", "v1 Pod", "converting (v1.List) to (core.Pod): unknown conversion"],
    ["apps/v1beta2 Deployment", "v1 Pod", "converting (v1beta2.Deployment) to (core.Pod): unknown conversion"],
    ["apps/v1beta2 DeleteOptions", "v1 Pod", "converting (v1.DeleteOptions) to (core.Pod): unknown conversion"],
    ["anything/v9 Status", "v1 Pod", "converting (v1.Status) to (core.Pod): unknown conversion"],
    ["meta.k8s.io/v1 Table", "v1 Pod", `no kind "Table" is registered for version "meta.k8s.io/v1" ${scheme}`],
    ["rbac.authorization.k8s.io/v1 ClusterRole", "rbac.authorization.k8s.io/v1 Role", "converting (v1.ClusterRole) to (rbac.Role): unknown conversion"],
    // The same kind in another version is decoded first, and refused by its version.
    ["apps/v1beta1 Deployment", "apps/v1 Deployment", undefined],
    ["extensions/v1beta1 Deployment", "apps/v1 Deployment", undefined],
    ["autoscaling/v2 HorizontalPodAutoscaler", "autoscaling/v1 HorizontalPodAutoscaler", undefined],
    ["events.k8s.io/v1 Event", "v1 Event", undefined],
    ["example.com/v1 Widget", "example.com/v1 Widget", undefined],
  ];
  for (const [found, wanted, problem] of cases) assert.equal(kindMismatch(of(found), of(wanted)), problem, `${found} as ${wanted}`);
});

test("DeleteOptions may claim any version", () => {
  const elsewhere = 'in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"';
  const cases: [found: string, problem: string | undefined][] = [
    ["v1 DeleteOptions", undefined],
    ["nonsense/v7 DeleteOptions", undefined],
    ["v1 Pod", `no kind "Pod" is registered for version "v1" ${elsewhere}`],
    ["v1 GetOptions", `no kind "GetOptions" is registered for version "v1" ${elsewhere}`],
    ["meta.k8s.io/v1 ListOptions", "converting (v1.ListOptions) to (v1.DeleteOptions): unknown conversion"],
    ["v1 Status", "converting (v1.Status) to (v1.DeleteOptions): unknown conversion"],
  ];
  for (const [found, problem] of cases) assert.equal(deleteOptionsMismatch(of(found)), problem, found);
});

test("every kind that is served is registered, with its list", () => {
  const pod = of("v1 Pod");
  for (const { group, version, kind, virtual } of allDefinitions) {
    const others = virtual === true ? [kind] : [kind, `${kind}List`];
    for (const name of others) assert.doesNotMatch(kindMismatch({ group, version, kind: name }, pod) ?? "", /no kind/, `${group}/${version} ${name}`);
  }
});
