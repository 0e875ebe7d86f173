/** /openapi/v2 and /openapi/v3, made when first asked for: kubectl explain, apply and completion read them. */
import { createHash } from "node:crypto";
import { scale } from "../../api/autoscaling/v1/scale.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { type OpenApiInput, openApiV2, openApiV3, openApiV3Index, openApiV3Paths } from "../../machinery/openapi/documents.ts";
import type { OpenApiSubresource } from "../../machinery/openapi/operations.ts";
import { notAcceptable, pathNotFound } from "../../machinery/status.ts";
import type { RouteHandler, RouteRequest } from "../contract.ts";
import { parseAccept } from "../http/accept.ts";
import { jsonBody, replyDocument, replyTagged, type TaggedDocument, tagged } from "./reply.ts";

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

const v2Types = ["application/json", "application/*", "*/*"];

class OpenApiDocuments {
  readonly #input: OpenApiInput;
  readonly #groups = new Map<string, TaggedDocument>();
  #v2: TaggedDocument | undefined;
  #index: TaggedDocument | undefined;

  constructor(input: OpenApiInput) {
    this.#input = input;
  }

  /** JSON only: clients that would rather have protobuf (client-go up to 1.26) list JSON second. */
  async serveV2(request: RouteRequest): Promise<void> {
    const accept = request.headers["accept"];
    const ranges = typeof accept === "string" ? parseAccept(accept) : [];
    if (ranges.length > 0 && !ranges.some(({ type }) => v2Types.includes(type))) throw notAcceptable(["application/json"]);
    this.#v2 ??= tagged(jsonBody(openApiV2(this.#input)));
    await replyTagged(request, this.#v2);
  }

  async serveV3(request: RouteRequest): Promise<void> {
    const path = request.info.path.slice("/openapi/v3".length).replace(/^\/|\/$/g, "");
    if (path === "") {
      this.#index ??= tagged(jsonBody(this.#makeIndex()));
      return replyTagged(request, this.#index);
    }
    const document = this.#group(path);
    if (document === undefined) throw pathNotFound();
    const { body, etag } = document;
    // A URL with the current hash names this very content for ever.
    if (request.query.get("hash") === hashOf(document)) {
      const expires = "Fri, 31 Dec 9999 23:59:59 GMT";
      return replyDocument(request, body, { headers: { etag, vary: "Accept", "cache-control": "public, immutable", expires } });
    }
    return replyTagged(request, document);
  }

  #makeIndex(): object {
    const hashes = openApiV3Paths(this.#input.resources).map((path) => [path, hashOf(this.#group(path)!)]);
    return openApiV3Index(Object.fromEntries(hashes));
  }

  #group(path: string): TaggedDocument | undefined {
    const known = this.#groups.get(path);
    if (known !== undefined) return known;
    if (!openApiV3Paths(this.#input.resources).includes(path)) return undefined;
    const [, second = "", third] = path.split("/");
    const groupVersion = third === undefined ? { group: "", version: second } : { group: second, version: third };
    const document = tagged(jsonBody(openApiV3(this.#input, groupVersion)));
    this.#groups.set(path, document);
    return document;
  }
}

function hashOf({ body }: TaggedDocument): string {
  return createHash("sha512").update(body).digest("hex").toUpperCase();
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
