/** Objects for controllers' tests: complete where it matters, short to write. */
import type { Node } from "../../api/core/v1/node.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { timeText } from "./time.ts";

export interface TestPod {
  readonly phase?: string;
  readonly node?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly readySinceMs?: number;
  readonly createdMs?: number;
  readonly restarts?: number;
  readonly deleting?: boolean;
  readonly owner?: KubeObject;
  readonly exitCode?: number;
  readonly ip?: string;
  readonly finalizers?: string[];
}

export const testStart = Date.UTC(2026, 0, 1);

/** A pod in `default`, running unless it is told otherwise, created an hour ago. */
export function testPod(name: string, options: TestPod = {}): Pod {
  const {
    phase = "Running",
    node = "node",
    labels = {},
    annotations,
    readySinceMs,
    createdMs = testStart - 3_600_000,
    restarts = 0,
    deleting,
    owner,
    ip,
  } = options;
  const terminated = options.exitCode === undefined ? {} : { state: { terminated: { exitCode: options.exitCode, finishedAt: timeText(testStart) } } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "default",
      uid: `uid-${name}`,
      resourceVersion: "1",
      creationTimestamp: timeText(createdMs),
      labels,
      ...(annotations === undefined ? {} : { annotations }),
      ...(options.finalizers === undefined ? {} : { finalizers: options.finalizers }),
      ...(deleting === true ? { deletionTimestamp: timeText(testStart), deletionGracePeriodSeconds: 30 } : {}),
      ...(owner === undefined
        ? {}
        : {
            ownerReferences: [
              {
                apiVersion: owner.apiVersion,
                kind: owner.kind,
                name: owner.metadata.name,
                uid: owner.metadata.uid,
                controller: true,
                blockOwnerDeletion: true,
              },
            ],
          }),
    },
    spec: { containers: [{ name: "c", image: "i" }], ...(node === "" ? {} : { nodeName: node }) },
    status: {
      phase,
      ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
      containerStatuses: [{ name: "c", ready: readySinceMs !== undefined, restartCount: restarts, image: "i", imageID: "", ...terminated }],
      ...(readySinceMs === undefined ? {} : { conditions: [{ type: "Ready", status: "True", lastTransitionTime: timeText(readySinceMs) }] }),
    },
  } as Pod;
}

/** A Ready node without taints. */
export function testNode(name: string, options: { labels?: Record<string, string>; spec?: Node["spec"]; ready?: boolean } = {}): Node {
  const status = options.ready === false ? "False" : "True";
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: "1",
      labels: { "kubernetes.io/hostname": name, ...options.labels },
      creationTimestamp: timeText(testStart),
    },
    spec: options.spec ?? {},
    status: {
      conditions: [
        { type: "Ready", status, lastHeartbeatTime: timeText(testStart), lastTransitionTime: timeText(testStart), reason: "KubeletReady", message: "" },
      ],
      addresses: [{ type: "InternalIP", address: "192.168.0.1" }],
      allocatable: { pods: "110" },
    },
  };
}
