/** What a kubelet may write into Nodes: its own one, without the labels and taints that steer pods (KEP-279). */
import type { Node } from "../../api/core/v1/node.ts";
import { sameJson } from "../../machinery/json.ts";
import type { AdmissionAttributes } from "../contract.ts";
import { refuse } from "./plugin.ts";

export function checkNode(node: string, attributes: AdmissionAttributes): void {
  const { operation } = attributes;
  const written = attributes.object as Node | undefined;
  const name = operation === "CREATE" ? (written?.metadata.name ?? attributes.name) : attributes.name;
  const who = `node ${JSON.stringify(node)}`;
  if (name !== node) throw refuse(attributes, `${who} is not allowed to modify node ${JSON.stringify(name)}`);
  if (operation === "CREATE" && written?.spec?.configSource !== undefined)
    throw refuse(attributes, `${who} is not allowed to create pods with a non-nil configSource`);
  if (operation === "CREATE") refuseLabels(attributes, written?.metadata.labels ?? {}, {}, `${who} is not allowed to set the following labels: `);
  if (operation === "UPDATE" && written !== undefined) checkUpdate(who, attributes, written, attributes.oldObject as Node);
}

function checkUpdate(who: string, attributes: AdmissionAttributes, written: Node, old: Node): void {
  if (written.spec?.configSource !== undefined && !sameJson(written.spec.configSource, old.spec?.configSource)) {
    throw refuse(attributes, `${who} is not allowed to update configSource to a new non-nil configSource`);
  }
  if (!sameJson(written.spec?.taints ?? [], old.spec?.taints ?? [])) throw refuse(attributes, `${who} is not allowed to modify taints`);
  if (!sameJson(written.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? [])) {
    throw refuse(attributes, `${who} is not allowed to modify ownerReferences`);
  }
  refuseLabels(attributes, written.metadata.labels ?? {}, old.metadata.labels ?? {}, "is not allowed to modify labels: ");
}

type Labels = Readonly<Record<string, string>>;

function refuseLabels(attributes: AdmissionAttributes, labels: Labels, old: Labels, message: string): void {
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(old)])].filter((key) => labels[key] !== old[key]);
  const forbidden = changed.filter((key) => !mayLabel(key)).sort();
  if (forbidden.length > 0) throw refuse(attributes, `${message}${forbidden.join(", ")}`);
}

const kubeletLabels = new Set([
  "kubernetes.io/hostname",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "node.kubernetes.io/instance-type",
  "beta.kubernetes.io/instance-type",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "node.kubernetes.io/windows-build",
]);
const kubeletNamespaces = ["kubelet.kubernetes.io", "node.kubernetes.io"];

/** Labels of others are free; of Kubernetes' own only the ones a kubelet knows. */
function mayLabel(key: string): boolean {
  const slash = key.indexOf("/");
  const namespace = slash < 0 ? "" : key.slice(0, slash);
  const within = (domain: string): boolean => namespace === domain || namespace.endsWith(`.${domain}`);
  if (within("node-restriction.kubernetes.io")) return false;
  if (!within("kubernetes.io") && !within("k8s.io")) return true;
  return kubeletLabels.has(key) || kubeletNamespaces.some(within);
}
