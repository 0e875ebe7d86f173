/** What admission plugins share: saying which writes they look at, and refusing as Kubernetes words it. */
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { forbidden, type StatusError } from "../../machinery/status.ts";
import type { AdmissionAttributes, AdmissionOperation, AdmissionPlugin } from "../contract.ts";

/** `handles` for writes of whole objects of these definitions. */
export function handlesObjects(operations: readonly AdmissionOperation[], ...definitions: readonly AnyResourceDefinition[]): AdmissionPlugin["handles"] {
  return (operation, definition, subresource) =>
    subresource === "" && operations.includes(operation) && definitions.some((wanted) => isSame(definition, wanted));
}

/** Same group and resource, whatever the version. */
export function isSame(definition: AnyResourceDefinition, wanted: AnyResourceDefinition): boolean {
  return definition.group === wanted.group && definition.resource === wanted.resource;
}

/** 403: `pods "web" is forbidden: <reason>`. An object whose name is still to be generated goes by its prefix. */
export function refuse(attributes: AdmissionAttributes, reason: string): StatusError {
  return forbidden(attributes.definition, nameOf(attributes), reason);
}

function nameOf({ name, object }: AdmissionAttributes): string {
  const metadata = object?.metadata;
  return [name, metadata?.name, metadata?.generateName].find((text) => text !== undefined && text !== "") ?? "Unknown";
}

const mirrorAnnotation = "kubernetes.io/config.mirror";

/** Mirror pods stand for pods a kubelet runs from files. */
export function isMirrorPod(object: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } }): boolean {
  return object.metadata.annotations?.[mirrorAnnotation] !== undefined;
}
