import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/core/v1/pod.ts";
import { admitPod } from "./admission.ts";
import { testPod } from "./testing.ts";

const node = {
  metadata: { name: "n", uid: "n", labels: { disk: "ssd" } },
  spec: { taints: [{ key: "gone", effect: "NoExecute" }] },
  status: { allocatable: { cpu: "1", memory: "1Gi", pods: "3" } },
};
const tolerant = { tolerations: [{ operator: "Exists" }] };
const port = (hostPort: number, hostIP?: string, protocol?: string) =>
  testPod({
    ...tolerant,
    containers: [
      { name: "main", ports: [{ containerPort: 80, hostPort, ...(hostIP === undefined ? {} : { hostIP }), ...(protocol === undefined ? {} : { protocol }) }] },
    ],
  });
const cpu = (quantity: string) => testPod({ ...tolerant, containers: [{ name: "main", resources: { requests: { cpu: quantity } } }] });

const scenarios: { name: string; pod: Pod; others?: Pod[]; reason: string | undefined }[] = [
  { name: "a pod that fits is taken", pod: testPod(tolerant), reason: undefined },
  { name: "the same host port clashes", pod: port(80), others: [port(80)], reason: "NodePorts" },
  { name: "0.0.0.0 covers every address", pod: port(80, "127.0.0.1"), others: [port(80)], reason: "NodePorts" },
  { name: "addresses may differ", pod: port(80, "127.0.0.1"), others: [port(80, "10.0.0.1")], reason: undefined },
  { name: "protocols may differ", pod: port(80, undefined, "UDP"), others: [port(80)], reason: undefined },
  { name: "the node selector must match", pod: testPod({ ...tolerant, nodeSelector: { disk: "hdd" } }), reason: "NodeAffinity" },
  {
    name: "required node affinity must match",
    pod: testPod({
      ...tolerant,
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "NotIn", values: ["ssd"] }] }] },
        },
      },
    }),
    reason: "NodeAffinity",
  },
  { name: "another operating system is refused", pod: testPod({ ...tolerant, os: { name: "windows" } }), reason: "PodOSNotSupported" },
  {
    name: "its label too",
    pod: testPod({ ...tolerant, nodeSelector: { "kubernetes.io/os": "windows" } }),
    reason: "PodOSSelectorNodeLabelDoesNotMatch",
  },
  { name: "NoExecute taints must be tolerated", pod: testPod(), reason: "TaintToleration" },
  { name: "resources must suffice beside the other pods", pod: cpu("600m"), others: [cpu("500m")], reason: "OutOfcpu" },
  { name: "resources that just suffice do", pod: cpu("500m"), others: [cpu("500m")], reason: undefined },
  { name: "the number of pods is bounded", pod: testPod(tolerant), others: [testPod(), testPod(), testPod()], reason: "OutOfpods" },
  {
    name: "unsafe sysctls are refused",
    pod: testPod({ ...tolerant, securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } }),
    reason: "SysctlForbidden",
  },
  {
    name: "safe sysctls pass",
    pod: testPod({ ...tolerant, securityContext: { sysctls: [{ name: "kernel.shm_rmid_forced", value: "1" }] } }),
    reason: undefined,
  },
];

for (const { name, pod, others = [], reason } of scenarios) test(name, () => assert.equal(admitPod(pod, others, node)?.reason, reason));
