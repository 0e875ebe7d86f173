/** URLs as Go's net/url reads them: absolute, or an absolute path. */
import { traversalOf } from "../costs.ts";
import { declare, type FunctionDeclaration, member, overload } from "../functions.ts";
import { ArrayList, EntryMap, fail, Opaque, type Value } from "../values.ts";

interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly text: string;
}

export class UrlValue extends Opaque {
  readonly typeName = "kubernetes.URL";
  readonly url: UrlParts;
  constructor(url: UrlParts) {
    super();
    this.url = url;
  }
  override equals(other: Opaque): boolean {
    return other instanceof UrlValue && other.url.text === this.url.text;
  }
}

const type = "kubernetes.URL";
const shape = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/s;

/** The parts, or why the text is no URI: url.ParseRequestURI's rules, which know no fragments. */
function readUrl(text: string): UrlParts | string {
  const refuse = (reason: string) => `parse ${JSON.stringify(text)}: ${reason}`;
  if (text === "") return refuse("empty url");
  if (/[\u0000-\u001f\u007f]/.test(text)) return refuse("net/url: invalid control character in URL");
  const [, scheme = "", authority, path = "", query = ""] = shape.exec(text)!;
  if (scheme === "" && !text.startsWith("/")) return refuse(text.startsWith(":") ? "missing protocol scheme" : "invalid URI for request");
  if (scheme === "" && text.startsWith("//")) return { scheme, host: authority ?? "", path, query, text };
  // Opaque, such as mailto:someone.
  if (scheme !== "" && authority === undefined && !path.startsWith("/")) return { scheme: scheme.toLowerCase(), host: "", path: "", query, text };
  const host = (authority ?? "").replace(/^.*@/, "");
  if (!validHost(host)) return refuse(hostProblem(host));
  const wrongEscape = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(path);
  if (wrongEscape !== null) return refuse(`invalid URL escape ${JSON.stringify(wrongEscape[0])}`);
  return { scheme: scheme.toLowerCase(), host, path, query, text };
}

function validHost(host: string): boolean {
  return /^(?:\[[0-9A-Fa-f:.%]*\]|[^[\]\s<>"\\^`{|}:]*)(?::[0-9]*)?$/.test(host);
}

function hostProblem(host: string): string {
  const port = /:([^:\]]*)$/.exec(host)?.[0];
  if (host.startsWith("[") && !host.includes("]")) return "missing ']' in host";
  if (port !== undefined && !/^:[0-9]*$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
  return `invalid character ${JSON.stringify(/[\s<>"\\^`{|}]/.exec(host)?.[0] ?? ":")} in host name`;
}

function urlOf(text: string): UrlValue {
  const read = readUrl(text);
  return typeof read === "string" ? fail(`URL parse error during conversion from string: ${read}`) : new UrlValue(read);
}

/** The signatures have seen to it. */
function of(value: Value): UrlParts {
  return (value as UrlValue).url;
}

function hostname({ host }: UrlParts): string {
  if (host.startsWith("[")) return host.slice(1, host.indexOf("]"));
  return host.replace(/:[0-9]*$/, "");
}

function escapedPath({ path }: UrlParts): string {
  return path.replace(/[^A-Za-z0-9$\-_.+!*'(),/:;=@&~%[\]]/gu, (character) => encodeURIComponent(character));
}

function query({ query: text }: UrlParts): Value {
  const values = new Map<string, string[]>();
  for (const pair of text.split("&").filter((part) => part !== "" && !part.includes(";"))) {
    const equals = pair.indexOf("=");
    const key = unescaped(equals < 0 ? pair : pair.slice(0, equals));
    const value = unescaped(equals < 0 ? "" : pair.slice(equals + 1));
    if (key === undefined || value === undefined) continue;
    const known = values.get(key);
    if (known === undefined) values.set(key, [value]);
    else known.push(value);
  }
  return EntryMap.of([...values].map(([key, list]) => [key, new ArrayList(list)] as const));
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

const parseCost = ([text]: readonly Value[]) => traversalOf(text!);

export const urls: readonly FunctionDeclaration[] = [
  declare("url", overload("string_to_url", ["string"], type, urlOf, parseCost)),
  declare(
    "isURL",
    overload("is_url_string", ["string"], "bool", (text) => typeof readUrl(text) !== "string"),
  ),
  declare(
    "getScheme",
    member("url_get_scheme", [type], "string", (url) => of(url).scheme),
  ),
  declare(
    "getHost",
    member("url_get_host", [type], "string", (url) => of(url).host),
  ),
  declare(
    "getHostname",
    member("url_get_hostname", [type], "string", (url) => hostname(of(url))),
  ),
  declare(
    "getPort",
    member("url_get_port", [type], "string", (url) => /:([0-9]*)$/.exec(of(url).host)?.[1] ?? ""),
  ),
  declare(
    "getEscapedPath",
    member("url_get_escaped_path", [type], "string", (url) => escapedPath(of(url))),
  ),
  declare(
    "getQuery",
    member("url_get_query", [type], "map(string, list(string))", (url) => query(of(url))),
  ),
];

/** Why the text is no URI; undefined for one. */
export function urlProblem(text: string): string | undefined {
  const read = readUrl(text);
  return typeof read === "string" ? read : undefined;
}
