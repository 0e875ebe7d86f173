import { defaultPodSpec } from "./pod-spec.defaults.ts";
import type { ReplicationController } from "./replication-controller.ts";

/** Selector and labels default to the labels of the template. */
export function defaultReplicationController(controller: ReplicationController): void {
  const { spec, metadata } = controller;
  defaultPodSpec(spec.template?.spec);
  const labels = spec.template?.metadata?.labels;
  if (labels === undefined) return;
  if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
  if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}
