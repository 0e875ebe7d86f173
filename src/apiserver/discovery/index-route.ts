/** GET /: the paths that are served. */
import type { RouteHandler } from "../contract.ts";
import { jsonBody, replyDocument } from "./reply.ts";

export function indexRoute(paths: () => readonly string[]): RouteHandler {
  return { path: "/", serve: (request) => replyDocument(request, jsonBody({ paths: [...paths()].sort() })) };
}
