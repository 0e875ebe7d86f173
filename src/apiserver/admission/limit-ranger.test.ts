import assert from "node:assert/strict";
import { test } from "node:test";
import { type LimitRange, type LimitRangeItem, limitRanges } from "../../api/core/v1/limit-range.ts";
import { type PersistentVolumeClaim, persistentVolumeClaims } from "../../api/core/v1/persistent-volume-claim.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import { object, testPod } from "../authentication/fixtures.ts";
import { FakeReader } from "./fake-reader.ts";
import { refusalOf, run } from "./fixtures.ts";
import { limitRanger } from "./limit-ranger.ts";

type Resources = { requests?: Record<string, string>; limits?: Record<string, string> };

function pluginWith(...limits: LimitRangeItem[]) {
  return limitRanger(new FakeReader().put(limitRanges, object<LimitRange>("LimitRange", "l", "shop", { spec: { limits } })));
}

function podWith(resources: Resources, second?: Resources): Pod {
  const containers = [{ name: "a", resources }, ...(second === undefined ? [] : [{ name: "b", resources: second }])];
  return testPod("web", "shop", { containers });
}

test("containers without resources get the defaults, and the pod says so", async () => {
  const plugin = pluginWith({ type: "Container", default: { cpu: "500m", memory: "500Mi" }, defaultRequest: { cpu: "100m", memory: "200Mi" } });
  const admitted = (await run(plugin, { definition: pods, object: podWith({}, { limits: { cpu: "300m" }, requests: { cpu: "300m" } }) })).object as Pod;
  assert.deepEqual(
    admitted.spec?.containers.map((container) => container.resources),
    [
      { requests: { cpu: "100m", memory: "200Mi" }, limits: { cpu: "500m", memory: "500Mi" } },
      { requests: { cpu: "300m", memory: "200Mi" }, limits: { cpu: "300m", memory: "500Mi" } },
    ],
  );
  assert.equal(
    admitted.metadata.annotations?.["kubernetes.io/limit-ranger"],
    "LimitRanger plugin set: cpu, memory request for container a; cpu, memory limit for container a; memory request for container b; memory limit for container b",
  );
  const init = (await run(plugin, { definition: pods, object: testPod("web", "shop", { containers: [], initContainers: [{ name: "i" }] }) })).object as Pod;
  assert.match(init.metadata.annotations?.["kubernetes.io/limit-ranger"] ?? "", /request for init container i/);
});

test("of several LimitRanges the first one's default counts, and the first one that refuses speaks; it says nothing twice", async () => {
  const range = (name: string, item: LimitRangeItem) => object<LimitRange>("LimitRange", name, "shop", { spec: { limits: [item] } });
  const plugin = limitRanger(
    new FakeReader().put(
      limitRanges,
      range("a", { type: "Container", default: { cpu: "1" }, max: { cpu: "1" } }),
      range("b", { type: "Container", default: { cpu: "2", memory: "1Gi" }, max: { memory: "2Gi" } }),
    ),
  );
  const admitted = (await run(plugin, { definition: pods, object: podWith({}) })).object as Pod;
  assert.deepEqual(admitted.spec?.containers[0]?.resources?.limits, { cpu: "1", memory: "1Gi" });
  assert.equal(
    await refusalOf(plugin, { definition: pods, object: podWith({ limits: { cpu: "2", memory: "4Gi" } }, { limits: { cpu: "2" } }) }),
    'pods "web" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
  );
});

test("bounds are enforced in the words of Kubernetes", async () => {
  const cases: [LimitRangeItem, Pod, string][] = [
    [{ type: "Container", min: { cpu: "50m" } }, podWith({ requests: { cpu: "50m" } }), ""],
    [{ type: "Container", min: { cpu: "50m" } }, podWith({ requests: { cpu: "10m" } }), "minimum cpu usage per Container is 50m, but request is 10m"],
    [{ type: "Container", min: { cpu: "50m" } }, podWith({}), "minimum cpu usage per Container is 50m.  No request is specified"],
    [{ type: "Container", max: { memory: "1Gi" } }, podWith({ limits: { memory: "2Gi" } }), "maximum memory usage per Container is 1Gi, but limit is 2Gi"],
    [{ type: "Container", max: { memory: "1Gi" } }, podWith({}), "maximum memory usage per Container is 1Gi.  No limit is specified"],
    [
      { type: "Container", min: { cpu: "1" }, max: { memory: "1Gi" } },
      podWith({ requests: { cpu: "500m" }, limits: { memory: "2Gi" } }),
      "[minimum cpu usage per Container is 1, but request is 500m, maximum memory usage per Container is 1Gi, but limit is 2Gi]",
    ],
    [
      { type: "Container", maxLimitRequestRatio: { cpu: "2" } },
      podWith({ requests: { cpu: "100m" }, limits: { cpu: "500m" } }),
      "cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000",
    ],
    [
      { type: "Pod", max: { cpu: "1" } },
      podWith({ limits: { cpu: "600m" } }, { limits: { cpu: "600m" } }),
      "maximum cpu usage per Pod is 1, but limit is 1200m",
    ],
    [{ type: "Pod", max: { memory: "1Gi" } }, podWith({ limits: { memory: "512Mi" } }, { limits: { memory: "512Mi" } }), ""],
  ];
  for (const [item, pod, reason] of cases) {
    const expected = reason === "" ? "" : `pods "web" is forbidden: ${reason}`;
    assert.equal(await refusalOf(pluginWith(item), { definition: pods, object: pod }), expected);
  }
});

test("claims are bounded by their requests; other writes of pods are not looked at", async () => {
  const plugin = pluginWith({ type: "PersistentVolumeClaim", min: { storage: "1Gi" }, max: { storage: "5Gi" } });
  const claim = (storage: string) => object<PersistentVolumeClaim>("PersistentVolumeClaim", "d", "shop", { spec: { resources: { requests: { storage } } } });
  assert.equal(await refusalOf(plugin, { definition: persistentVolumeClaims, object: claim("2Gi") }), "");
  assert.match(
    await refusalOf(plugin, { definition: persistentVolumeClaims, object: claim("6Gi") }),
    /maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi$/,
  );
  assert.match(
    await refusalOf(plugin, { definition: persistentVolumeClaims, object: claim("1Mi") }),
    /minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi$/,
  );
  const strict = pluginWith({ type: "Container", max: { cpu: "1m" } });
  assert.equal(await refusalOf(strict, { definition: pods, object: podWith({}), oldObject: podWith({}) }), "");
});
