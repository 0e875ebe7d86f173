import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, list, message, obj, str } from "../../../machinery/schema.ts";
import { tokenRequest } from "../../authentication/v1/token-request.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { localObjectReference, objectReference } from "./common.ts";

export const serviceAccount = message("io.k8s.api.core.v1.ServiceAccount", "A ServiceAccount is an identity for the processes of pods.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  secrets: list(2, objectReference, "Secrets that pods of this account may use.", { listType: "map", keys: ["name"], patch: "merge", mergeKey: "name" }),
  imagePullSecrets: list(3, localObjectReference, "Secrets for pulling images, for pods of this account.", { listType: "atomic" }),
  automountServiceAccountToken: bool(4, "Whether pods get a token mounted, unless they say otherwise."),
});
export interface ServiceAccount extends Infer<typeof serviceAccount> {}

export const serviceAccounts = defineResource<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  resource: "serviceaccounts",
  singular: "serviceaccount",
  shortNames: ["sa"],
  namespaced: true,
  schema: serviceAccount,
  strategy: { warnings: mountableSecretsWarnings, returnsDeletedObject: true, prepareForCreate: keepSecretNames, prepareForUpdate: keepSecretNames },
  columns: [text("Secrets", "Number of secrets that its pods may use.", (object) => object.secrets?.length ?? 0)],
  otherSubresources: {
    token: { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest", verbs: ["create"], schema: tokenRequest },
  },
});

/** Secrets are of the account's own namespace: nothing but names is kept. */
function keepSecretNames(account: ServiceAccount): void {
  if (account.secrets !== undefined) account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}

const mountableSecrets = "kubernetes.io/enforce-mountable-secrets";

function mountableSecretsWarnings({ metadata }: ServiceAccount): string[] {
  if (metadata.annotations?.[mountableSecrets] === undefined) return [];
  return [`metadata.annotations[${mountableSecrets}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`];
}
