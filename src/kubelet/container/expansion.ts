/** $(NAME) references in commands, arguments, environment and sub-paths (k8s.io/kubernetes third_party/forked/golang/expansion). */

/** `$(NAME)` becomes the variable's value; unknown names stay as written; `$$` is a literal `$`, so `$$(NAME)` stays. */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) => (name === undefined ? "$" : (lookup(name) ?? match)));
}

/** As `expand`, but a name that is not there is an error: what sub-paths need. */
export function expandStrictly(text: string, lookup: (name: string) => string | undefined): string {
  const missing: string[] = [];
  const result = expand(text, (name) => {
    const value = lookup(name);
    if (value === undefined) missing.push(name);
    return value;
  });
  if (missing.length > 0) throw new Error(`missing value for ${missing.map((name) => JSON.stringify(name)).join(", ")}`);
  return result;
}
