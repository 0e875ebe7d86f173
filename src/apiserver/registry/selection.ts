/** Label and field selectors of one request over one resource. */
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { type FieldSelector, matchesFields, parseFieldSelector, requiredField, unknownFieldMessage } from "../../machinery/selectors/fields.ts";
import { matchesEverything, matchesLabels, parseSelector, type Selector, SelectorError } from "../../machinery/selectors/labels.ts";
import { badRequest } from "../../machinery/status.ts";
import type { ListQuery } from "./list-options.ts";
import type { Selection } from "./read.ts";

/** Throws 400 for selectors that cannot be read and fields that cannot be selected by. */
export function selectionOf(definition: AnyResourceDefinition, namespace: string, query: ListQuery): Selection {
  const labels = asBadRequest(() => parseSelector(query.labelSelector));
  const fields = asBadRequest(() => parseFieldSelector(query.fieldSelector));
  const readers = fieldReaders(definition, fields);
  const everything = matchesEverything(labels) && fields.terms.length === 0;
  const matches = ({ object }: { readonly object: KubeObject }) =>
    matchesLabelsOf(labels, object) && matchesFields(fields, (field) => readers.get(field)?.(object));
  return { namespace, everything, matches };
}

/** The value that a selector demands of a field, if it is one exact value; a selector that cannot be read demands none. */
export function fieldRequirement(selector: string, field: string): string | undefined {
  if (selector === "") return undefined;
  try {
    return requiredField(parseFieldSelector(selector), field);
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

type FieldReader = (object: KubeObject) => string;

function fieldReaders(definition: AnyResourceDefinition, selector: FieldSelector): Map<string, FieldReader> {
  const readers = new Map<string, FieldReader>();
  for (const { field } of selector.terms) {
    const reader = fieldReader(definition, field);
    if (reader === undefined) throw badRequest(unknownFieldMessage(field, definition.selectableFields !== undefined));
    readers.set(field, reader);
  }
  return readers;
}

export function fieldReader(definition: AnyResourceDefinition, field: string): FieldReader | undefined {
  if (field === "metadata.name") return (object) => object.metadata.name;
  if (field === "metadata.namespace") return (object) => object.metadata.namespace ?? "";
  const { selectableFields = {} } = definition;
  return Object.hasOwn(selectableFields, field) ? selectableFields[field] : undefined;
}

function matchesLabelsOf(selector: Selector, object: KubeObject): boolean {
  return matchesLabels(selector, object.metadata.labels);
}

function asBadRequest<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}
