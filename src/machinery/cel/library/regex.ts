/** Kubernetes' find and findAll. */
import { regexCost } from "../costs.ts";
import { declare, type FunctionDeclaration, type Meter, member } from "../functions.ts";
import { meteredRegex } from "../regex/match.ts";
import { ArrayList, type Value } from "../values.ts";

function find(text: string, pattern: string, meter: Meter): string {
  const found = meteredRegex(pattern, meter, "Illegal regex: ").find(text, 0, meter);
  return found === undefined ? "" : text.slice(...found);
}

function findAll(text: string, pattern: string, limit: bigint, meter: Meter): Value {
  const machine = meteredRegex(pattern, meter, "Illegal regex: ");
  const all: string[] = [];
  let [from, lastEnd] = [0, -1];
  while (from <= text.length && (limit < 0n || all.length < limit)) {
    const found = machine.find(text, from, meter);
    if (found === undefined) break;
    const [start, end] = found;
    // An empty match right behind another one does not count.
    if (end > start || start !== lastEnd) all.push(text.slice(start, end));
    lastEnd = end;
    from = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
  return new ArrayList(all);
}

const cost = ([text, pattern]: readonly Value[]) => regexCost(text!, pattern!);

export const regex: readonly FunctionDeclaration[] = [
  declare("find", member("string_find_string", ["string", "string"], "string", find, cost)),
  declare(
    "findAll",
    member("string_find_all_string", ["string", "string"], "list(string)", (text, pattern, meter) => findAll(text, pattern, -1n, meter), cost),
    member("string_find_all_string_int", ["string", "string", "int"], "list(string)", findAll, cost),
  ),
];
