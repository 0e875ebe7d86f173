/**
 * `coracle server`: the control plane of a cluster in the foreground, without nodes on this machine. Several of them on one
 * etcd are one cluster: all serve the API, of controllers and schedulers one each leads.
 */

import { createSocket } from "node:dgram";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { kubeletStreams } from "../apiserver/subresources/streams/kubelet-streams.ts";
import { aborted } from "../machinery/aborted.ts";
import type { Logger } from "../machinery/logger.ts";
import { MvccStore } from "../storage/mvcc/mvcc-store.ts";
import { admissionConfiguration, checkFlags, identityOptions } from "./api-server-flags.ts";
import { apiServerSettings } from "./api-server-settings.ts";
import { auditOf } from "./audit-flags.ts";
import { CertificateAuthority } from "./certificates.ts";
import { apiServerAddress, type ClusterConfig, checkClusterName, loadClusterConfig, type ServerConfig, saveClusterConfig } from "./config.ts";
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from "./control-plane.ts";
import { scheduledSnapshots } from "./control-plane-process.ts";
import { removeRunState } from "./down.ts";
import { encryptedStore } from "./encrypted-store.ts";
import { type ComponentHealth, healthOfRunning, healthSocket, serveHealth } from "./health.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { createLogger } from "./logger.ts";
import { openStore, storeFile } from "./open-store.ts";
import { readCertificate, readKeyPair, readServiceAccountKey } from "./pki.ts";
import { isAlive, readRecord, writeRecord } from "./processes.ts";
import { requestSigner } from "./request-signer.ts";
import { electionOf, type ServerOptions, serverConfig } from "./server-config.ts";
import { ensureServerCredentials, tokenFile } from "./server-credentials.ts";
import { controlPlaneProcess, snapshotsComponent } from "./status.ts";
import { storeAddress } from "./store-choice.ts";
import { serveShares, shareSocket } from "./store-share.ts";
import { systemClock } from "./system-clock.ts";

/** Serves until the signal aborts, or a component fails. `print` is told where. */
export async function runServer(options: ServerOptions, signal: AbortSignal, print: (line: string) => void = console.error): Promise<void> {
  checkClusterName(options.name);
  const layout = layoutOf({ name: options.name, ...(options.dataDir === undefined ? {} : { dataDir: resolve(options.dataDir) }) });
  const existing = await loadClusterConfig(layout.configFile);
  const wanted = serverConfig(options, layout.data, existing, { hostname: hostname(), address: await sourceAddress() });
  checkFlags(wanted.apiServer ?? {}, { clusterDomain: wanted.clusterDomain, audits: wanted.auditPolicy !== undefined });
  refuseSecond(wanted, layout);
  await refuseTakenPort(wanted);
  const logger = createLogger();
  await using cleanup = new AsyncDisposableStack();
  const plainStore = await openStore(wanted.store, { folder: layout.store, clock: systemClock, logger: logger.child({ component: "store" }) });
  cleanup.defer(() => plainStore.close());
  const config = await ensureServerCredentials({ options, config: wanted, layout, known: existing !== undefined, store: plainStore, clock: systemClock });
  await saveClusterConfig(layout.configFile, config);
  writeRecord(layout.run, controlPlaneProcess, process.pid);
  cleanup.defer(() => removeRunState(layout));
  const life = new AbortController();
  const store = encryptedStore(plainStore, config.encryptionConfig, { clock: systemClock, logger, signal: life.signal });
  const audit = auditOf(config, layout, logger);
  cleanup.defer(async () => void (await Promise.all((audit?.backends ?? []).map((backend) => backend.close()))));
  const election = electionOf(config, options);
  const controlPlane = await startControlPlane({
    ...(await controlPlaneOptions(config, layout)),
    store,
    logger,
    signal: life.signal,
    ...(audit === undefined ? {} : { audit }),
    ...(election === undefined ? {} : { election, hostname: (config.server as ServerConfig).hostname }),
  });
  try {
    await serve(controlPlane, config, layout, logger, life.signal);
    if (plainStore instanceof MvccStore) cleanup.use(await share(plainStore, layout, logger));
    print(`Serving the API at ${apiServerAddress(config)}\nKubeconfig: ${layout.kubeconfig}`);
    if (config.store.kind === "etcd") print(`Further servers join with the token in ${tokenFile(layout)}`);
    await Promise.race([controlPlane.done, aborted(signal)]);
  } finally {
    life.abort(new Error("the control plane is stopping"));
    await Promise.allSettled([controlPlane.done]);
  }
  await controlPlane.done;
}

