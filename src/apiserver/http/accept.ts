/** Content negotiation of answers: which encoding, and whether as the object itself, a Table or its metadata alone. */
import { notAcceptable, StatusError } from "../../machinery/status.ts";

export type Encoding = "json" | "yaml" | "protobuf";

/** The form that `as=` asks for. */
export type Transform = "none" | "table" | "partialMetadata" | "partialMetadataList";

export interface Negotiated {
  readonly encoding: Encoding;
  readonly transform: Transform;
  /** meta.k8s.io version of a Table or PartialObjectMetadata: v1 or v1beta1. */
  readonly version: string;
}

export interface MediaRange {
  readonly type: string;
  readonly quality: number;
  readonly parameters: Readonly<Record<string, string>>;
}

const encodings: Readonly<Record<string, Encoding>> = {
  "application/json": "json",
  "application/*": "json",
  "*/*": "json",
  "application/yaml": "yaml",
  "application/vnd.kubernetes.protobuf": "protobuf",
};

export const acceptedTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"] as const;
const acceptedStreamTypes = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"] as const;

/** By falling quality; equals in the order written. */
export function parseAccept(header: string): readonly MediaRange[] {
  const known = parsed.get(header);
  if (known !== undefined) return known;
  const ranges = header
    .split(",")
    .map(parseRange)
    .filter((range) => range.type !== "")
    .sort((a, b) => b.quality - a.quality);
  if (parsed.size > 1000) parsed.clear();
  parsed.set(header, ranges);
  return ranges;
}

const parsed = new Map<string, readonly MediaRange[]>();

function parseRange(text: string): MediaRange {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim());
  const parameters: Record<string, string> = {};
  for (const part of rest) {
    const equals = part.indexOf("=");
    if (equals > 0)
      parameters[part.slice(0, equals).trim()] = part
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, "$1");
  }
  const quality = parameters["q"] === undefined ? 1 : Number(parameters["q"]);
  return { type: type.toLowerCase(), quality: Number.isNaN(quality) ? 0 : quality, parameters };
}

/** What a request can be answered with, beside the object as it is. */
export interface Offer {
  /** Watches have no YAML form. */
  readonly answer: "object" | "list" | "watch";
  readonly kind: string;
  readonly table: boolean;
}

const plainJson: Negotiated = { encoding: "json", transform: "none", version: "v1" };

/** The first range that can be served. Throws 406. */
export function negotiate(header: string | undefined, offer: Offer): Negotiated {
  if (header === undefined || header === "") return plainJson;
  for (const { type, quality, parameters } of parseAccept(header)) {
    const encoding = encodings[type];
    const transform = transformOf(parameters);
    if (encoding === undefined || transform === undefined || quality === 0) continue;
    // There is no protobuf message of a Table; those who ask for one list JSON as well.
    const served = transform === "table" ? offer.table && encoding !== "protobuf" : encoding !== "yaml" || offer.answer !== "watch";
    if (!served) continue;
    checkForm(transform, offer);
    return { encoding, transform, version: parameters["v"] ?? "v1" };
  }
  throw notAcceptable(offer.answer === "watch" ? acceptedStreamTypes : acceptedTypes);
}

/** Metadata of one object cannot be had of a list, nor the other way round. Refused before anything is done. */
function checkForm(transform: Transform, { answer, kind }: Offer): void {
  if (transform === "partialMetadata" && answer === "list")
    throw otherForm(`you requested PartialObjectMetadata, but the requested object is a list (${kind}List)`);
  if (transform === "partialMetadataList" && answer !== "list")
    throw otherForm(`you requested PartialObjectMetadataList, but the requested object is not a list (${kind})`);
}

function otherForm(message: string): StatusError {
  return new StatusError({ code: 406, reason: "NotAcceptable", message });
}

/** How an error is written: as the client would have had its answer, or as JSON if there is no such form. */
export function negotiateStatus(header: string | undefined): Negotiated {
  for (const { type, quality, parameters } of parseAccept(header ?? "")) {
    const encoding = encodings[type];
    if (encoding !== undefined && quality !== 0 && parameters["as"] === undefined) return { ...plainJson, encoding };
  }
  return plainJson;
}

/** Undefined for what no kind is ever turned into. */
function transformOf(parameters: Readonly<Record<string, string>>): Transform | undefined {
  const { as, g, v } = parameters;
  if (as === undefined) return "none";
  if (g !== "meta.k8s.io" || (v !== "v1" && v !== "v1beta1")) return undefined;
  if (as === "Table") return "table";
  if (as === "PartialObjectMetadataList") return "partialMetadataList";
  return as === "PartialObjectMetadata" ? "partialMetadata" : undefined;
}

const mediaTypes: Readonly<Record<Encoding, string>> = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
};

/** The Content-Type of an answer. Clients of views decide by the body's kind, so that it stays plain as in Kubernetes. */
export function contentTypeOf({ encoding }: Negotiated): string {
  return mediaTypes[encoding];
}

/** Larger answers are compressed for clients that accept it, at a speed that keeps up with a network. */
export const gzipThreshold = 128 * 1024;

export function acceptsGzip(headers: Readonly<Record<string, string | readonly string[] | undefined>>): boolean {
  const accepted = headers["accept-encoding"];
  // Upstream knows no qualities here.
  return typeof accepted === "string" && accepted.split(",").some((coding) => coding.trim() === "gzip");
}

/** People who look at answers in a terminal or a browser get them indented. */
export function wantsPretty({
  query,
  headers,
}: {
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}): boolean {
  const asked = query.get("pretty");
  if (asked !== null) return asked === "true" || asked === "1" || asked === "";
  const agent = headers["user-agent"];
  return typeof agent === "string" && /^(curl|Wget|Mozilla\/5\.0)/.test(agent);
}
