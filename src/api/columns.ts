/** Columns and cell formats that the tables of several kinds share; kubectl prints cells as they come. */
import type { LabelSelector } from "../machinery/meta.ts";
import type { KubeObject } from "../machinery/object.ts";
import { formatLabelSelector, selectorOf } from "../machinery/selectors/label-selector.ts";
import { selectorText as textOf } from "../machinery/selectors/labels.ts";
import { ageText } from "../machinery/time.ts";
import type { Column } from "./resource.ts";

/** Time since a timestamp, or `<unknown>`. */
export const since = ageText;

export const nameColumn: Column<KubeObject> = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name of the object, unique within its namespace.",
  cell: (object) => object.metadata.name,
};

export const ageColumn: Column<KubeObject> = {
  name: "Age",
  type: "string",
  description: "Time since the object was created.",
  cell: (object, now) => since(object.metadata.creationTimestamp, now),
};

/** RBAC roles and limit ranges show when they were created instead of their age. */
export const createdAtColumn: Column<KubeObject> = {
  name: "Created At",
  type: "date",
  description: "When the object was created.",
  cell: (object) => object.metadata.creationTimestamp ?? "",
};

/** A text column. */
export function text<T extends KubeObject>(name: string, description: string, cell: Column<T>["cell"]): Column<T> {
  return { name, type: "string", description, cell };
}

/** A column of whole numbers. */
export function integer<T extends KubeObject>(name: string, description: string, cell: Column<T>["cell"]): Column<T> {
  return { name, type: "integer", description, cell };
}

/** A column of true and false. */
export function boolean<T extends KubeObject>(name: string, description: string, cell: Column<T>["cell"]): Column<T> {
  return { name, type: "boolean", description, cell };
}

/** The same column, printed with `-o wide` only. */
export function wide<T extends KubeObject>(column: Column<T>): Column<T> {
  return { ...column, priority: 1 };
}

interface Named {
  name: string;
  image?: string;
}

/** The wide columns of everything that owns a pod template. */
export function containerColumns<T extends KubeObject>(containers: (object: T) => readonly Named[] | undefined): Column<T>[] {
  return [
    wide(text("Containers", "Names of the containers in the template.", (object) => (containers(object) ?? []).map((container) => container.name).join(","))),
    wide(
      text("Images", "Images of the containers in the template.", (object) => (containers(object) ?? []).map((container) => container.image ?? "").join(",")),
    ),
  ];
}

/** `a=b,c=d`, sorted by key; `<none>` when empty. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.keys(labels ?? {})
    .sort()
    .map((key) => `${key}=${labels?.[key] ?? ""}`);
  return pairs.length === 0 ? "<none>" : pairs.join(",");
}

/** Text form of a label selector: `<none>` when it selects everything. */
export const formatSelector = formatLabelSelector;

/** What Scale.status.selector holds; empty for none. */
export function selectorText(selector: LabelSelector | undefined): string {
  return selector === undefined ? "" : textOf(selectorOf(selector));
}

/** RWO,RWX: access modes in the order kubectl prints them. */
export function accessModesText(modes: readonly string[] | undefined): string {
  const short: Record<string, string> = { ReadWriteOnce: "RWO", ReadOnlyMany: "ROX", ReadWriteMany: "RWX", ReadWriteOncePod: "RWOP" };
  return Object.keys(short)
    .filter((mode) => (modes ?? []).includes(mode))
    .map((mode) => short[mode])
    .join(",");
}

/** The first `max` of `all`, then how many more there are. */
export function firstOf(all: readonly string[], max: number, empty = "<none>"): string {
  if (all.length === 0) return empty;
  const shown = all.slice(0, max).join(",");
  return all.length > max ? `${shown} + ${all.length - max} more...` : shown;
}

/** Go's word for an optional boolean: `True`, `False`, or `<unset>`. */
export function goBoolean(value: boolean | undefined): string {
  if (value === undefined) return "<unset>";
  return value ? "True" : "False";
}

/** Columns of a version that is stored as another one: every cell is that of the stored form. */
export function asStored<T extends KubeObject, S extends KubeObject>(columns: readonly Column<S>[], toStored: (object: T) => S): Column<T>[] {
  return columns.map(({ cell, ...column }) => ({ ...column, cell: (object, now) => cell(toStored(object), now) }));
}
