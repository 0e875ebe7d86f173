import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ResourceQuota } from "../../api/core/v1/resource-quota.ts";
import { pods, resourceQuotas, secrets } from "../../client/resources.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { builtInResources } from "../shared/discovery.ts";
import { testPod, testStart } from "../shared/test-objects.ts";
import { countedResource } from "./counted-resources.ts";
import { quotaStatus } from "./quota-status.ts";
import { resourceQuotaController } from "./resource-quota-controller.ts";

const quotaOf = (spec: ResourceQuota["spec"], status: ResourceQuota["status"] = {}): ResourceQuota => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name: "q", namespace: "default", uid: "uid-q" },
  spec,
  status,
});

test("every name of a limit belongs to one kind", () => {
  const rows: [string, string | undefined][] = [
    ["pods", "/pods"],
    ["requests.example.com/dongle", "/pods"],
    ["requests.hugepages-2Mi", "/pods"],
    ["hugepages-2Mi", "/pods"],
    ["requests.storage", "/persistentvolumeclaims"],
    ["gold.storageclass.storage.k8s.io/requests.storage", "/persistentvolumeclaims"],
    ["services.nodeports", "/services"],
    ["resourcequotas", "/resourcequotas"],
    ["count/replicasets.apps", "apps/replicasets"],
    ["count/configmaps", "/configmaps"],
    ["flowers", undefined],
  ];
  for (const [name, expected] of rows) {
    const kind = countedResource(name);
    assert.equal(kind === undefined ? undefined : `${kind.group}/${kind.resource}`, expected, name);
  }
});

describe("what is used", () => {
  const pod = (name: string, resources: object, more: object = {}) => {
    const made = testPod(name);
    return { ...made, spec: { ...made.spec, ...more, containers: [{ name: "c", image: "i", resources }] } } as KubeObject;
  };
  const object = (more: object) => ({ metadata: { name: "x", namespace: "default", uid: "u" }, ...more }) as KubeObject;
  const requests = { cpu: "250m", memory: "100Mi", "ephemeral-storage": "1Gi", "example.com/dongle": "2" };
  const pair = [pod("a", { requests, limits: { cpu: "1" } }), pod("b", {}, { activeDeadlineSeconds: 5 })];
  const claim = object({ spec: { storageClassName: "gold", resources: { requests: { storage: "1Gi" } } } });
  const balanced = object({ spec: { type: "LoadBalancer", ports: [{}, {}] } });
  const rows: [string, ResourceQuota["spec"], Record<string, readonly KubeObject[]>, Record<string, string>][] = [
    [
      "requests and limits of pods",
      { hard: { pods: "5", cpu: "1", "requests.memory": "1Gi", "limits.cpu": "2", "ephemeral-storage": "5Gi", "requests.example.com/dongle": "3" } },
      { "/pods": pair },
      { pods: "2", cpu: "250m", "requests.memory": "100Mi", "limits.cpu": "1", "ephemeral-storage": "1Gi", "requests.example.com/dongle": "2" },
    ],
    [
      "ended pods do not count as pods, but are objects",
      { hard: { pods: "1", "count/pods": "1" } },
      { "/pods": [testPod("a", { phase: "Failed" })] },
      { pods: "0", "count/pods": "1" },
    ],
    ["Terminating", { hard: { pods: "5" }, scopes: ["Terminating"] }, { "/pods": pair }, { pods: "1" }],
    ["BestEffort", { hard: { pods: "5" }, scopes: ["BestEffort"] }, { "/pods": pair }, { pods: "1" }],
    ["NotBestEffort", { hard: { pods: "5", cpu: "1" }, scopes: ["NotBestEffort"] }, { "/pods": pair }, { pods: "1", cpu: "250m" }],
    [
      "claims by class",
      {
        hard: {
          persistentvolumeclaims: "5",
          "requests.storage": "5Gi",
          "gold.storageclass.storage.k8s.io/requests.storage": "5Gi",
          "tin.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
        },
      },
      { "/persistentvolumeclaims": [claim] },
      {
        persistentvolumeclaims: "1",
        "requests.storage": "1Gi",
        "gold.storageclass.storage.k8s.io/requests.storage": "1Gi",
        "tin.storageclass.storage.k8s.io/persistentvolumeclaims": "0",
      },
    ],
    [
      "a load balancer takes node ports",
      { hard: { services: "5", "services.nodeports": "5", "services.loadbalancers": "1" } },
      { "/services": [balanced] },
      { services: "1", "services.nodeports": "2", "services.loadbalancers": "1" },
    ],
    ["what nobody counts is left out", { hard: { flowers: "5", "count/widgets.example.com": "1" } }, {}, {}],
  ];
  for (const [name, spec, counted, used] of rows) {
    test(name, () => assert.deepEqual(quotaStatus(quotaOf(spec), new Map(Object.entries(counted)), testStart), { hard: spec.hard, used }));
  }
});

test("counts again as objects come and go, and after a pod's grace", async () => {
  const { api, start, settle, end } = controllerScene();
  const used = () => api.all(resourceQuotas)[0]?.status?.used;
  api.put(resourceQuotas, quotaOf({ hard: { pods: "5", secrets: "3", resourcequotas: "1" } }));
  api.put(pods, testPod("a"));
  await start(resourceQuotaController(async () => builtInResources()));
  await settle(200);
  assert.deepEqual(used(), { pods: "1", secrets: "0", resourcequotas: "1" });
  api.put(secrets, { metadata: { name: "s", namespace: "default" } });
  api.put(pods, testPod("b", { deleting: true }));
  await settle(200);
  assert.deepEqual(used(), { pods: "2", secrets: "1", resourcequotas: "1" });
  await settle(31_000);
  assert.deepEqual(used(), { pods: "1", secrets: "1", resourcequotas: "1" });
  await end();
});

test("a new limit shows at once; a status somebody else wrote stands for a while and is repaired", async () => {
  const { api, start, settle, end } = controllerScene();
  api.put(resourceQuotas, quotaOf({ hard: { pods: "5" } }));
  await start(resourceQuotaController(async () => builtInResources()));
  await settle(200);
  const quota = () => api.all(resourceQuotas)[0]!;
  api.put(resourceQuotas, { ...quota(), spec: { hard: { pods: "7" } } });
  await settle();
  assert.deepEqual(quota().status, { hard: { pods: "7" }, used: { pods: "0" } });
  api.put(resourceQuotas, { ...quota(), status: { hard: { pods: "99" }, used: { pods: "3" } } });
  await settle(1000);
  assert.equal(quota().status?.hard?.["pods"], "99");
  await settle(5000);
  assert.deepEqual(quota().status, { hard: { pods: "7" }, used: { pods: "0" } });
  const { requests } = api;
  const before = requests.length;
  await settle(60_000);
  assert.deepEqual(requests.slice(before), [], "nothing is written when nothing changes");
  await end();
});
