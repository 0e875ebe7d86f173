/** The grammar of image references: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`. */

const hostComponent = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const host = `(?:${hostComponent}(?:\\.${hostComponent})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`;
const pathComponent = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const tag = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
const digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const reference = new RegExp(`^(${host}/${pathComponent}(?:/${pathComponent})*)(?::${tag})?(?:@${digest})?$`);

/** Why a name is no image reference, in the words that container tools use; undefined when it is one. */
export function imageNameError(image: string): string | undefined {
  if (/^[0-9a-f]{64}$/.test(image)) return `invalid repository name (${image}), cannot specify 64-byte hexadecimal strings`;
  const { domain, path } = splitDomain(image);
  const repository = path.split(":")[0]!;
  if (repository !== repository.toLowerCase()) return `invalid reference format: repository name (${repository}) must be lowercase`;
  const name = reference.exec(`${domain}/${path}`)?.[1];
  if (name === undefined) return "invalid reference format";
  return name.length > 255 ? "repository name must not be more than 255 characters" : undefined;
}

/** The first element is a host when it looks like one; names without are those of Docker's registry. */
function splitDomain(image: string): { domain: string; path: string } {
  const slash = image.indexOf("/");
  const first = image.slice(0, Math.max(slash, 0));
  const isHost = slash > 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  if (isHost) return { domain: first, path: image.slice(slash + 1) };
  return { domain: "docker.io", path: slash === -1 ? `library/${image}` : image };
}
