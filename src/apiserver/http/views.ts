/** Tables and metadata views of results (meta.k8s.io/v1). */
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { KubeObject, ListMeta } from "../../machinery/object.ts";
import { badRequest, fieldError, fieldErrorText, notAcceptable } from "../../machinery/status.ts";
import { allColumns, partialMetadata, partialMetadataList, type TableColumn, tableOf } from "../../machinery/table.ts";
import type { SingleResult } from "../calls.ts";
import { listMetadata } from "../registry/list-kind.ts";
import { objectsIn } from "../registry/many-objects.ts";
import { StoredObject } from "../registry/stored-object.ts";
import { acceptedTypes, type Negotiated } from "./accept.ts";

export interface ViewOptions {
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
  /** What each row carries of its object: None, Metadata (also "") or Object. */
  readonly includeObject: string;
}

const columnsOf = new WeakMap<AnyResourceDefinition, readonly TableColumn<KubeObject>[]>();

export function columns(definition: AnyResourceDefinition): readonly TableColumn<KubeObject>[] {
  const known = columnsOf.get(definition) ?? allColumns<KubeObject>(definition.columns, definition.ownColumns);
  columnsOf.set(definition, known);
  return known;
}

/** A Status stays what it is, whatever view was asked for: what it tells of has happened. Throws 406. */
export function viewOf(result: SingleResult, negotiated: Negotiated, options: ViewOptions): object {
  if (result.type === "plain" && result.object.kind === "Status") return result.object;
  const { transform, version } = negotiated;
  const view = transform === "table" ? tableView(result, options) : metadataView(result);
  return withVersion(view, version);
}

/** One object as a table of one row, or its metadata. */
export function objectView(
  definition: AnyResourceDefinition,
  object: KubeObject,
  { transform, version }: Negotiated,
  options: ViewOptions,
  withoutColumns = false,
) {
  const view =
    transform === "table"
      ? tableOf([object], columns(definition), { ...tableOptions(options), ...rowMetadata(object), withoutColumns })
      : partialMetadata(object);
  return withVersion(view, version);
}

function tableView(result: SingleResult, options: ViewOptions): object {
  return tableOf(objectsOf(result), columnsFor(result), { ...tableOptions(options), metadata: metadataOf(result) });
}

function columnsFor(result: SingleResult): readonly TableColumn<KubeObject>[] {
  if (result.type !== "plain") return columns(result.type === "list" ? result.resource.definition : result.definition);
  if (result.form.columns === undefined) throw notAcceptable(acceptedTypes);
  return result.form.columns;
}

function metadataView(result: SingleResult): object {
  const isList = result.type === "list" || result.type === "plainList";
  return isList ? partialMetadataList(objectsOf(result), metadataOf(result)) : partialMetadata(objectsOf(result)[0]!);
}

/** Throws 400. */
export function checkIncludeObject(includeObject: string): void {
  if (["", "None", "Metadata", "Object"].includes(includeObject)) return;
  const problem = fieldErrorText(fieldError.invalid("includeObject", includeObject, "must be 'Metadata', 'Object', 'None', or empty"));
  throw badRequest(`Unable to convert to Table as requested: ${problem}`);
}

function tableOptions({ now, includeObject }: ViewOptions) {
  const include = includeObject === "None" || includeObject === "Object" ? includeObject : "Metadata";
  return { now, includeObject: include } as const;
}

function rowMetadata(object: KubeObject): { metadata: ListMeta } {
  return { metadata: { resourceVersion: object.metadata.resourceVersion ?? "" } };
}

function metadataOf(result: SingleResult): ListMeta {
  if (result.type === "list") return listMetadata(result.list);
  if (result.type === "plainList") return { resourceVersion: "" };
  return rowMetadata(objectsOf(result)[0]!).metadata;
}

function objectsOf(result: SingleResult): readonly KubeObject[] {
  if (result.type === "list") return objectsIn(result.list);
  if (result.type === "plainList") return result.items;
  return [result.object instanceof StoredObject ? result.object.object : (result.object as KubeObject)];
}

/** Older clients ask for v1beta1, which differs in name only. */
function withVersion(view: object, version: string): object {
  return version === "v1" ? view : { ...view, apiVersion: `meta.k8s.io/${version}` };
}
