import { type Infer, list, message, str } from "../../../machinery/schema.ts";

export const policyRule = message("io.k8s.api.rbac.v1.PolicyRule", "PolicyRule allows verbs on resources or URLs.", {
  verbs: list(1, "string", "Verbs that are allowed; * for all.", { required: true, listType: "atomic" }),
  apiGroups: list(2, "string", "Groups of the resources; empty text for the core group.", { listType: "atomic" }),
  resources: list(3, "string", "Resources, subresources as RESOURCE/SUBRESOURCE; * for all.", { listType: "atomic" }),
  resourceNames: list(4, "string", "Names of single objects; all of them unless set.", { listType: "atomic" }),
  nonResourceURLs: list(5, "string", "URLs that are no resources, such as /healthz; * at the end for all below.", { listType: "atomic" }),
});
export interface PolicyRule extends Infer<typeof policyRule> {}

export const roleRef = message(
  "io.k8s.api.rbac.v1.RoleRef",
  "RoleRef names a role.",
  {
    apiGroup: str(1, "Group of the role."),
    kind: str(2, "Role or ClusterRole.", { required: true }),
    name: str(3, "Name of the role.", { required: true }),
  },
  { mapType: "atomic" },
);
export interface RoleRef extends Infer<typeof roleRef> {}

export const subject = message(
  "io.k8s.api.rbac.v1.Subject",
  "Subject is a user, a group or a service account.",
  {
    kind: str(1, "User, Group or ServiceAccount.", { required: true }),
    apiGroup: str(2, "Group of the kind; empty for service accounts."),
    name: str(3, "Name of the subject.", { required: true }),
    namespace: str(4, "Namespace of the service account."),
  },
  { mapType: "atomic" },
);
export interface Subject extends Infer<typeof subject> {}
