/** Label and field selectors of one request over one resource. */
import type { AnyResourceDefinition } from "../../api/resource.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { badRequest } from "../../machinery/status.ts";
import type { ListQuery } from "./list-options.ts";
import type { Selection } from "./read.ts";

export function selectionOf(definition: AnyResourceDefinition, namespace: string, query: ListQuery): Selection {
  const tests = [...labelTests(query.labelSelector), ...fieldTests(definition, query.fieldSelector)];
  return { namespace, everything: tests.length === 0, matches: (stored) => tests.every((test) => test(stored.object)) };
}

type Test = (object: KubeObject) => boolean;

function labelTests(text: string): Test[] {
  return text === ""
    ? []
    : text.split(",").map((term) => {
        const [key = "", value = ""] = term.split(/==?/);
        return (object: KubeObject) => object.metadata.labels?.[key] === value;
      });
}

function fieldTests(definition: AnyResourceDefinition, text: string): Test[] {
  return text === ""
    ? []
    : text.split(",").map((term) => {
        const not = term.includes("!=");
        const [field = "", value = ""] = term.split(/!=|==?/);
        const read = fieldReader(definition, field);
        if (read === undefined) throw badRequest(`field label not supported: ${field}`);
        return (object: KubeObject) => (read(object) === value) !== not;
      });
}

export function fieldReader(definition: AnyResourceDefinition, field: string): ((object: KubeObject) => string) | undefined {
  if (field === "metadata.name") return (object) => object.metadata.name;
  if (field === "metadata.namespace") return (object) => object.metadata.namespace ?? "";
  return definition.selectableFields?.[field];
}

/** The value that a selector demands of a field, if it is one exact value. */
export function fieldRequirement(selector: string, field: string): string | undefined {
  for (const term of selector.split(",")) {
    const [name, value, more] = term.split(/==?/);
    if (name === field && value !== undefined && more === undefined) return value;
  }
  return undefined;
}
