import { ageColumn, nameColumn, text, wide } from "../../columns.ts";
import type { Column } from "../../resource.ts";
import type { Node } from "./node.ts";

export const nodeColumns: readonly Column<Node>[] = [
  nameColumn,
  text("Status", "Whether the node is ready and takes pods.", statusText),
  text("Roles", "Roles by label node-role.kubernetes.io/ROLE.", (object) => roles(object).join(",") || "<none>"),
  ageColumn,
  text("Version", "Version of the kubelet.", (object) => object.status?.nodeInfo?.kubeletVersion ?? ""),
  wide(text("Internal-IP", "Address inside the cluster.", (object) => addressOf(object, "InternalIP"))),
  wide(text("External-IP", "Address outside the cluster.", (object) => addressOf(object, "ExternalIP"))),
  wide(text("OS-Image", "Operating system.", (object) => object.status?.nodeInfo?.osImage || "<unknown>")),
  wide(text("Kernel-Version", "Version of the kernel.", (object) => object.status?.nodeInfo?.kernelVersion || "<unknown>")),
  wide(text("Container-Runtime", "Container runtime and its version.", (object) => object.status?.nodeInfo?.containerRuntimeVersion || "<unknown>")),
];

function statusText(object: Node): string {
  const ready = object.status?.conditions?.find((condition) => condition.type === "Ready");
  const state = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return object.spec.unschedulable === true ? `${state},SchedulingDisabled` : state;
}

const rolePrefix = "node-role.kubernetes.io/";
const roleLabel = "kubernetes.io/role";

function roles(object: Node): string[] {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(object.metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix) && key !== rolePrefix) found.add(key.slice(rolePrefix.length));
    if (key === roleLabel && value !== "") found.add(value);
  }
  return [...found].sort();
}

function addressOf(object: Node, type: string): string {
  return object.status?.addresses?.find((address) => address.type === type)?.address ?? "<none>";
}
