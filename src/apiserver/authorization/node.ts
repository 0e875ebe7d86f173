/**
 * The Node authorizer: a kubelet may read what the pods bound to its node need, and write what is its own
 * (k8s.io/kubernetes/plugin/pkg/auth/authorizer/node). The NodeRestriction admission plugin looks inside the writes.
 */

import { pods } from "../../api/core/v1/pod.ts";
import { resourceSlices } from "../../api/resource/v1/resource-slice.ts";
import { volumeAttachments } from "../../api/storage/v1/volume-attachment.ts";
import { nodeOf } from "../authentication/groups.ts";
import { nodeRules } from "../bootstrap/node-rules.ts";
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer, ObjectReader } from "../contract.ts";
import { NodeGraph } from "./node-graph.ts";
import { type ReferenceKind, vertex } from "./node-references.ts";
import { compileRules, ruleAllows } from "./rules.ts";

const allow: AuthorizationDecision = { decision: "allow", reason: "" };

function noOpinion(reason: string): AuthorizationDecision {
  return { decision: "noOpinion", reason };
}

type Check = (node: string, attributes: AuthorizationAttributes) => AuthorizationDecision | undefined;

export class NodeAuthorizer implements Authorizer {
  readonly #reader: ObjectReader;
  readonly #graph: NodeGraph;
  readonly #rules = compileRules(nodeRules);
  /** Checks by `group/resource`; undefined from one leaves the decision to the general rules of nodes. */
  readonly #checks: Readonly<Record<string, Check>>;

  /** Follows the reader until `signal` aborts. */
  constructor(reader: ObjectReader, signal: AbortSignal) {
    this.#reader = reader;
    this.#graph = new NodeGraph(reader, signal);
    this.#checks = {
      "/secrets": (node, attributes) => this.#readNamespaced(node, attributes, "secret"),
      "/configmaps": (node, attributes) => this.#readNamespaced(node, attributes, "configmap"),
      "/persistentvolumeclaims": (node, attributes) => this.#claim(node, attributes),
      "/persistentvolumes": (node, attributes) => this.#getOne(node, attributes, () => this.#graph.reachesVolume(node, attributes.name)),
      "/serviceaccounts": (node, attributes) => this.#serviceAccount(node, attributes),
      "/pods": (node, attributes) => this.#pod(node, attributes),
      "/nodes": ownNode,
      "resource.k8s.io/resourceclaims": (node, attributes) => this.#getOne(node, attributes, () => this.#reaches(node, attributes, "resourceclaim")),
      "resource.k8s.io/resourceslices": (node, attributes) => this.#slice(node, attributes),
      "storage.k8s.io/volumeattachments": (node, attributes) => this.#getOne(node, attributes, () => this.#attachedTo(attributes.name) === node),
      "storage.k8s.io/csinodes": ownCSINode,
      "coordination.k8s.io/leases": ownLease,
    };
  }

  authorize(attributes: AuthorizationAttributes): AuthorizationDecision {
    const node = nodeOf(attributes.user);
    if (node === undefined) return noOpinion("");
    if (node === "") return noOpinion(`unknown node for user ${JSON.stringify(attributes.user.name)}`);
    const check = attributes.isResourceRequest ? this.#checks[`${attributes.group}/${attributes.resource}`] : undefined;
    return check?.(node, attributes) ?? (this.#rules.some((rule) => ruleAllows(rule, attributes)) ? allow : noOpinion(""));
  }

  #readNamespaced(node: string, attributes: AuthorizationAttributes, kind: ReferenceKind): AuthorizationDecision {
    if (!["get", "list", "watch"].includes(attributes.verb)) return noOpinion("can only read resources of this type");
    if (attributes.subresource !== "") return noOpinion("cannot read subresource");
    if (attributes.namespace === "") return noOpinion("can only read namespaced object of this type");
    return related(node, attributes, this.#reaches(node, attributes, kind));
  }

  #getOne(node: string, attributes: AuthorizationAttributes, reaches: () => boolean): AuthorizationDecision {
    if (attributes.verb !== "get") return noOpinion("can only get individual resources of this type");
    if (attributes.subresource !== "") return noOpinion("cannot get subresource");
    return related(node, attributes, reaches());
  }

  #claim(node: string, attributes: AuthorizationAttributes): AuthorizationDecision {
    const reaches = (): boolean => this.#reaches(node, attributes, "pvc");
    if (attributes.subresource !== "status") return this.#getOne(node, attributes, reaches);
    if (!["get", "update", "patch"].includes(attributes.verb)) return noOpinion("can only get/update/patch this type");
    return related(node, attributes, reaches());
  }

  /** Tokens only for accounts that pods of the node run as. */
  #serviceAccount(node: string, attributes: AuthorizationAttributes): AuthorizationDecision {
    if (attributes.verb === "get" && attributes.subresource === "") return related(node, attributes, this.#reaches(node, attributes, "serviceaccount"));
    if (attributes.verb !== "create" || attributes.subresource !== "token") return noOpinion("can only create tokens for individual service accounts");
    return related(node, attributes, this.#reaches(node, attributes, "serviceaccount"));
  }

  #pod(node: string, attributes: AuthorizationAttributes): AuthorizationDecision | undefined {
    if (attributes.subresource !== "") return undefined;
    if (attributes.verb === "list" || attributes.verb === "watch") {
      return narrowedTo(node, attributes) ? allow : noOpinion("can only list/watch pods with spec.nodeName field selector");
    }
    if (attributes.verb !== "get") return undefined;
    const pod = this.#reader.get(pods, attributes.namespace, attributes.name);
    // A pod that is gone gives 404 instead of 403: kubelets ask for it to learn just that.
    return pod === undefined ? undefined : related(node, attributes, pod.spec?.nodeName === node);
  }

  #slice(node: string, attributes: AuthorizationAttributes): AuthorizationDecision {
    const { verb, subresource, name } = attributes;
    if (subresource !== "") return noOpinion("cannot authorize ResourceSlice subresources");
    // Which node a new slice names is for NodeRestriction to see.
    if (verb === "create") return allow;
    if (["list", "watch", "deletecollection"].includes(verb)) {
      return narrowedTo(node, attributes) ? allow : noOpinion("can only list/watch/deletecollection resourceslices with spec.nodeName field selector");
    }
    if (!["get", "update", "patch", "delete"].includes(verb)) {
      return noOpinion("only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection");
    }
    const slice = this.#reader.get(resourceSlices, "", name);
    return slice === undefined || slice.spec?.nodeName === node ? allow : noOpinion(noRelationship(node));
  }

  #reaches(node: string, { namespace, name }: AuthorizationAttributes, kind: ReferenceKind): boolean {
    return this.#graph.reaches(node, vertex(kind, namespace, name));
  }

  #attachedTo(name: string): string | undefined {
    return this.#reader.get(volumeAttachments, "", name)?.spec?.nodeName;
  }
}

