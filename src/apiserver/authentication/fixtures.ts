/** Objects and keys for the tests of these rooms. */
import { generateKeyPairSync } from "node:crypto";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { KubeObject } from "../../machinery/object.ts";
import type { ObjectRequest } from "../contract.ts";
import { type SigningKey, signingKeyOf } from "./token-keys.ts";

/** An object of any kind with the metadata the registry would have given it. */
export function object<T extends KubeObject>(
  kind: string,
  name: string,
  namespace: string,
  rest?: Omit<Partial<T>, "metadata"> & { metadata?: Partial<T["metadata"]> },
): T {
  return { apiVersion: "v1", kind, ...rest, metadata: { name, uid: `uid-${name}`, ...(namespace === "" ? {} : { namespace }), ...rest?.metadata } } as T;
}

export function testPod(name: string, namespace: string, spec: Partial<NonNullable<Pod["spec"]>> = {}): Pod {
  return object<Pod>("Pod", name, namespace, { spec: { containers: [{ name: "main", image: "pause" }], ...spec } as NonNullable<Pod["spec"]> });
}

export function testSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return signingKeyOf(privateKey.export({ type: "pkcs8", format: "pem" }).toString());
}

/** A request as a handler sees it, with what the test says. */
export function objectRequest(parts: Partial<Omit<ObjectRequest, "info">> & { info?: Partial<ObjectRequest["info"]> }): ObjectRequest {
  const info = {
    isResourceRequest: true,
    path: "",
    verb: "create",
    apiPrefix: "api",
    group: "",
    version: "v1",
    namespace: "",
    resource: "",
    subresource: "",
    name: "",
    rest: "",
  };
  return {
    method: "POST",
    user: { name: "tester", groups: [] },
    query: new URLSearchParams(),
    headers: {},
    remoteAddress: "",
    signal: new AbortController().signal,
    warn: () => {},
    annotate: () => {},
    body: undefined,
    dryRun: false,
    ...parts,
    info: { ...info, ...parts.info },
  } as ObjectRequest;
}
