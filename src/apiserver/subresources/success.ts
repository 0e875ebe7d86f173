import type { KubeObject } from "../../machinery/object.ts";

/** The Status that says a thing was done; POST answers it with 201. */
export function success(): KubeObject {
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
  return status as unknown as KubeObject;
}
