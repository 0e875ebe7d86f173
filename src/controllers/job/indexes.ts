/** Sets of completion indexes, as Job status writes them: `0,2-5,9`. */

export function parseIndexes(text: string | undefined, limit: number): Set<number> {
  const indexes = new Set<number>();
  if (text === undefined || text === "") return indexes;
  for (const part of text.split(",")) {
    const [first = "", last = first] = part.split("-");
    for (let index = Number(first); index <= Number(last) && index < limit; index++) indexes.add(index);
  }
  return indexes;
}

/** Two in a row are written `1,2`, three and more `1-3`. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    if (end - start >= 2) parts.push(`${sorted[start]}-${sorted[end]}`);
    else parts.push(...sorted.slice(start, end + 1).map(String));
    start = end + 1;
  }
  return parts.join(",");
}