/** Two would serve from one folder and one port, and each would be taken for the other by `status` and `down`. */
function refuseSecond(config: ClusterConfig, layout: Layout): void {
  const record = readRecord(layout.run, controlPlaneProcess);
  if (record === undefined || record.pid === process.pid || !isAlive(record)) return;
  throw new Error(
    `cannot start the server: a control plane of cluster ${JSON.stringify(config.name)} runs on this machine already (pid ${record.pid}); ` +
      "a second one needs another --name, --data-dir, --hostname and address",
  );
}

/** Before anybody hears of this server: on its way out again it would take another's address out of Service default/kubernetes. */
function refuseTakenPort({ server, apiServerPort: port }: ClusterConfig): Promise<void> {
  const { bindAddress: host } = server as ServerConfig;
  return new Promise((resolved, reject) => {
    const probe = createServer();
    probe.once("error", (error) => reject(new Error(`cannot serve the API: ${error.message}`, { cause: error })));
    probe.listen({ host, port }, () => probe.close(() => resolved()));
  });
}

async function controlPlaneOptions(config: ClusterConfig, layout: Layout): Promise<Omit<ControlPlaneOptions, "store" | "logger" | "signal">> {
  const ca = readCertificate(layout.pki, "ca");
  return {
    clock: systemClock,
    random: Math.random,
    ...identityOptions(config.apiServer ?? {}, config),
    admission: admissionConfiguration(config.apiServer ?? {}),
    settings: apiServerSettings(config.apiServer ?? {}),
    clientCA: ca,
    requestHeaderCA: readCertificate(layout.pki, "front-proxy-ca"),
    rootCA: ca,
    certificateSigner: requestSigner(await CertificateAuthority.load(readKeyPair(layout.pki, "ca")), systemClock),
    serviceAccountKey: readServiceAccountKey(layout.pki),
    serviceSubnet: config.serviceSubnet,
    podSubnet: config.podSubnet,
    clusterDomain: config.clusterDomain,
    advertiseAddress: (config.server as ServerConfig).advertiseAddress,
    advertisePort: config.apiServerPort,
    handlers: [kubeletStreams({ ...readKeyPair(layout.pki, "apiserver-kubelet-client"), kubeletCa: ca })],
  };
}

async function serve({ server, components }: ControlPlane, config: ClusterConfig, layout: Layout, logger: Logger, signal: AbortSignal): Promise<void> {
  const { certificate, key } = readKeyPair(layout.pki, "apiserver");
  const host = (config.server as ServerConfig).bindAddress;
  const port = config.apiServerPort;
  await server.listen({ host, port, cert: certificate, key });
  mkdirSync(layout.run, { recursive: true, mode: 0o700 });
  const snapshots = scheduledSnapshots(config, layout, logger.child({ component: snapshotsComponent }));
  void snapshots.run(signal);
  const health = async () => [...report(config, layout, components), ...(snapshots.health === undefined ? [] : [snapshots.health])];
  await serveHealth(healthSocket(layout.run, controlPlaneProcess), health, signal);
  logger.info({ component: "kube-apiserver", address: host, port }, "control plane is up");
}

/** For `coracle etcd-serve` while this server has the file. */
async function share(store: MvccStore, layout: Layout, logger: Logger): Promise<AsyncDisposable> {
  const path = storeFile(layout.store);
  const shares = await serveShares({ socket: shareSocket(layout.run), path, store, clock: systemClock, logger: logger.child({ component: "store" }) });
  return { [Symbol.asyncDispose]: () => shares.close() };
}

function report(config: ClusterConfig, layout: Layout, running: ReadonlySet<string>): ComponentHealth[] {
  return [
    { name: "store", healthy: true, address: storeAddress(config.store, layout.store) },
    { name: "kube-apiserver", healthy: true, address: apiServerAddress(config) },
    healthOfRunning("kube-controller-manager", running),
    healthOfRunning("kube-scheduler", running),
  ];
}

/** The address that packets to elsewhere leave by; nothing is sent. Undefined where there is no way out. */
function sourceAddress(): Promise<string | undefined> {
  const documentationNetwork = "192.0.2.1"; // RFC 5737: nobody's, so the default route leads there.
  return new Promise((found) => {
    const socket = createSocket("udp4");
    const finish = (address: string | undefined) => {
      socket.close();
      found(address);
    };
    socket.once("error", () => finish(undefined));
    socket.connect(9, documentationNetwork, () => finish(socket.address().address));
  });
}
