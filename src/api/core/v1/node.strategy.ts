import { copyJson } from "../../../machinery/json.ts";
import type { Strategy } from "../../resource.ts";
import { restore } from "../../strategy.ts";
import type { Node } from "./node.ts";
import { nodeCIDRErrors, nodeErrors, nodeUpdateErrors } from "./node.validation.ts";
import { nodeWarnings } from "./node.warnings.ts";

/** Kubelets register nodes with a status, so creation takes it; later it is /status's. */
export const nodeStrategy: Strategy<Node> = {
  defaults: ({ status }) => {
    if (status?.capacity !== undefined && status.allocatable === undefined) status.allocatable = copyJson(status.capacity);
  },
  warnings: nodeWarnings,
  validate: nodeErrors,
  validateCreate: (node) => nodeCIDRErrors(node),
  validateUpdate: (node, old) => [...nodeUpdateErrors(node, old), ...nodeCIDRErrors(node, old)],
  prepareForUpdate: (node, old) => restore(node, old, "status"),
};
