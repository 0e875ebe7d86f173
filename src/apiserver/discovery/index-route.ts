/** GET /: the paths that are served. */
import type { RouteHandler } from "../contract.ts";
import { rawJson, replyDocument } from "./reply.ts";

export function indexRoutes(paths: () => readonly string[]): RouteHandler[] {
  const serve: RouteHandler["serve"] = (request) => replyDocument(request, rawJson({ paths: [...paths()].sort() }));
  return [
    { path: "/", serve },
    { path: "/index.html", serve },
  ];
}
