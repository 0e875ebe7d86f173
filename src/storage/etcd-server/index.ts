export { defaultLimits, type Limits } from "./check.ts";
export { type EtcdHttpServer, startEtcdHttpServer } from "./http.ts";
export { type EtcdServer, type EtcdServerOptions, type EtcdServerTls, startEtcdServer } from "./server.ts";
