import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "../storage/memory/memory-store.ts";
import type { Store } from "../storage/store.ts";
import { type AgreeOptions, agreeOnAuthority, refuseShared, type SharedAuthority, sharedAuthorityKey } from "./shared-authority.ts";
import { systemClock } from "./system-clock.ts";

const settings = { serviceSubnet: "10.96.0.0/16", podSubnet: "10.244.0.0/16", clusterDomain: "cluster.local" };
const token = "a token of the first one";

function authority(name: string): SharedAuthority {
  const pair = { certificate: `${name} certificate`, key: `${name} secret` };
  return { ca: pair, frontProxyCa: pair, serviceAccountKey: `${name} secret` };
}

function joining(name: string, more: Partial<AgreeOptions> = {}): AgreeOptions {
  return { token, settings, found: async () => authority(name), movedHere: false, ...more };
}

const newStore = () => createMemoryStore({ clock: systemClock });
const put = (store: Store, key: string, value: string) => store.txn({ compare: [], success: [{ type: "put", key, value: Buffer.from(value) }], failure: [] });

test("the first control plane founds the cluster, later ones take what it made, whatever they would have made", async () => {
  const store = newStore();
  const first = joining("first", { settings: Object.assign({ dataDir: "/of/the/first" }, settings) });
  assert.equal((await agreeOnAuthority(store, first)).founded, true);
  const later = joining("second", { settings: { ...settings, serviceSubnet: "10.0.0.0/16" } });
  assert.deepEqual(await agreeOnAuthority(store, later), { authority: authority("first"), settings, founded: false });
});

test("of several that begin at once one is the founder", async () => {
  const store = newStore();
  const all = await Promise.all(["a", "b", "c"].map((name) => agreeOnAuthority(store, joining(name))));
  assert.equal(all.filter(({ founded }) => founded).length, 1);
  assert.equal(new Set(all.map((one) => one.authority.ca.key)).size, 1);
});

test("the store shows no key to those without the token", async () => {
  const store = newStore();
  await agreeOnAuthority(store, joining("first"));
  const [kv] = (await store.range({ start: sharedAuthorityKey })).kvs;
  const record = Buffer.from(kv!.value).toString();
  assert.doesNotMatch(record, /secret|certificate/);
  await assert.rejects(agreeOnAuthority(store, joining("second", { token: "a token of somebody" })), /the token is not the one/);
  await put(store, sharedAuthorityKey, record.replace("10.96.0.0/16", "10.97.0.0/16"));
  await assert.rejects(agreeOnAuthority(store, joining("second")), /the token is not the one/, "settings changed by another hand");
  await put(store, sharedAuthorityKey, record.replace('"version":1', '"version":2'));
  await assert.rejects(agreeOnAuthority(store, joining("second")), /a newer Coracle made it/);
});

test("a store with objects of another cluster is refused, unless the caller's own have moved there", async () => {
  const store = newStore();
  await put(store, "/registry/namespaces/default", "{}");
  await assert.rejects(agreeOnAuthority(store, joining("first")), /it holds the 1 objects of another one/);
  assert.equal((await agreeOnAuthority(store, joining("first", { movedHere: true }))).founded, true);
});

test("`coracle up` keeps away from a store that control planes share", async () => {
  const store = newStore();
  await refuseShared(store);
  await agreeOnAuthority(store, joining("first"));
  await assert.rejects(refuseShared(store), /control planes of `coracle server` share it/);
});
