/** Defaults of the apps group that depend on other fields (pkg/apis/apps/v1/defaults.go). */
import { defaultPodSpec } from "../../core/v1/pod-spec.defaults.ts";
import type { DaemonSet } from "./daemon-set.ts";
import type { Deployment } from "./deployment.ts";
import type { ReplicaSet } from "./replica-set.ts";
import type { StatefulSet } from "./stateful-set.ts";

export function defaultDeployment({ spec }: Deployment): void {
  defaultPodSpec(spec.template?.spec);
  const strategy = spec.strategy;
  if (strategy === undefined) return;
  strategy.type ||= "RollingUpdate";
  if (strategy.type === "RollingUpdate") strategy.rollingUpdate = { maxUnavailable: "25%", maxSurge: "25%", ...strategy.rollingUpdate };
}

export function defaultDaemonSet({ spec }: DaemonSet): void {
  defaultPodSpec(spec.template?.spec);
  const strategy = spec.updateStrategy;
  if (strategy === undefined) return;
  strategy.type ||= "RollingUpdate";
  if (strategy.type === "RollingUpdate") strategy.rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...strategy.rollingUpdate };
}

export function defaultReplicaSet({ spec }: ReplicaSet): void {
  defaultPodSpec(spec.template?.spec);
}

export function defaultStatefulSet({ spec }: StatefulSet): void {
  defaultPodSpec(spec.template?.spec);
  spec.podManagementPolicy ||= "OrderedReady";
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = "v1";
    claim.kind = "PersistentVolumeClaim";
    claim.status = { ...claim.status, phase: claim.status?.phase || "Pending" };
  }
  const strategy = spec.updateStrategy;
  if (strategy === undefined) return;
  strategy.type ||= "RollingUpdate";
  if (strategy.type === "RollingUpdate") strategy.rollingUpdate = { partition: 0, ...strategy.rollingUpdate };
}
