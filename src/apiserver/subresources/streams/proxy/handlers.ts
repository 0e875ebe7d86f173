/** pods/proxy, services/proxy and nodes/proxy. */
import type { Agent } from "node:https";
import { nodes } from "../../../../api/core/v1/node.ts";
import { pods } from "../../../../api/core/v1/pod.ts";
import { services } from "../../../../api/core/v1/service.ts";
import type { AnyResourceDefinition, Verb } from "../../../../api/resource.ts";
import { badRequest, methodNotSupported } from "../../../../machinery/status.ts";
import type { ConnectRequest, ServerServices, SubresourceHandler } from "../../../contract.ts";
import type { Kubelets } from "../kubelets.ts";
import { podBackend, serviceBackend } from "./backends.ts";
import { anyCertificate, forward } from "./forward.ts";
import { isProxyable } from "./proxyable.ts";
import { type Backend, parseTarget, portNumber } from "./target.ts";

interface Route {
  readonly backend: Backend;
  readonly agent: Agent;
}

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const verbs: readonly Verb[] = ["create", "delete", "get", "patch", "update"];

export function proxyHandlers(kubelets: Kubelets, server: ServerServices): SubresourceHandler[] {
  const { reader, random } = server;
  const toPod = async (namespace: string, id: string) => ({ backend: await podBackend(reader, namespace, id), agent: anyCertificate });
  const toService = async (namespace: string, id: string) => ({ backend: await serviceBackend(reader, random, namespace, id), agent: anyCertificate });
  return [
    handler(pods, "PodProxyOptions", toPod, server),
    handler(services, "ServiceProxyOptions", toService, server),
    handler(nodes, "NodeProxyOptions", (_, id) => nodeRoute(kubelets, id), server),
  ];
}

function handler(
  definition: AnyResourceDefinition,
  kind: string,
  route: (namespace: string, id: string) => Promise<Route>,
  { clock }: ServerServices,
): SubresourceHandler {
  const connect = async (request: ConnectRequest) => {
    const { namespace, name } = request.info;
    if (!methods.has(request.method)) throw methodNotSupported({ group: "", resource: definition.resource }, request.method);
    await forward(request, { ...(await route(namespace, name)), clock });
  };
  return { definition, subresource: "proxy", kind: { group: "", version: "v1", kind }, verbs, longRunning: true, connect };
}

/** The node's kubelet, spoken to with the API server's own identity; any other port of the node without one. */
async function nodeRoute(kubelets: Kubelets, id: string): Promise<Route> {
  const target = parseTarget(id);
  if (target === undefined) throw badRequest(`invalid node request ${JSON.stringify(id)}`);
  const { host, port } = await kubelets.address(target.name);
  if (target.port === "" || target.port === String(port)) return { backend: { scheme: "https", host, port }, agent: kubelets.agent };
  const asked = portNumber(target.port);
  if (asked === undefined) throw badRequest(`invalid node request ${JSON.stringify(id)}`);
  if (!isProxyable(host)) throw badRequest("address not allowed");
  return { backend: { scheme: target.scheme, host, port: asked }, agent: anyCertificate };
}
