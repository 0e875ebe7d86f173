/** /openapi/v2 and /openapi/v3, made when first asked for: kubectl explain, apply and completion read them. */
import { scale } from "../../api/autoscaling/v1/scale.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { type OpenApiInput, openApiV2, openApiV3, openApiV3Index, openApiV3Paths } from "../../machinery/openapi/documents.ts";
import { openApiV2Protobuf } from "../../machinery/openapi/gnostic/v2.ts";
import { openApiV3Protobuf } from "../../machinery/openapi/gnostic/v3.ts";
import type { OpenApiSubresource } from "../../machinery/openapi/operations.ts";
import { notAcceptable, PageNotFoundError } from "../../machinery/status.ts";
import type { RouteHandler, RouteRequest } from "../contract.ts";
import { parseAccept } from "../http/accept.ts";
import { jsonBody, replyTagged, type TaggedDocument, tagged } from "./reply.ts";

export function openApiRoutes(definitions: readonly AnyResourceDefinition[], gitVersion: string): RouteHandler[] {
  const documents = new OpenApiDocuments({ gitVersion, resources: definitions, subresources: foreignSubresources(definitions) });
  const v2: RouteHandler["serve"] = (request) => documents.serveV2(request);
  const v3: RouteHandler["serve"] = (request) => documents.serveV3(request);
  return [
    { path: "/openapi/v2", serve: v2 },
    { path: "/openapi/v3", serve: v3 },
    { path: "/openapi/v3/", serve: v3 },
  ];
}

const v2Forms: readonly DocumentForm[] = [
  { types: ["application/json"], encode: jsonBody },
  // The `@` is no part of a media type; clients up to 1.26 still ask so, and none is answered so.
  {
    types: ["application/com.github.proto-openapi.spec.v2.v1.0+protobuf", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"],
    encode: (document) => asBuffer(openApiV2Protobuf(document)),
  },
];

const v3Forms: readonly DocumentForm[] = [
  { types: ["application/json"], encode: jsonBody },
  {
    types: ["application/com.github.proto-openapi.spec.v3.v1.0+protobuf", "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"],
    encode: (document) => asBuffer(openApiV3Protobuf(document)),
  },
];

/** A way to write a document. The first type is the one that answers carry. */
interface DocumentForm {
  readonly types: readonly string[];
  encode(document: object): Buffer;
}

class OpenApiDocuments {
  readonly #input: OpenApiInput;
  readonly #paths: readonly string[];
  readonly #made = new Map<string, TaggedDocument>();

  constructor(input: OpenApiInput) {
    this.#input = input;
    this.#paths = openApiV3Paths(input.resources);
  }

  async serveV2(request: RouteRequest): Promise<void> {
    const form = formFor(request, v2Forms);
    await replyTagged(request, this.#v2(form), { contentType: form.types[0]! });
  }

  async serveV3(request: RouteRequest): Promise<void> {
    const path = request.info.path.slice("/openapi/v3".length).replace(/^\/|\/$/g, "");
    if (path === "")
      return replyTagged(
        request,
        this.#document("index", () => jsonBody(this.#makeIndex())),
      );
    if (!this.#paths.includes(path)) throw new PageNotFoundError();
    const form = formFor(request, v3Forms);
    const { etag } = this.#group(path, v3Forms[0]!);
    const asked = request.query.get("hash");
    const current = etag.slice(1, -1);
    if (asked !== null && asked !== current) return redirect(request, `/openapi/v3/${path}?hash=${current}`);
    const document = this.#group(path, form);
    // A URL with the current hash names this very content for ever.
    const caching: Record<string, string> = asked === null ? {} : { "cache-control": "public, immutable", expires: "Fri, 31 Dec 9999 23:59:59 GMT" };
    return replyTagged(request, { ...document, etag }, { contentType: form.types[0]!, headers: caching });
  }

  #makeIndex(): object {
    return openApiV3Index(Object.fromEntries(this.#paths.map((path) => [path, this.#group(path, v3Forms[0]!).etag.slice(1, -1)])));
  }

  #v2(form: DocumentForm): TaggedDocument {
    return this.#document(form.types[0]!, () => form.encode(openApiV2(this.#input)));
  }

  #group(path: string, form: DocumentForm): TaggedDocument {
    const [, second = "", third] = path.split("/");
    const groupVersion = third === undefined ? { group: "", version: second } : { group: second, version: third };
    return this.#document(`${path} ${form.types[0]}`, () => form.encode(openApiV3(this.#input, groupVersion)));
  }

  #document(key: string, make: () => Buffer): TaggedDocument {
    const document = this.#made.get(key) ?? tagged(make());
    this.#made.set(key, document);
    return document;
  }
}

/** By the client's preference. Throws 406. */
function formFor(request: RouteRequest, forms: readonly DocumentForm[]): DocumentForm {
  const accept = request.headers["accept"];
  const ranges = typeof accept === "string" && accept !== "" ? parseAccept(accept) : [{ type: "*/*" }];
  for (const { type } of ranges) {
    const form = type === "*/*" || type === "application/*" ? forms[0] : forms.find(({ types }) => types.includes(type));
    if (form !== undefined) return form;
  }
  throw notAcceptable(forms.map(({ types }) => types[0]!));
}

/** A hash of the past leads to the document of today. */
async function redirect(request: RouteRequest, location: string): Promise<void> {
  request.response.start(301, { location, "content-length": "0" });
  await request.response.end();
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Subresources of another kind than their resource that have a body to describe. */
function foreignSubresources(definitions: readonly AnyResourceDefinition[]): OpenApiSubresource[] {
  return definitions.flatMap((definition) => {
    const of = { group: definition.group, version: definition.version, resource: definition.resource };
    const scaled = { name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs: ["get", "patch", "update"], schema: scale, of };
    const others = Object.entries(definition.otherSubresources ?? {}).flatMap(([name, { group, version, kind, verbs, schema }]) =>
      schema === undefined ? [] : [{ name, group, version, kind, verbs, schema, of }],
    );
    return [...(definition.scale === undefined ? [] : [scaled]), ...others];
  });
}
