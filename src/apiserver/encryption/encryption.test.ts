import assert from "node:assert/strict";
import { test } from "node:test";
import { configMaps } from "../../api/core/v1/config-map.ts";
import { secrets } from "../../api/core/v1/secret.ts";
import { createMemoryStore } from "../../storage/memory/index.ts";
import { prefixEnd, type Store } from "../../storage/store.ts";
import { admin, startTestServer } from "../../testing/api-server/test-server.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { parseEncryptionConfiguration } from "./configuration.ts";
import { encryptingStore } from "./encrypting-store.ts";

const secretText = "correct-horse-battery-staple";
const { signal } = new AbortController();
const key = (name: string, fill: number, size = 32) => `{name: ${name}, secret: ${Buffer.alloc(size, fill).toString("base64")}}`;

function configuration(providers: string, resources = "[secrets]"): string {
  return `{apiVersion: apiserver.config.k8s.io/v1, kind: EncryptionConfiguration, resources: [{resources: ${resources}, providers: [${providers}]}]}`;
}

const open = (store: Store, text: string) => {
  const parsed = parseEncryptionConfiguration(text);
  return encryptingStore(store, () => parsed);
};
const put = (store: Store, at: string, text: string) => store.txn({ compare: [], success: [{ type: "put", key: at, value: Buffer.from(text) }], failure: [] });
const read = async (store: Store, at: string) => Buffer.from((await store.range({ start: at })).kvs[0]?.value ?? []).toString();

for (const [provider, sizes] of [
  ["aescbc", [16, 24, 32]],
  ["aesgcm", [16, 24, 32]],
  ["secretbox", [32]],
] as const) {
  test(`${provider} hides secrets in the store and shows them to clients`, async () => {
    const store = createMemoryStore({ clock: new VirtualClock() });
    const encrypted = open(store, configuration(`{${provider}: {keys: [${key("key1", 7)}]}}, {identity: {}}`));
    const { server, close } = await startTestServer({ store: encrypted });
    const transport = server.transport(admin);
    const target = { resource: secrets, namespace: "default" };
    const stringData = { password: secretText };
    await transport.create({ ...target }, { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData }, {}, signal);
    await transport.create({ resource: configMaps, namespace: "default" }, { metadata: { name: "c" }, data: { a: secretText } }, {}, signal);
    const object = await transport.get({ ...target, name: "s" }, {}, signal);
    assert.equal(Buffer.from((object as { data?: Record<string, string> }).data?.["password"] ?? "", "base64").toString(), secretText);
    const { kvs } = await store.range({ start: "/registry/", end: prefixEnd("/registry/") });
    const stored = kvs.find((kv) => kv.key === "/registry/secrets/default/s");
    const bytes = Buffer.from(stored?.value ?? []).toString("latin1");
    assert.ok(bytes.startsWith(`k8s:enc:${provider}:v1:key1:`));
    assert.ok(!bytes.includes(secretText) && !bytes.includes(Buffer.from(secretText).toString("base64")));
    assert.ok((await read(store, "/registry/configmaps/default/c")).includes(secretText), "only chosen resources are encrypted");
    await close();
    await store.close();
  });

  test(`${provider} takes keys of ${sizes.join(", ")} bytes, round trips, and rotates them`, async () => {
    const store = createMemoryStore({ clock: new VirtualClock() });
    const at = "/registry/secrets/default/s";
    for (const size of sizes) {
      const one = open(store, configuration(`{${provider}: {keys: [${key("old", 1, size)}]}}`));
      await put(one, at, secretText);
      assert.equal(await read(one, at), secretText);
      const both = open(store, configuration(`{${provider}: {keys: [${key("new", 2, size)}, ${key("old", 1, size)}]}}`));
      assert.equal(await read(both, at), secretText, "the old key still reads");
      await put(both, at, secretText);
      assert.match(await read(store, at), new RegExp(`^k8s:enc:${provider}:v1:new:`), "the first key writes");
      await assert.rejects(
        read(one, at),
        /cannot decrypt \/registry\/secrets\/default\/s: no key of the encryption configuration matches \(provider \w+, key "new"\)/,
      );
    }
    await store.close();
  });
}

