/** What `import … from "coracle"` gives: a cluster in one function call, and typed access to it. */
export { Client, type ResourceClient } from "../client/client.ts";
export * as resources from "../client/resources.ts";
export { StatusError } from "../machinery/status.ts";
export { type CreateClusterOptions, createCluster, type InProcessCluster } from "./create-cluster.ts";
