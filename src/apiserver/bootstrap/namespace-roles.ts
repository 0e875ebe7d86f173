/** Roles and role bindings of the system namespaces. */
import type { PolicyRule, Subject } from "../../api/rbac/v1/common.ts";
import { eventsRule, readVerbs, rule } from "./rule-notation.ts";

/** Namespace -> role -> rules. */
export const namespaceRoleDefaults: Readonly<Record<string, Readonly<Record<string, readonly PolicyRule[]>>>> = {
  "kube-system": {
    "extension-apiserver-authentication-reader": [rule(readVerbs, "core", "configmaps", ["extension-apiserver-authentication"])],
    "system::leader-locking-kube-controller-manager": [
      rule("watch", "core", "configmaps"),
      rule("get update", "core", "configmaps", ["kube-controller-manager"]),
    ],
    "system::leader-locking-kube-scheduler": [rule("watch", "core", "configmaps"), rule("get update", "core", "configmaps", ["kube-scheduler"])],
    "system:controller:bootstrap-signer": [rule(readVerbs, "core", "secrets")],
    "system:controller:cloud-provider": [rule("create get list watch", "core", "configmaps")],
    "system:controller:token-cleaner": [rule("delete get list watch", "core", "secrets"), eventsRule],
  },
  "kube-public": {
    "system:controller:bootstrap-signer": [rule(readVerbs, "core", "configmaps"), rule("update", "core", "configmaps", ["cluster-info"]), eventsRule],
  },
};

export interface DefaultBinding {
  readonly role: string;
  readonly subjects: readonly Subject[];
}

export function user(name: string): Subject {
  return { kind: "User", apiGroup: "rbac.authorization.k8s.io", name };
}

export function group(name: string): Subject {
  return { kind: "Group", apiGroup: "rbac.authorization.k8s.io", name };
}

export function account(name: string): Subject {
  return { kind: "ServiceAccount", name, namespace: "kube-system" };
}

/** Namespace -> binding -> role of the same namespace. */
export const namespaceBindingDefaults: Readonly<Record<string, Readonly<Record<string, DefaultBinding>>>> = {
  "kube-system": {
    "system::extension-apiserver-authentication-reader": {
      role: "extension-apiserver-authentication-reader",
      subjects: [user("system:kube-controller-manager"), user("system:kube-scheduler")],
    },
    "system::leader-locking-kube-controller-manager": {
      role: "system::leader-locking-kube-controller-manager",
      subjects: [user("system:kube-controller-manager"), account("kube-controller-manager")],
    },
    "system::leader-locking-kube-scheduler": {
      role: "system::leader-locking-kube-scheduler",
      subjects: [user("system:kube-scheduler"), account("kube-scheduler")],
    },
    "system:controller:bootstrap-signer": { role: "system:controller:bootstrap-signer", subjects: [account("bootstrap-signer")] },
    "system:controller:cloud-provider": { role: "system:controller:cloud-provider", subjects: [account("cloud-provider")] },
    "system:controller:token-cleaner": { role: "system:controller:token-cleaner", subjects: [account("token-cleaner")] },
  },
  "kube-public": {
    "system:controller:bootstrap-signer": { role: "system:controller:bootstrap-signer", subjects: [account("bootstrap-signer")] },
  },
};

/** Binding -> cluster role of the same name. system:node has no subjects: the Node authorizer does its work. */
export const clusterBindingDefaults: Readonly<Record<string, readonly Subject[]>> = {
  "cluster-admin": [group("system:masters")],
  "system:monitoring": [group("system:monitoring")],
  "system:discovery": [group("system:authenticated")],
  "system:basic-user": [group("system:authenticated")],
  "system:public-info-viewer": [group("system:authenticated"), group("system:unauthenticated")],
  "system:node-proxier": [user("system:kube-proxy")],
  "system:kube-controller-manager": [user("system:kube-controller-manager")],
  "system:kube-dns": [account("kube-dns")],
  "system:coredns": [account("coredns")],
  "system:kube-scheduler": [user("system:kube-scheduler")],
  "system:volume-scheduler": [user("system:kube-scheduler")],
  "system:service-account-issuer-discovery": [group("system:serviceaccounts")],
  "system:node": [],
};
