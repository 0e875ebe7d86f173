/** Metrics of the store, under the names that Kubernetes has for etcd's. */
import type { Clock } from "../../machinery/clock.ts";
import type { Store, TxnRequest } from "../../storage/store.ts";
import { storeOver } from "../../storage/store-over.ts";
import { durationBounds, type Exposition } from "./families.ts";

/** Whose keys these are; undefined for keys of no resource. */
export type ResourceOfKey = (key: string) => { readonly group: string; readonly resource: string } | undefined;

const unnamed = { group: "", resource: "" };

/** The same store, timed. */
export function measuredStore(store: Store, exposition: Exposition, clock: Clock, resourceOf: ResourceOfKey): Store {
  const labels = ["operation", "group", "resource"];
  const total = exposition.counter("etcd_requests_total", "Requests to the store.", ...labels);
  const errors = exposition.counter("etcd_request_errors_total", "Requests to the store that failed.", ...labels);
  const duration = exposition.histogram("etcd_request_duration_seconds", "Seconds of requests to the store.", durationBounds, ...labels);
  exposition.gauge("apiserver_storage_size_bytes", "Bytes that the store takes.", ["storage_cluster_id"], async () => [
    [["etcd-0"], (await store.status()).sizeBytes],
  ]);

  async function timed<T>(operation: string, key: string, request: () => Promise<T>): Promise<T> {
    const { group, resource } = resourceOf(key) ?? unnamed;
    const started = clock.now();
    total.cell(operation, group, resource).inc();
    try {
      return await request();
    } catch (error) {
      errors.cell(operation, group, resource).inc();
      throw error;
    } finally {
      duration.cell(operation, group, resource).observe((clock.now() - started) / 1000);
    }
  }

  return storeOver(store, {
    range: (request, signal) => timed(request.end === undefined ? "get" : "list", request.start, () => store.range(request, signal)),
    txn: (request, signal) => timed(operationOf(request), request.compare[0]?.key ?? "", () => store.txn(request, signal)),
  });
}

/** As etcd's client names the transactions of the registry. */
function operationOf({ compare, success }: TxnRequest): string {
  if (success[0]?.type === "delete") return "delete";
  return compare[0]?.modRevision === 0 ? "create" : "update";
}

/** From the prefixes that resources are stored under: `/registry/pods/`, `/registry/apps/deployments/`. */
export function resourceByKey(prefixes: Iterable<readonly [prefix: string, of: { readonly group: string; readonly resource: string }]>): ResourceOfKey {
  const known = new Map(prefixes);
  return (key) => {
    const second = key.indexOf("/", 1) + 1;
    const third = key.indexOf("/", second) + 1;
    return known.get(key.slice(0, third)) ?? known.get(key.slice(0, key.indexOf("/", third) + 1));
  };
}
