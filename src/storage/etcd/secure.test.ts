import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { get, put, text, watching } from "../contract-tools.ts";
import { StoreUnavailableError } from "../store.ts";
import { type EtcdInstallation, etcdInstallations } from "./etcd-installations.ts";
import { connectEtcdStore } from "./etcd-store.ts";
import { startEtcd } from "./real-etcd.ts";
import { issue } from "./test-certificates.ts";
import { silentLogger, systemClock } from "./test-tools.ts";

const unavailable = (reason: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StoreUnavailableError);
  assert.match(error.message, reason);
  return true;
};

for (const installation of etcdInstallations) {
  const { label, options } = installation;
  test(`etcd is reached over TLS by a client certificate, and not without (${label})`, options, () => overTls(installation));
  test(`a full etcd refuses writes in plain words and is still read (${label})`, options, () => whenFull(installation));
}

async function overTls(installation: EtcdInstallation): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "coracle-etcd-tls-"));
  const authority = await issue("authority");
  const server = await issue("127.0.0.1", authority);
  const client = await issue("client", authority);
  const file = async (name: string, pem: string) => {
    await writeFile(join(folder, name), pem, { mode: 0o600 });
    return join(folder, name);
  };
  const flags = ["--client-cert-auth", "--trusted-ca-file", await file("ca.crt", authority.certificate)];
  flags.push("--cert-file", await file("server.crt", server.certificate), "--key-file", await file("server.key", server.key));
  const etcd = await startEtcd({ installation, scheme: "https", flags });
  const connect = (tls: object) => connectEtcdStore({ endpoints: [etcd.endpoint], tls, clock: systemClock, logger: silentLogger, dialTimeoutMs: 500 });
  try {
    const store = await connect({ ca: authority.certificate, certificate: client.certificate, key: client.key });
    const fromRevision = await put(store, "/a", "1");
    assert.equal(text((await get(store, "/a"))!), "1");
    const watch = watching(store, { start: "/a", fromRevision });
    assert.equal((await watch.events(1)).length, 1);
    await store.close();
    await watch.over;
    await assert.rejects(connect({ ca: authority.certificate }), unavailable(/it does not accept this client's certificate, or wants one/));
    const byName = connectEtcdStore({
      endpoints: [etcd.endpoint.replace("127.0.0.1", "localhost")],
      tls: { ca: authority.certificate, certificate: client.certificate, key: client.key },
      clock: systemClock,
      logger: silentLogger,
      dialTimeoutMs: 500,
    });
    await assert.rejects(byName, unavailable(/at https:\/\/localhost:\d+: Hostname\/IP does not match certificate's altnames/), "it is for 127.0.0.1");
    const stranger = await issue("stranger");
    await assert.rejects(connect({ ca: stranger.certificate, certificate: client.certificate, key: client.key }), unavailable(/unable to verify|self.signed/));
    const plain = connectEtcdStore({ endpoints: ["http://127.0.0.1:1"], clock: systemClock, logger: silentLogger, dialTimeoutMs: 50 });
    await assert.rejects(plain, unavailable(/ECONNREFUSED/));
  } finally {
    await etcd.dispose();
    await rm(folder, { recursive: true });
  }
}

async function whenFull(installation: EtcdInstallation): Promise<void> {
  const etcd = await startEtcd({ installation, flags: ["--quota-backend-bytes", String(1 << 20)] });
  const store = await connectEtcdStore({ endpoints: [etcd.endpoint], clock: systemClock, logger: silentLogger });
  try {
    const fill = async () => {
      for (let index = 0; index < 100; index++) await put(store, `/full/${index}`, "x".repeat(100_000));
    };
    await assert.rejects(fill(), (error) => error instanceof StoreUnavailableError && /NOSPACE.*alarm disarm/.test(error.message));
    assert.ok(await get(store, "/full/0"));
  } finally {
    await store.close();
    await etcd.dispose();
  }
}
