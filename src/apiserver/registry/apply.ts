/** Server-side apply. */
import { notImplemented } from "../../machinery/status.ts";
import type { PatchBody } from "./patch.ts";
import type { RegistryContext, WriteRequest } from "./requests.ts";
import type { Written } from "./update.ts";

export function applyObject(_context: RegistryContext, _request: WriteRequest, _body: PatchBody): Promise<Written> {
  return Promise.reject(notImplemented("server-side apply"));
}
