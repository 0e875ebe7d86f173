/** What a cloud offers to a cluster, as in k8s.io/cloud-provider: each part is optional, and its controller runs where it is there. */
import type { RouteTable } from "../client/node-routes.ts";

export interface CloudProvider {
  readonly name: string;
  /** Makes the network between machines lead pods' addresses to their nodes (the route controller). */
  readonly routes?: RouteTable;
}
