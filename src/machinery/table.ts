/**
 * The two views of objects that clients ask for by Accept header: Table, which kubectl get prints, and
 * PartialObjectMetadata, which is all that the garbage collector wants (meta.k8s.io/v1).
 */
import { type ListMeta, listMeta, type ObjectMeta, objectMeta } from "./meta.ts";
import { list, message, obj, str } from "./schema.ts";
import { ageText } from "./time.ts";

export type Cell = string | number | boolean | null;

/** A column as src/api/resource.ts declares it; structural, since machinery imports nothing. */
export interface TableColumn<T> {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description: string;
  readonly priority?: number;
  cell(object: T, now: number): Cell;
}

export interface TableObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

export interface ColumnDefinition {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

export interface TableRow {
  cells: Cell[];
  object?: TableObject;
}

export interface Table {
  kind: "Table";
  apiVersion: "meta.k8s.io/v1";
  metadata: ListMeta;
  columnDefinitions: ColumnDefinition[] | null;
  rows: TableRow[];
}

export interface TableOptions {
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
  /** What each row carries of its object (the includeObject parameter). */
  readonly includeObject?: "None" | "Metadata" | "Object" | "";
  /** Watches send the columns with the first event only. */
  readonly withoutColumns?: boolean;
  readonly metadata?: ListMeta;
}

const nameDescription =
  "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically.";
const ageDescription = "CreationTimestamp is a timestamp representing the server time when this object was created.";

const nameColumn: TableColumn<TableObject> = {
  name: "Name",
  type: "string",
  format: "name",
  description: nameDescription,
  cell: ({ metadata }) => metadata.name,
};

const ageColumn: TableColumn<TableObject> = {
  name: "Age",
  type: "string",
  description: ageDescription,
  cell: ({ metadata }, now) => ageText(metadata.creationTimestamp, now),
};

/** A kind's whole row: Name first, Age after the columns that are always shown, the wide ones last. */
export function allColumns<T extends TableObject>(columns: readonly TableColumn<T>[] = [], ownColumns = false): readonly TableColumn<T>[] {
  if (ownColumns) return columns;
  const always = columns.filter(({ priority }) => (priority ?? 0) === 0);
  const wide = columns.filter(({ priority }) => (priority ?? 0) !== 0);
  return [nameColumn, ...always, ageColumn, ...wide];
}

export function tableOf<T extends TableObject>(objects: readonly T[], columns: readonly TableColumn<T>[], options: TableOptions): Table {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: options.metadata ?? {},
    columnDefinitions: options.withoutColumns === true ? null : columns.map(columnDefinition),
    rows: objects.map((object) => rowOf(object, columns, options)),
  };
}

function columnDefinition<T>({ name, type, format = "", description, priority = 0 }: TableColumn<T>): ColumnDefinition {
  return { name, type, format, description, priority };
}

function rowOf<T extends TableObject>(object: T, columns: readonly TableColumn<T>[], { now, includeObject }: TableOptions): TableRow {
  const cells = columns.map((column) => column.cell(object, now));
  if (includeObject === "None") return { cells };
  return { cells, object: includeObject === "Object" ? object : partialMetadata(object) };
}

const prefix = "io.k8s.apimachinery.pkg.apis.meta.v1";
const types = { apiVersion: str(0, ""), kind: str(0, "") };

export const partialObjectMetadata = message(`${prefix}.PartialObjectMetadata`, "PartialObjectMetadata is the metadata of an object of any kind.", {
  ...types,
  metadata: obj(1, objectMeta, ""),
});

export const partialObjectMetadataList = message(`${prefix}.PartialObjectMetadataList`, "PartialObjectMetadataList is the metadata of several objects.", {
  ...types,
  metadata: obj(1, listMeta, ""),
  items: list(2, partialObjectMetadata, ""),
});

export interface PartialObjectMetadata {
  readonly kind: "PartialObjectMetadata";
  readonly apiVersion: "meta.k8s.io/v1";
  readonly metadata: ObjectMeta;
}

export function partialMetadata(object: TableObject): PartialObjectMetadata {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

export interface PartialObjectMetadataList {
  readonly kind: "PartialObjectMetadataList";
  readonly apiVersion: "meta.k8s.io/v1";
  readonly metadata: ListMeta;
  readonly items: readonly PartialObjectMetadata[];
}

export function partialMetadataList(objects: readonly TableObject[], metadata: ListMeta): PartialObjectMetadataList {
  return { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items: objects.map(partialMetadata) };
}
