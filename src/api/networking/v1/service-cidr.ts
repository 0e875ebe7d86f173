import { condition, objectMeta } from "../../../machinery/meta.ts";
import { type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { ownedStatus, statusSubresource } from "../../strategy.ts";
import { serviceCIDRErrors, serviceCIDRUpdateErrors } from "./network.validation.ts";

export const serviceCIDRSpec = message("io.k8s.api.networking.v1.ServiceCIDRSpec", "ServiceCIDRSpec says which addresses Services may have.", {
  cidrs: list(1, "string", "Ranges, at most one of each family.", { listType: "atomic" }),
});
export interface ServiceCIDRSpec extends Infer<typeof serviceCIDRSpec> {}

export const serviceCIDRStatus = message("io.k8s.api.networking.v1.ServiceCIDRStatus", "ServiceCIDRStatus is the state of a range.", {
  conditions: list(1, condition, "Whether it is ready for use.", { listType: "map", keys: ["type"], patch: "merge", mergeKey: "type" }),
});
export interface ServiceCIDRStatus extends Infer<typeof serviceCIDRStatus> {}

export const serviceCIDR = message("io.k8s.api.networking.v1.ServiceCIDR", "A ServiceCIDR is a range that cluster IPs come from.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, serviceCIDRSpec, "The range.", { present: true, default: {} }),
  status: obj(3, serviceCIDRStatus, "Whether it is ready."),
});
export interface ServiceCIDR extends Infer<typeof serviceCIDR> {}

export const serviceCIDRs = defineResource<ServiceCIDR>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  resource: "servicecidrs",
  singular: "servicecidr",
  namespaced: false,
  schema: serviceCIDR,
  strategy: { validate: serviceCIDRErrors, validateUpdate: serviceCIDRUpdateErrors, ...ownedStatus<ServiceCIDR>(() => ({})) },
  columns: [text("CIDRs", "Ranges that cluster IPs come from.", (object) => (object.spec.cidrs ?? []).join(","))],
  status: statusSubresource<ServiceCIDR>({ meta: "kept" }),
});
