/**
 * Routes to pods by way of their nodes. Every machine that reaches pods directly keeps them: nodes for each other's pods,
 * and through the cloud provider the network between nodes and API server. All nodes are on one link.
 */
import type { Node } from "../api/core/v1/node.ts";
import type { ComponentContext } from "./component.ts";
import { nodes } from "./resources.ts";
import { Wakeup } from "./wakeup.ts";

export interface NodeRoute {
  /** Pod CIDR of a node. */
  readonly destination: string;
  /** That node's InternalIP. */
  readonly via: string;
}

export interface RouteTable {
  /** Replaces a route to the same destination. */
  add(route: NodeRoute): Promise<void>;
  remove(route: NodeRoute): Promise<void>;
}

/** A route for each node whose pod CIDR and address are known, but for `ownName`. */
export function wantedRoutes(all: Iterable<Node>, ownName?: string): NodeRoute[] {
  const routes: NodeRoute[] = [];
  for (const node of all) {
    const via = node.status?.addresses?.find((address) => address.type === "InternalIP")?.address;
    if (node.metadata.name === ownName || node.spec.podCIDR === undefined || via === undefined) continue;
    routes.push({ destination: node.spec.podCIDR, via });
  }
  return routes;
}

export interface RouteChange {
  readonly type: "add" | "remove";
  readonly route: NodeRoute;
}

/** Removals first: a destination that moved to another node leads to one only. */
export function routeChanges(current: readonly NodeRoute[], wanted: readonly NodeRoute[]): RouteChange[] {
  const id = (route: NodeRoute) => `${route.destination} ${route.via}`;
  const have = new Set(current.map(id));
  const want = new Set(wanted.map(id));
  return [
    ...current.filter((route) => !want.has(id(route))).map((route): RouteChange => ({ type: "remove", route })),
    ...wanted.filter((route) => !have.has(id(route))).map((route): RouteChange => ({ type: "add", route })),
  ];
}

const retryMs = 5_000;

/** Runs until the context's signal aborts; failures are logged and tried again. Asks for its informer before the first await. */
export async function keepNodeRoutes(context: ComponentContext, table: RouteTable, ownName?: string): Promise<void> {
  const { informers, clock, logger, signal } = context;
  const informer = informers.informer(nodes);
  const changes = new Wakeup();
  const changed = () => changes.wake();
  using _handler = informer.addHandler({ add: changed, update: changed, delete: changed });
  await informers.start();
  let current: readonly NodeRoute[] = [];
  while (!signal.aborted) {
    let failed = false;
    try {
      for (const { type, route } of routeChanges(current, wantedRoutes(informer.list(), ownName))) {
        await table[type](route);
        current = type === "add" ? [...current, route] : current.filter((other) => other !== route);
      }
    } catch (error) {
      failed = true;
      logger.warn({ err: error }, "cannot update routes to pods; trying again");
    }
    await changes.wait(clock, signal, failed ? retryMs : undefined);
  }
}
