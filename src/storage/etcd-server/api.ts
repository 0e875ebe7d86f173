/** The services as grpc-js knows them. */
import { fileURLToPath } from "node:url";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const options = {
  keepCase: true,
  // Numbers beyond 2^53 come out inexact: whoever takes one in has to look.
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: false,
} as const;

const etcdApi = loadSync(fileURLToPath(new URL("../etcd/rpc.proto", import.meta.url)), options);
const healthApi = loadSync(fileURLToPath(new URL("./health.proto", import.meta.url)), options);

export type EtcdService = "KV" | "Watch" | "Lease" | "Maintenance" | "Cluster" | "Auth";

export function etcdService(name: EtcdService): ServiceDefinition {
  return etcdApi[`etcdserverpb.${name}`] as ServiceDefinition;
}

export const healthDefinition = healthApi["grpc.health.v1.Health"] as ServiceDefinition;
