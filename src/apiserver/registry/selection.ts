/** Label and field selectors of one request over one resource. */
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { type FieldSelector, matchesFields, parseFieldSelector, requiredField, unknownFieldMessage } from "../../machinery/selectors/fields.ts";
import { matchesEverything, matchesLabels, parseSelector, SelectorError } from "../../machinery/selectors/labels.ts";
import { badRequest } from "../../machinery/status.ts";
import type { ListQuery } from "./list-options.ts";
import type { Selection } from "./read.ts";
import type { StoredObject } from "./stored-object.ts";

/** Throws 400 for selectors that cannot be read and fields that cannot be selected by. */
export function selectionOf(definition: AnyResourceDefinition, namespace: string, query: ListQuery): Selection {
  const labels = asBadRequest(() => parseSelector(query.labelSelector));
  const fields = asBadRequest(() => parseFieldSelector(query.fieldSelector));
  checkFields(definition, fields);
  const everything = matchesEverything(labels) && fields.terms.length === 0;
  const byKey = matchesEverything(labels) && fields.terms.every(({ field }) => isOfKey(field));
  const matches = (stored: StoredObject) =>
    (matchesEverything(labels) || matchesLabels(labels, stored.labels)) && matchesFields(fields, (field) => stored.field(field));
  return { namespace, everything, byKey, matches };
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

function checkFields(definition: AnyResourceDefinition, selector: FieldSelector): void {
  const { selectableFields } = definition;
  for (const { field } of selector.terms) {
    if (isOfKey(field) || Object.hasOwn(selectableFields ?? {}, field)) continue;
    throw badRequest(unknownFieldMessage(field, selectableFields !== undefined));
  }
}

function isOfKey(field: string): boolean {
  return field === "metadata.name" || field === "metadata.namespace";
}

function asBadRequest<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}
