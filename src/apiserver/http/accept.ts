/** Content negotiation of answers: which encoding, and whether as the object itself, a Table or its metadata alone. */
import { notAcceptable } from "../../machinery/status.ts";

export type Encoding = "json" | "yaml" | "protobuf";

/** The form that `as=` asks for. */
export type Transform = "none" | "table" | "partialMetadata";

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

export interface Offer {
  readonly encodings: readonly Encoding[];
  readonly transforms: readonly Transform[];
}

/** The first range that can be served. Throws 406. */
export function negotiate(header: string | undefined, offer: Offer): Negotiated {
  if (header === undefined || header === "") return { encoding: "json", transform: "none", version: "v1" };
  for (const range of parseAccept(header)) {
    const encoding = encodings[range.type];
    if (encoding === undefined || range.quality === 0 || !offer.encodings.includes(encoding)) continue;
    const transform = transformOf(range.parameters);
    // Views are not written as protobuf; those who ask for them list JSON as well.
    if (transform === undefined || (encoding === "protobuf" && transform !== "none")) continue;
    if (offer.transforms.includes(transform)) return { encoding, transform, version: range.parameters["v"] ?? "v1" };
  }
  throw notAcceptable(acceptedTypes);
}

/** Undefined for what no kind is ever turned into. */
function transformOf(parameters: Readonly<Record<string, string>>): Transform | undefined {
  const { as, g, v } = parameters;
  if (as === undefined) return "none";
  if (g !== "meta.k8s.io" || (v !== "v1" && v !== "v1beta1")) return undefined;
  if (as === "Table") return "table";
  return as === "PartialObjectMetadata" || as === "PartialObjectMetadataList" ? "partialMetadata" : undefined;
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

/** Answers from this size on are compressed for clients that accept it, at a speed that keeps up with a network. */
export const gzipThreshold = 128 * 1024;

export function acceptsGzip(headers: Readonly<Record<string, string | readonly string[] | undefined>>): boolean {
  const accepted = headers["accept-encoding"];
  return typeof accepted === "string" && /(^|[\s,])gzip($|[\s,;])/.test(accepted) && !/gzip;\s*q=0(\.0+)?($|[\s,])/.test(accepted);
}
