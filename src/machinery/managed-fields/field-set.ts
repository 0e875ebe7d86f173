/**
 * Sets of fields, in the very form that managedFields stores them (FieldsV1), so that nothing is decoded or encoded.
 *
 * A set is a tree of path elements: `f:name` a field, `k:{"name":"web"}` the list element with these keys, `v:"x"` the
 * element of a set with this value, `i:0` an element by position. A node is a member of the set when it is empty or
 * holds the marker `.`; otherwise it only leads to members below it. The root is never a member: `{}` there is the
 * empty set. Sets are immutable and share their parts; keys of one node are sorted.
 * Reference: structured-merge-diff, fieldpath.Set.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export type FieldPath = readonly string[];

/** A member without members below; as a root, the empty set. */
export const leaf: FieldSet = Object.freeze({});
export const emptySet: FieldSet = leaf;

const self = ".";

export function isEmptySet(set: FieldSet): boolean {
  for (const _element in set) return false;
  return true;
}

export function isMember(node: FieldSet): boolean {
  return node[self] !== undefined || isEmptySet(node);
}

/** A node of the given children (sorted by the caller); undefined when nothing is left of it. */
export function fieldNode(member: boolean, children: FieldSet | undefined): FieldSet | undefined {
  if (children === undefined || isEmptySet(children)) return member ? leaf : undefined;
  return member ? { [self]: leaf, ...children } : children;
}

/** Children from unsorted entries; undefined when there are none. */
export function childrenOf(entries: [element: string, node: FieldSet][]): FieldSet | undefined {
  if (entries.length === 0) return undefined;
  if (!isSorted(entries)) entries.sort(([a], [b]) => (a < b ? -1 : 1));
  const children: Record<string, FieldSet> = {};
  for (const [element, node] of entries) children[element] = node;
  return children;
}

function isSorted(entries: readonly [string, FieldSet][]): boolean {
  for (let i = 1; i < entries.length; i++) if ((entries[i - 1] as [string, FieldSet])[0] > (entries[i] as [string, FieldSet])[0]) return false;
  return true;
}

/** A set of the given paths. */
export function fieldSet(...paths: FieldPath[]): FieldSet {
  return paths.reduce((set, path) => union(set, pathSet(path)), emptySet);
}

function pathSet(path: FieldPath): FieldSet {
  return path.reduceRight<FieldSet>((below, element) => ({ [element]: below }), leaf);
}

export function hasPath(set: FieldSet, path: FieldPath): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) node = node?.[element];
  return path.length > 0 && node !== undefined && isMember(node);
}

/** Paths of all members: those of one node before those below it. */
export function pathsOf(set: FieldSet, prefix: FieldPath = []): FieldPath[] {
  const elements = Object.keys(set).filter((element) => element !== self);
  const members = elements.filter((element) => isMember(set[element] as FieldSet)).map((element) => [...prefix, element]);
  return [...members, ...elements.flatMap((element) => pathsOf(set[element] as FieldSet, [...prefix, element]))];
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || a === b) return b;
  return isEmptySet(b) ? a : (unionChildren(a, b) ?? emptySet);
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  return a === b ? a : (fieldNode(isMember(a) || isMember(b), unionChildren(a, b)) as FieldSet);
}

function unionChildren(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const entries: [string, FieldSet][] = [];
  for (const element in a) {
    if (element === self) continue;
    const other = b[element];
    entries.push([element, other === undefined ? (a[element] as FieldSet) : unionNodes(a[element] as FieldSet, other)]);
  }
  for (const element in b) if (element !== self && a[element] === undefined) entries.push([element, b[element] as FieldSet]);
  return childrenOf(entries);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return intersectChildren(a, b) ?? emptySet;
}

function intersectChildren(a: FieldSet, b: FieldSet): FieldSet | undefined {
  let children: Record<string, FieldSet> | undefined;
  for (const element in a) {
    const other = b[element];
    if (element === self || other === undefined) continue;
    const mine = a[element] as FieldSet;
    const node = fieldNode(isMember(mine) && isMember(other), intersectChildren(mine, other));
    if (node === undefined) continue;
    children ??= {};
    children[element] = node;
  }
  return children;
}

/** Members of `a` that are not members of `b`. Parent and child are different members: a parent in `b` hides no child in `a`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || isEmptySet(b)) return a;
  return subtractChildren(a, b, subtractNodes) ?? emptySet;
}

function subtractNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const member = isMember(a) && !isMember(b);
  const children = subtractChildren(a, b, subtractNodes);
  if (children === a && member === isMember(a)) return a;
  return fieldNode(member, children === a ? withoutSelf(a) : children);
}

/** As `difference`, but a member of `b` takes everything below it out of `a` too. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || isEmptySet(b)) return a;
  return subtractChildren(a, b, subtractSubtrees) ?? emptySet;
}

function subtractSubtrees(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isMember(b)) return undefined;
  const children = subtractChildren(a, b, subtractSubtrees);
  return children === a ? a : fieldNode(isMember(a), children);
}

/** Stands for every element of its level in a pattern: see `matching`. */
export const anyElement = "*";

/** Members of `set` on the way to the ends of `pattern` and beyond them. Elements of the pattern may be `anyElement`. */
export function matching(set: FieldSet, pattern: FieldSet): FieldSet {
  return matchingChildren(set, pattern) ?? emptySet;
}

function matchingChildren(set: FieldSet, pattern: FieldSet): FieldSet | undefined {
  if (isEmptySet(pattern)) return set;
  const children: Record<string, FieldSet> = {};
  for (const element in set) {
    const below = pattern[element] ?? pattern[anyElement];
    if (element === self || below === undefined) continue;
    const node = set[element] as FieldSet;
    const left = fieldNode(isMember(node), isEmptySet(node) ? undefined : matchingChildren(withoutSelf(node) ?? emptySet, below));
    if (left !== undefined) children[element] = left;
  }
  return isEmptySet(children) ? undefined : children;
}

/** `a` itself when nothing was subtracted (its own marker included), else the children left, without the marker. */
function subtractChildren(a: FieldSet, b: FieldSet, subtract: (a: FieldSet, b: FieldSet) => FieldSet | undefined): FieldSet | undefined {
  let changed = false;
  const children: Record<string, FieldSet> = {};
  for (const element in a) {
    if (element === self) continue;
    const mine = a[element] as FieldSet;
    const other = b[element];
    const left = other === undefined ? mine : subtract(mine, other);
    if (left !== mine) changed = true;
    if (left !== undefined) children[element] = left;
  }
  if (!changed) return a;
  return isEmptySet(children) ? undefined : children;
}

function withoutSelf(node: FieldSet): FieldSet {
  const { [self]: _self, ...children } = node;
  return children;
}

/** Members that have no members below them. */
export function leavesOf(set: FieldSet): FieldSet {
  const children: Record<string, FieldSet> = {};
  for (const element in set) if (element !== self) children[element] = leavesOf(set[element] as FieldSet);
  return children;
}
