/** Names of fields as expressions write them: what is no identifier is escaped (k8s.io/apiserver/pkg/cel). */

const reserved = new Set("true false null in as break const continue else for function if import let loop package namespace return var void while".split(" "));
const escapes: Readonly<Record<string, string>> = { __: "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__" };

/** Undefined for names that expressions cannot reach. */
export function escapedName(name: string): string | undefined {
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  return reserved.has(name) ? `__${name}__` : name.replace(/__|[./-]/g, (part) => escapes[part]!);
}
