/** No content in namespaces that do not exist, nothing new in those that end, and no end for the system's own. */
import { localSubjectAccessReviews } from "../../api/authorization/v1/local-subject-access-review.ts";
import { namespaces } from "../../api/core/v1/namespace.ts";
import { notFound, StatusError } from "../../machinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../contract.ts";
import { isSame, refuse } from "./plugin.ts";

const immortalNamespaces = ["default", "kube-public", "kube-system"];

export function namespaceLifecycle(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "NamespaceLifecycle",
    handles: (operation, definition) => operation !== "CONNECT" && (definition.namespaced || isSame(definition, namespaces)),
    async admit(attributes) {
      const { definition, operation, namespace, name } = attributes;
      if (isSame(definition, namespaces)) {
        if (operation === "DELETE" && immortalNamespaces.includes(name)) throw refuse(attributes, "this namespace may not be deleted");
        return;
      }
      // What is there may always go, and asking for access is possible anywhere.
      if (operation === "DELETE" || isSame(definition, localSubjectAccessReviews)) return;
      const found = reader.get(namespaces, "", namespace) ?? (await reader.getFresh(namespaces, "", namespace));
      if (found === undefined) throw notFound({ group: "", resource: "namespaces" }, namespace);
      if (operation === "CREATE" && (found.metadata.deletionTimestamp !== undefined || found.status?.phase === "Terminating")) throw terminating(attributes);
    },
  };
}

function terminating(attributes: AdmissionAttributes): StatusError {
  const { namespace } = attributes;
  const { status } = refuse(attributes, `unable to create new content in namespace ${namespace} because it is being terminated`);
  const cause = { reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated`, field: "metadata.namespace" };
  return new StatusError({ code: 403, reason: "Forbidden", message: status.message ?? "", details: { ...status.details, causes: [cause] } });
}
