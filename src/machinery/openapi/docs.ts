/** Descriptions of the fields that every object has; kubectl explain shows them on each kind. */
import type { FieldSchema } from "../schema.ts";

const objectMetaName = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const listMetaName = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
const conventions = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md";

const apiVersionDoc = `APIVersion defines the versioned schema of this representation of an object. Servers convert what they recognise to the newest form and may refuse the rest. More info: ${conventions}#resources`;
const kindDoc = `Kind is a string value representing the REST resource this object represents, in CamelCase. Servers may infer it from the endpoint; it cannot be changed. More info: ${conventions}#types-kinds`;
const metadataDoc = `Standard object's metadata. More info: ${conventions}#metadata`;
const listMetadataDoc = `Standard list metadata. More info: ${conventions}#types-kinds`;

/** The common description of a field, where it is one of those that all objects share. */
export function objectDocs(name: string, field: FieldSchema): string | undefined {
  // Type fields have no protobuf number: they stand in the envelope.
  if (field.kind === "scalar" && field.number === 0) return name === "apiVersion" ? apiVersionDoc : name === "kind" ? kindDoc : undefined;
  if (name !== "metadata" || field.kind !== "message") return undefined;
  const { name: type } = field.message();
  return type === objectMetaName ? metadataDoc : type === listMetaName ? listMetadataDoc : undefined;
}
