import { copyJson } from "../../../machinery/json.ts";
import type { ObjectSubresource, Strategy } from "../../resource.ts";
import { restore, statusSubresource } from "../../strategy.ts";
import type { Node } from "./node.ts";
import { nodeCIDRErrors, nodeErrors, nodeUpdateErrors } from "./node.validation.ts";
import { nodeWarnings } from "./node.warnings.ts";

/** Kubelets register nodes with a status, so creation takes it; later it is /status's. */
export const nodeStrategy: Strategy<Node> = {
  defaults: (node) => {
    mirrorPodCIDR(node);
    const { status } = node;
    if (status?.capacity !== undefined && Object.keys(status.allocatable ?? {}).length === 0) status.allocatable = copyJson(status.capacity);
  },
  warnings: nodeWarnings,
  validate: nodeErrors,
  validateCreate: (node) => nodeCIDRErrors(node),
  validateUpdate: (node, old) => [...nodeUpdateErrors(node, old), ...nodeCIDRErrors(node, old)],
  prepareForCreate: (node) => {
    delete node.spec.configSource;
  },
  prepareForUpdate: (node, old) => {
    restore(node, old, "status");
    if (old.spec.configSource === undefined) delete node.spec.configSource;
  },
};

const statusView = statusSubresource<Node>({ validateUpdate: nodeUpdateErrors });

/** Configuration of kubelets through the API is gone: no node gets any, those that have some keep it until they drop it. */
export const nodeStatusView: ObjectSubresource<Node> = {
  ...statusView,
  prepareForUpdate: (node, old, context) => {
    statusView.prepareForUpdate(node, old, context);
    if (node.status !== undefined && old.status?.config === undefined) delete node.status.config;
  },
};

/** podCIDR is the first of podCIDRs for readers that know only one; as what is written it wins. */
function mirrorPodCIDR({ spec }: Node): void {
  const { podCIDR, podCIDRs = [] } = spec;
  if (podCIDR && podCIDRs[0] !== podCIDR) spec.podCIDRs = [podCIDR];
  else if (!podCIDR && podCIDRs[0]) spec.podCIDR = podCIDRs[0];
}
