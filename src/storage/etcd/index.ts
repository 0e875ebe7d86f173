export type { EtcdTls } from "./cluster.ts";
export { connectEtcdStore, EtcdStore, type EtcdStoreOptions } from "./etcd-store.ts";
