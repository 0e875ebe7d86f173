import type { RouteHandler } from "../contract.ts";

/** The route of a path: an exact one first, then the longest prefix. */
export function routeFor(routes: readonly RouteHandler[], path: string): RouteHandler | undefined {
  const exact = routes.find((route) => route.path === path);
  if (exact !== undefined) return exact;
  const prefixes = routes.filter((route) => route.path !== "/" && route.path.endsWith("/") && path.startsWith(route.path));
  return prefixes.sort((a, b) => b.path.length - a.path.length)[0];
}
