import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createMemoryStore } from "../storage/memory/memory-store.ts";
import type { Store } from "../storage/store.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { readCertificate, readServiceAccountKey } from "./pki.ts";
import { type ServerOptions, serverConfig } from "./server-config.ts";
import { ensureServerCredentials, tokenFile } from "./server-credentials.ts";
import { systemClock } from "./system-clock.ts";

const etcd = { store: "etcd", etcdEndpoints: ["http://127.0.0.1:2379"] } as const;

interface Machine {
  readonly layout: Layout;
  start(options?: Partial<ServerOptions>, known?: boolean): Promise<unknown>;
}

/** Machines with a folder each, and one store. */
function scene() {
  const folder = mkdtempSync(join(tmpdir(), "coracle-servers-"));
  const store: Store = createMemoryStore({ clock: systemClock });
  const machine = (name: string, address: string): Machine => {
    const layout = layoutOf({ name, dataDir: join(folder, name) });
    const start = (options: Partial<ServerOptions> = {}, known = false) => {
      const all = { name, ...etcd, ...options };
      const config = serverConfig(all, layout.data, undefined, { hostname: name, address });
      return ensureServerCredentials({ options: all, config, layout, known, store, clock: systemClock });
    };
    return { layout, start };
  };
  return { folder, store, machine, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

test("servers with one token have one authority, and certificates of their own", async () => {
  using servers = scene();
  const [first, second] = [servers.machine("first", "192.0.2.1"), servers.machine("second", "192.0.2.2")];
  await first.start();
  assert.equal(statSync(tokenFile(first.layout)).mode & 0o777, 0o600);
  await second.start({ tokenFile: tokenFile(first.layout), tlsSan: ["api.example", "192.0.2.9"] });
  for (const read of [(layout: Layout) => readCertificate(layout.pki, "ca"), (layout: Layout) => readServiceAccountKey(layout.pki)]) {
    assert.equal(read(second.layout), read(first.layout));
  }
  const serving = new X509Certificate(readCertificate(second.layout.pki, "apiserver"));
  assert.ok(serving.verify(new X509Certificate(readCertificate(first.layout.pki, "ca")).publicKey));
  for (const address of ["192.0.2.2", "192.0.2.9", "127.0.0.1", "10.96.0.1"]) assert.ok(serving.checkIP(address), address);
  for (const name of ["api.example", "second", "kubernetes.default.svc.cluster.local"]) assert.ok(serving.checkHost(name), name);
  assert.equal(serving.checkIP("192.0.2.1"), undefined);
});

test("a server that starts again needs no flag for the token, and may move to another address", async () => {
  using servers = scene();
  const first = servers.machine("first", "192.0.2.1");
  await first.start();
  const before = readCertificate(first.layout.pki, "ca");
  await first.start({ advertiseAddress: "192.0.2.5" }, true);
  assert.equal(readCertificate(first.layout.pki, "ca"), before);
  assert.ok(new X509Certificate(readCertificate(first.layout.pki, "apiserver")).checkIP("192.0.2.5"));
  assert.match(readFileSync(first.layout.kubeconfig, "utf8"), /https:\/\/192\.0\.2\.5:6443/);
});

test("whoever cannot join is told why", async () => {
  using servers = scene();
  const [first, second] = [servers.machine("first", "192.0.2.1"), servers.machine("second", "192.0.2.2")];
  const short = join(servers.folder, "short");
  writeFileSync(short, "short\n");
  await assert.rejects(first.start({ tokenFile: short }), /must have at least 16 characters/);
  await assert.rejects(first.start({ token: "a".repeat(16), tokenFile: short }), /are both given/);
  await first.start();
  await assert.rejects(second.start(), /cannot join the cluster in this etcd without its token/);
  await assert.rejects(second.start({ token: "of somebody else entirely" }), /the token is not the one that it was made with/);
  await assert.rejects(second.start({ tokenFile: join(servers.folder, "none") }), /cannot read the token: ENOENT/);
  await assert.rejects(second.start({ store: "sqlite", etcdEndpoints: undefined, token: "a".repeat(16) } as never), /this one's store is a file of its own/);

  using others = scene();
  const stranger = others.machine("stranger", "192.0.2.3");
  await stranger.start();
  await assert.rejects(
    ensureStranger(stranger, servers.store, tokenFile(first.layout)),
    /holds the authority of another cluster; choose another --data-dir/,
    "a folder of one cluster is not taken into another",
  );
});

function ensureStranger({ layout }: Machine, store: Store, file: string): Promise<unknown> {
  const options = { name: "stranger", ...etcd, tokenFile: file };
  const config = serverConfig(options, layout.data, undefined, { hostname: "stranger", address: "192.0.2.3" });
  return ensureServerCredentials({ options, config, layout, known: true, store, clock: systemClock });
}
