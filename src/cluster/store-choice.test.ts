import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { chooseStore, type StoreConfig, type StoreFlags } from "./store-choice.ts";

const etcd: StoreConfig = { kind: "etcd", endpoints: ["http://a:2379"] };
const here = import.meta.filename;

test("which store a cluster uses", () => {
  const scenarios: [string, StoreFlags, StoreConfig | undefined, StoreConfig][] = [
    ["a new cluster has a file", {}, undefined, { kind: "sqlite" }],
    ["an old one keeps it", {}, { kind: "sqlite" }, { kind: "sqlite" }],
    ["an etcd is remembered", {}, etcd, etcd],
    ["a new one in etcd", { store: "etcd", etcdEndpoints: ["http://a:2379"] }, undefined, etcd],
    ["members come and go", { etcdEndpoints: ["http://b:2379", "http://c:2379"] }, etcd, { kind: "etcd", endpoints: ["http://b:2379", "http://c:2379"] }],
    [
      "with certificates",
      { store: "etcd", etcdEndpoints: ["https://a:2379"], etcdCafile: here, etcdCertfile: here, etcdKeyfile: here },
      undefined,
      { kind: "etcd", endpoints: ["https://a:2379"], ca: resolve(here), cert: resolve(here), key: resolve(here) },
    ],
  ];
  for (const [name, flags, existing, expected] of scenarios) assert.deepEqual(chooseStore("c", flags, existing), expected, name);
});

test("what cannot be a store is refused in words", () => {
  const scenarios: [StoreFlags, StoreConfig | undefined, RegExp][] = [
    [{ store: "etcd", etcdEndpoints: ["http://a:2379"] }, { kind: "sqlite" }, /cluster "c": its objects lie in sqlite.*coracle snapshot migrate --name c/],
    [{ store: "sqlite" }, etcd, /lie in etcd.*snapshot migrate/],
    [{ etcdEndpoints: ["http://a:2379"] }, undefined, /not --store etcd/],
    [{ store: "etcd" }, undefined, /no --etcd-endpoints/],
    [{ store: "etcd", etcdEndpoints: ["a:2379"] }, undefined, /"a:2379".*http:\/\/HOST:PORT/],
    [{ store: "etcd", etcdEndpoints: ["https://a:2379"], etcdCertfile: here }, undefined, /go together/],
    [{ store: "etcd", etcdEndpoints: ["https://a:2379"], etcdCafile: "/nowhere/ca.crt" }, undefined, /\/nowhere\/ca.crt does not exist/],
  ];
  for (const [flags, existing, message] of scenarios) assert.throws(() => chooseStore("c", flags, existing), message);
});
