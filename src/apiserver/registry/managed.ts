/** Managed fields of writes: who set what. */
import type { KubeObject } from "../../machinery/object.ts";
import type { RegistryContext, WriteRequest } from "./requests.ts";

export function recordCreate(_context: RegistryContext, _request: WriteRequest, object: KubeObject): KubeObject {
  return object;
}

export function recordUpdate(_context: RegistryContext, _request: WriteRequest, _live: KubeObject, object: KubeObject): KubeObject {
  return object;
}
