/**
 * The commands that lead from one ruleset to another, in one nft transaction: packets meet the old rules or the new ones,
 * never something in between. Only what differs is touched.
 */
import { baseObjects, type Family, type Ruleset, tableName } from "./ruleset.ts";

export const emptyRuleset: Ruleset = {
  chains: new Map(),
  sets: new Map(),
  elements: new Map(),
};

/** Throws away whatever is in the table and makes it anew: at start, and when nft and we disagree. */
export function fullTransaction(family: Family, wanted: Ruleset): string {
  const table = `${family} ${tableName}`;
  return `table ${table} {}\ndelete table ${table}\ntable ${table} {${baseObjects(family)}}\n${incrementalTransaction(family, emptyRuleset, wanted)}`;
}

/** "" when nothing differs. */
export function incrementalTransaction(family: Family, current: Ruleset, wanted: Ruleset): string {
  const table = `${family} ${tableName}`;
  const lines: string[] = [];
  // What is referred to must exist before what refers to it, and go after it.
  for (const [name, definition] of wanted.sets) {
    const before = current.sets.get(name);
    if (before === undefined) lines.push(`add set ${table} ${name} ${definition}`);
  }
  for (const name of wanted.chains.keys()) if (!current.chains.has(name)) lines.push(`add chain ${table} ${name}`);
  for (const [name, rules] of wanted.chains) {
    const before = current.chains.get(name);
    if (before !== undefined && sameList(before, rules)) continue;
    if (before !== undefined) lines.push(`flush chain ${table} ${name}`);
    for (const rule of rules) lines.push(`add rule ${table} ${name} ${rule}`);
  }
  lines.push(...elementChanges(table, current, wanted));
  for (const name of current.chains.keys()) if (!wanted.chains.has(name)) lines.push(`flush chain ${table} ${name}`);
  for (const name of current.chains.keys()) if (!wanted.chains.has(name)) lines.push(`delete chain ${table} ${name}`);
  for (const name of current.sets.keys()) if (!wanted.sets.has(name)) lines.push(`delete set ${table} ${name}`);
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function elementChanges(table: string, current: Ruleset, wanted: Ruleset): string[] {
  const lines: string[] = [];
  for (const map of new Set([...current.elements.keys(), ...wanted.elements.keys()])) {
    const before = current.elements.get(map) ?? new Map<string, string>();
    const after = wanted.elements.get(map) ?? new Map<string, string>();
    const removed = [...before].filter(([key, value]) => after.get(key) !== value).map(([key]) => key);
    const added = [...after].filter(([key, value]) => before.get(key) !== value);
    if (removed.length > 0) lines.push(`delete element ${table} ${map} { ${removed.join(", ")} }`);
    if (added.length > 0) lines.push(`add element ${table} ${map} { ${added.map(([key, value]) => (value === "" ? key : `${key} : ${value}`)).join(", ")} }`);
  }
  return lines;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
