/** Rewrites the links in HTML as it streams by, and leaves every other byte alone. */

/** Attributes that hold a URL, by element (HTML 4 and 5). */
const urlAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ["href"],
  applet: ["codebase"],
  area: ["href"],
  audio: ["src"],
  base: ["href"],
  blockquote: ["cite"],
  body: ["background"],
  button: ["formaction"],
  command: ["icon"],
  del: ["cite"],
  embed: ["src"],
  form: ["action"],
  frame: ["longdesc", "src"],
  head: ["profile"],
  html: ["manifest"],
  iframe: ["longdesc", "src"],
  img: ["longdesc", "src", "usemap"],
  input: ["src", "usemap", "formaction"],
  ins: ["cite"],
  link: ["href"],
  object: ["classid", "codebase", "data", "usemap"],
  q: ["cite"],
  script: ["src"],
  source: ["src"],
  video: ["poster", "src"],
};

/** Elements whose content is text, whatever it looks like. */
const rawText = new Set(["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"]);

/** A tag with quoted values that may hold `>`; sticky, and matching only what is complete. */
const startTag = /<([a-zA-Z][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/y;
const attribute = /([^\s"'<>/=]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))/g;
/** No honest tag is longer; a `<` that never closes must not hold back the page. */
const longestTag = 256 * 1024;

/** Text is latin1: one character a byte, so that any character encoding passes unharmed. */
export class HtmlRewriter {
  readonly #rewrite: (url: string) => string;
  #rest = "";
  /** Inside a raw text element: what ends it. */
  #until: string | undefined;

  constructor(rewrite: (url: string) => string) {
    this.#rewrite = rewrite;
  }

  /** What can be told so far; the beginning of an unfinished tag is kept back. */
  push(text: string): string {
    const input = this.#rest + text;
    let output = "";
    let at = 0;
    while (at < input.length) {
      const step = this.#until === undefined ? this.#markup(input, at) : this.#raw(input, at, this.#until);
      if (step === undefined) break;
      output += step.text;
      at = step.end;
    }
    this.#rest = input.slice(at);
    if (this.#rest.length <= longestTag) return output;
    const held = this.#rest;
    this.#rest = "";
    return output + held;
  }

  /** What was kept back. */
  end(): string {
    const rest = this.#rest;
    this.#rest = "";
    return rest;
  }

  /** Up to and including the next piece of markup; undefined when that is not complete. */
  #markup(input: string, at: number): { text: string; end: number } | undefined {
    const open = input.indexOf("<", at);
    if (open < 0) return { text: input.slice(at), end: input.length };
    if (open > at) return { text: input.slice(at, open), end: open };
    if ("<!--".startsWith(input.slice(open, open + 4))) {
      const close = input.indexOf("-->", open + 4);
      return close < 0 ? undefined : { text: input.slice(open, close + 3), end: close + 3 };
    }
    if (open + 1 >= input.length) return undefined;
    if (!/[a-zA-Z]/.test(input[open + 1]!)) return { text: "<", end: open + 1 };
    startTag.lastIndex = open;
    const match = startTag.exec(input);
    if (match === null) return undefined;
    return { text: this.#tag(match[0], match[1]!.toLowerCase(), match[2]!), end: startTag.lastIndex };
  }

  #tag(tag: string, name: string, attributes: string): string {
    if (rawText.has(name) && !attributes.endsWith("/")) this.#until = `</${name}`;
    const wanted = Object.hasOwn(urlAttributes, name) ? urlAttributes[name] : undefined;
    if (wanted === undefined) return tag;
    const rewritten = attributes.replace(attribute, (whole, key: string, equals: string, double?: string, single?: string, bare?: string) => {
      if (!wanted.includes(key.toLowerCase())) return whole;
      const quote = double !== undefined ? '"' : single !== undefined ? "'" : "";
      return `${key}${equals}${quote}${this.#rewrite(double ?? single ?? bare ?? "")}${quote}`;
    });
    return `${tag.slice(0, 1 + name.length)}${rewritten}>`;
  }

  #raw(input: string, at: number, until: string): { text: string; end: number } | undefined {
    const close = input.toLowerCase().indexOf(until, at);
    if (close >= 0) {
      this.#until = undefined;
      return { text: input.slice(at, close), end: close };
    }
    // The end tag itself may have been cut in two.
    const safe = input.length - until.length;
    return safe > at ? { text: input.slice(at, safe), end: safe } : undefined;
  }
}
