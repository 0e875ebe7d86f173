/** Devices are given for administration only in namespaces that their owners have labelled for it (KEP-5018). */
import { namespaces } from "../../api/core/v1/namespace.ts";
import type { DeviceRequest } from "../../api/resource/v1/common.ts";
import { type ResourceClaim, resourceClaims } from "../../api/resource/v1/resource-claim.ts";
import { type ResourceClaimTemplate, resourceClaimTemplates } from "../../api/resource/v1/resource-claim-template.ts";
import { fieldError, invalid } from "../../machinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../contract.ts";
import { isSame } from "./plugin.ts";

const label = "resource.kubernetes.io/admin-access";

/** Upstream checks this in the registry of the resource group, where no option turns it off. What is asked for cannot change, what was given neither. */
export function deviceAdminAccess(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "DeviceAdminAccess",
    handles: (operation, definition, subresource) =>
      subresource === ""
        ? operation === "CREATE" && (isSame(definition, resourceClaims) || isSame(definition, resourceClaimTemplates))
        : operation === "UPDATE" && subresource === "status" && isSame(definition, resourceClaims),
    async validate(attributes) {
      const path = adminPath(attributes);
      if (path === undefined) return;
      const { definition, namespace, name, object } = attributes;
      // Labels of late must count: who may set them decides who gets the devices.
      const found = await reader.getFresh(namespaces, "", namespace);
      if (found?.metadata.labels?.[label] === "true") return;
      const error = fieldError.forbidden(path, `admin access to devices requires the \`${label}: true\` label on the containing namespace`);
      throw invalid(definition.group, definition.kind, object?.metadata.name ?? name, [error]);
    },
  };
}

function adminPath({ definition, subresource, object, oldObject }: AdmissionAttributes): string | undefined {
  if (subresource === "status") return pathGranted(object as ResourceClaim, oldObject as ResourceClaim | undefined);
  const spec = isSame(definition, resourceClaims) ? (object as ResourceClaim).spec : (object as ResourceClaimTemplate).spec.spec;
  return pathAsked(spec?.devices?.requests);
}

/** As upstream has it: the path of claims for templates too, without `exactly`. */
function pathAsked(requests: readonly DeviceRequest[] = []): string | undefined {
  const at = requests.findIndex(({ exactly }) => exactly?.adminAccess === true);
  return at < 0 ? undefined : `spec.devices.requests[${at}].adminAccess`;
}

function pathGranted(claim: ResourceClaim, old: ResourceClaim | undefined): string | undefined {
  if (grantedAt(old) >= 0) return undefined;
  const at = grantedAt(claim);
  return at < 0 ? undefined : `status.allocation.devices.results[${at}].adminAccess`;
}

function grantedAt(claim: ResourceClaim | undefined): number {
  return (claim?.status?.allocation?.devices?.results ?? []).findIndex(({ adminAccess }) => adminAccess === true);
}
