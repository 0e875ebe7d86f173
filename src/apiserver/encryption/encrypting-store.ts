/**
 * A store whose chosen values are encrypted in the store behind it. Everything above it, watch cache and registry, sees
 * plain values; keys are never encrypted.
 */
import type { KeyValue, Operation, OperationResult, RangeResponse, Store, StoreEvent, TxnRequest, TxnResponse, WatchBatch } from "../../storage/store.ts";
import { storeOver } from "../../storage/store-over.ts";
import type { ResourceEncryption } from "./configuration.ts";
import { encryptedPrefix, identity, type ValueTransformer } from "./providers.ts";

const registryPrefix = "/registry/";

/** `configuration` may give another one from time to time. Does not own `store`: closing either closes it. */
export function encryptingStore(store: Store, configuration: () => readonly ResourceEncryption[]): Store {
  const choose = transformersByKey(configuration);
  const open = (kv: KeyValue): KeyValue => {
    const transformers = choose(kv.key);
    const value = decrypt(kv.key, kv.value, transformers);
    const stale = isStale(kv.value, transformers);
    return value === kv.value && !stale ? kv : { ...kv, value, ...(stale && { stale }) };
  };
  const openRange = (response: RangeResponse): RangeResponse => ({ ...response, kvs: response.kvs.map(open) });
  const seal = (operation: Operation): Operation => {
    if (operation.type !== "put") return operation;
    const [writer = identity] = choose(operation.key);
    return { ...operation, value: writer.encrypt(operation.value, operation.key) };
  };
  const openResult = (result: OperationResult): OperationResult => {
    if (result.type === "range") return { ...result, response: openRange(result.response) };
    return result.type === "delete" ? { ...result, previous: result.previous.map(open) } : result;
  };
  return storeOver(store, {
    range: async (request, signal) => openRange(await store.range(request, signal)),
    txn: async (request: TxnRequest, signal): Promise<TxnResponse> => {
      const sealed = { ...request, success: request.success.map(seal), failure: request.failure.map(seal) };
      const response = await store.txn(sealed, signal);
      return { ...response, results: response.results.map(openResult) };
    },
    async *watch(request, signal): AsyncGenerator<WatchBatch> {
      for await (const batch of store.watch(request, signal)) yield { ...batch, events: batch.events.map((event) => openEvent(event, open)) };
    },
  });
}

function openEvent(event: StoreEvent, open: (kv: KeyValue) => KeyValue): StoreEvent {
  const previous = event.previous === undefined ? undefined : open(event.previous);
  return event.type === "put" ? { type: "put", kv: open(event.kv), previous } : { type: "delete", kv: event.kv, previous };
}

/** Whether the writing provider would have left it otherwise: then a write that changes nothing is done all the same. */
function isStale(value: Uint8Array, [writer = identity]: readonly ValueTransformer[]): boolean {
  return !startsWith(value, writer.prefix) || (writer === identity && startsWith(value, encryptedPrefix));
}

function startsWith(value: Uint8Array, prefix: Buffer): boolean {
  return Buffer.compare(value.subarray(0, prefix.length), prefix) === 0;
}

function decrypt(key: string, value: Uint8Array, transformers: readonly ValueTransformer[]): Uint8Array {
  if (!startsWith(value, encryptedPrefix)) {
    // As in kube-apiserver: plain text where only encrypted values may be is somebody else's doing.
    if (transformers.length === 0 || transformers.includes(identity)) return value;
    throw new Error(`cannot decrypt ${key}: the stored value is not encrypted and the encryption configuration has no identity provider for it`);
  }
  const transformer = transformers.find(({ prefix }) => prefix.length > 0 && startsWith(value, prefix));
  const header = Buffer.from(value.subarray(0, 128)).toString("latin1").split(":").slice(2, 5);
  const used = `provider ${header[0]}, key ${JSON.stringify(header[2])}`;
  if (transformer === undefined) throw new Error(`cannot decrypt ${key}: no key of the encryption configuration matches (${used})`);
  try {
    return transformer.decrypt(value, key);
  } catch (cause) {
    throw new Error(`cannot decrypt ${key}: the key does not fit the stored value (${used})`, { cause });
  }
}

/** A resource without an entry has the transformers of none: plain text is read and written. */
function transformersByKey(configuration: () => readonly ResourceEncryption[]): (key: string) => readonly ValueTransformer[] {
  const known = new Map<string, readonly ValueTransformer[]>();
  let current: readonly ResourceEncryption[] | undefined;
  return (key) => {
    const latest = configuration();
    if (latest !== current) known.clear();
    current = latest;
    const resource = resourceOfKey(key);
    let transformers = known.get(resource);
    if (transformers === undefined) {
      transformers = latest.find(({ resources }) => resources.some((name) => covers(name, resource)))?.transformers ?? [];
      known.set(resource, transformers);
    }
    return transformers;
  };
}

/** `secrets.` or `deployments.apps`: keys of groups other than the core one have the group as a segment, with a dot or known by name. */
function resourceOfKey(key: string): string {
  if (!key.startsWith(registryPrefix)) return "";
  const [first = "", second = ""] = key.slice(registryPrefix.length).split("/", 2);
  return first.includes(".") || dotlessGroups.has(first) ? `${second}.${first}` : `${first}.`;
}

const dotlessGroups: ReadonlySet<string> = new Set(["apps", "autoscaling", "batch", "policy", "extensions"]);

function covers(name: string, resource: string): boolean {
  if (name === "*.*") return resource !== "";
  if (name.startsWith("*.")) return resource.slice(resource.indexOf(".")) === name.slice(1);
  return name.includes(".") ? name === resource : resource === `${name}.`;
}