test("a write that changes nothing moves a value to today's key, and only then", async () => {
  const store = createMemoryStore({ clock: new VirtualClock() });
  let current = parseEncryptionConfiguration(configuration("{identity: {}}"));
  const { server, close } = await startTestServer({ store: encryptingStore(store, () => current) });
  const transport = server.transport(admin);
  const target = { resource: secrets, namespace: "default", name: "s" };
  await transport.create({ resource: secrets, namespace: "default" }, { metadata: { name: "s" }, stringData: { password: secretText } }, {}, signal);
  const stored = async () => (await store.range({ start: "/registry/secrets/default/s" })).kvs[0]!;
  const replace = async (dryRun = false) => {
    const object = await transport.get(target, {}, signal);
    await transport.update(target, object, { ...(dryRun && { dryRun }) }, signal);
    const { value, modRevision } = await stored();
    return { prefix: /^k8s:enc:\w+:v1:\w+:/.exec(Buffer.from(value).toString("latin1"))?.[0] ?? "plain", modRevision };
  };
  assert.equal((await replace()).prefix, "plain");
  const rotations: [string, string][] = [
    [`{secretbox: {keys: [${key("one", 1)}]}}, {identity: {}}`, "k8s:enc:secretbox:v1:one:"],
    [`{secretbox: {keys: [${key("two", 2)}, ${key("one", 1)}]}}`, "k8s:enc:secretbox:v1:two:"],
    [`{aesgcm: {keys: [${key("three", 3)}]}}, {secretbox: {keys: [${key("two", 2)}]}}`, "k8s:enc:aesgcm:v1:three:"],
    [`{identity: {}}, {aesgcm: {keys: [${key("three", 3)}]}}`, "plain"],
  ];
  for (const [providers, prefix] of rotations) {
    current = parseEncryptionConfiguration(configuration(providers));
    const before = (await stored()).modRevision;
    assert.equal((await replace(true)).modRevision, before, "a dry run writes nothing");
    const moved = await replace();
    assert.deepEqual([moved.prefix, moved.modRevision > before], [prefix, true]);
    assert.deepEqual(await replace(), moved, "once is enough");
    const object = (await transport.get(target, {}, signal)) as { data?: Record<string, string>; metadata: { resourceVersion?: string } };
    assert.equal(Buffer.from(object.data?.["password"] ?? "", "base64").toString(), secretText);
    assert.equal(object.metadata.resourceVersion, String(moved.modRevision));
  }
  await close();
  await store.close();
});

test("a wrong key of the right name is told apart from broken data", async () => {
  const store = createMemoryStore({ clock: new VirtualClock() });
  const at = "/registry/secrets/default/s";
  await put(open(store, configuration(`{aesgcm: {keys: [${key("k", 1)}]}}`)), at, secretText);
  await assert.rejects(read(open(store, configuration(`{aesgcm: {keys: [${key("k", 2)}]}}`)), at), /the key does not fit the stored value/);
  // AES-GCM binds the value to its place: a copied value does not open elsewhere.
  const { kvs } = await store.range({ start: at });
  await store.txn({ compare: [], success: [{ type: "put", key: "/registry/secrets/default/t", value: kvs[0]!.value }], failure: [] });
  await assert.rejects(read(open(store, configuration(`{aesgcm: {keys: [${key("k", 1)}]}}`)), "/registry/secrets/default/t"), /does not fit/);
  await store.close();
});

const covered: readonly [string, string, boolean][] = [
  ["[secrets]", "/registry/secrets/a/s", true],
  ["[secrets]", "/registry/configmaps/a/s", false],
  ["[deployments.apps]", "/registry/apps/deployments/a/d", true],
  ["[deployments]", "/registry/apps/deployments/a/d", false],
  ['["*.apps"]', "/registry/apps/replicasets/a/d", true],
  ['["*."]', "/registry/pods/a/p", true],
  ['["*."]', "/registry/apps/deployments/a/d", false],
  ['["*.*"]', "/registry/coordination.k8s.io/leases/a/l", true],
];

test("resources are chosen by name and wildcard, and identity writes plain text", async () => {
  for (const [resources, at, encrypted] of covered) {
    const store = createMemoryStore({ clock: new VirtualClock() });
    await put(open(store, configuration(`{aescbc: {keys: [${key("k", 1)}]}}`, resources)), at, secretText);
    assert.equal((await read(store, at)).startsWith("k8s:enc:"), encrypted, `${resources} ${at}`);
    await put(open(store, configuration(`{identity: {}}, {aescbc: {keys: [${key("k", 1)}]}}`, resources)), at, secretText);
    assert.equal(await read(store, at), secretText);
    const strict = read(open(store, configuration(`{aescbc: {keys: [${key("k", 1)}]}}`, resources)), at);
    if (encrypted) await assert.rejects(strict, /is not encrypted and the encryption configuration has no identity provider/);
    else assert.equal(await strict, secretText);
    await store.close();
  }
});

test("a bad configuration is refused with its field and without its keys", () => {
  const refused = (text: string, message: RegExp) => assert.throws(() => parseEncryptionConfiguration(text), message);
  refused(configuration(`{secretbox: {keys: [${key("k", 1, 16)}]}}`), /keys\[0\]\.secret must have 32 bytes, not 16/);
  refused(configuration("{kms: {apiVersion: v2, name: k, endpoint: unix:///k.sock}}"), /providers\[0\]\.kms is not supported by this server/);
  refused(configuration("{rot13: {}}"), /unknown provider "rot13"/);
  refused(configuration("{identity: {}}", "[secrets, '*.*']"), /overlapping resources such as "secrets" and "\*\.\*"/);
  refused(configuration("{identity: {}}", "[deployments.apps, '*.apps']"), /overlapping resources/);
  refused(configuration("{identity: {}}", "[secrets, secrets]"), /overlapping resources/);
  refused(configuration("{identity: {}}", "[Secrets]"), /capital letters/);
  assert.equal(parseEncryptionConfiguration(configuration("{identity: {}}", "[secrets, '*.apps']")).length, 1);
  refused(configuration(`{aescbc: {keys: [${key("k", 1, 31)}]}}`), /keys\[0\]\.secret must have 16, 24, 32 bytes, not 31/);
  refused(configuration(`{aescbc: {keys: [${key("k", 1)}, ${key("k", 2)}]}}`), /names a key twice/);
  refused(configuration("{identity: {}}", '["*"]'), /use "\*\."/);
  refused("{kind: EncryptionConfiguration}", /must be kind EncryptionConfiguration of apiserver/);
});
