/** Requests that may take as long as they like: no timeout, no place in the queues. */
import type { RequestInfo, SubresourceHandler } from "../contract.ts";

export function isLongRunning(info: RequestInfo, query: URLSearchParams, handler: SubresourceHandler | undefined): boolean {
  if (info.verb === "watch") return true;
  if (handler === undefined) return false;
  return handler.longRunning === true && (handler.subresource !== "log" || query.get("follow") === "true" || query.get("follow") === "1");
}