function noRelationship(node: string): string {
  return `no relationship found between node '${node}' and this object`;
}

function related(node: string, { name }: AuthorizationAttributes, reaches: boolean): AuthorizationDecision {
  if (name === "") return noOpinion("No Object name found");
  return reaches ? allow : noOpinion(noRelationship(node));
}

/** KEP-4601: a collection counts as the node's own when its field selector says so. */
function narrowedTo(node: string, { fieldSelector = [] }: AuthorizationAttributes): boolean {
  return fieldSelector.some(({ key, operator, values }) => key === "spec.nodeName" && operator === "In" && values.length === 1 && values[0] === node);
}

/** Reading other nodes is refused, and all together; the rest is in the general rules. */
function ownNode(node: string, { verb, subresource, name }: AuthorizationAttributes): AuthorizationDecision | undefined {
  if (!["get", "list", "watch"].includes(verb) || subresource !== "") return undefined;
  if (name === "") return noOpinion(`node '${node}' cannot read all nodes, only its own Node object`);
  return name === node ? allow : noOpinion(`node '${node}' cannot read '${name}', only its own Node object`);
}

function ownCSINode(node: string, { verb, subresource, name }: AuthorizationAttributes): AuthorizationDecision {
  if (!["get", "create", "update", "patch", "delete"].includes(verb)) return noOpinion("can only get, create, update, patch, or delete a CSINode");
  if (subresource !== "") return noOpinion("cannot authorize CSINode subresources");
  if (verb !== "create" && name !== node) return noOpinion("can only access CSINode with the same name as the requesting node");
  return allow;
}

function ownLease(node: string, { verb, subresource, namespace, name }: AuthorizationAttributes): AuthorizationDecision {
  if (!["get", "create", "update", "patch", "delete"].includes(verb)) return noOpinion("can only get, create, update, patch, or delete a node lease");
  if (subresource !== "") return noOpinion("cannot authorize lease subresources");
  if (namespace !== "kube-node-lease") return noOpinion('can only access leases in the "kube-node-lease" system namespace');
  // The name of a new lease is checked by NodeRestriction: the URL does not hold it.
  if (verb !== "create" && name !== node) return noOpinion("can only access node lease with the same name as the requesting node");
  return allow;
}
