/** The control-plane process of a cluster: everything but the nodes, and their supervisor. */
import { readFileSync } from "node:fs";
import { kubeletStreams } from "../apiserver/subresources/streams/kubelet-streams.ts";
import { Client } from "../client/client.ts";
import { runDns } from "../dns/dns.ts";
import { upstreamsOf } from "../dns/forwarder.ts";
import { aborted } from "../machinery/aborted.ts";
import type { Logger } from "../machinery/logger.ts";
import { MvccStore } from "../storage/mvcc/mvcc-store.ts";
import { systemUser } from "./api-server.ts";
import { admissionConfiguration, identityOptions } from "./api-server-flags.ts";
import { apiServerSettings } from "./api-server-settings.ts";
import { auditOf } from "./audit-flags.ts";
import { CertificateAuthority } from "./certificates.ts";
import { componentContext } from "./component-context.ts";
import { accountUser, clusterDnsAccount } from "./component-roles.ts";
import { type ClusterConfig, dnsServerPort, hostAddress, loadClusterConfig } from "./config.ts";
import { startControlPlane } from "./control-plane.ts";
import { ensureDnsService } from "./dns-service.ts";
import { encryptedStore } from "./encrypted-store.ts";
import { type ComponentHealth, healthOfRunning, healthSocket, serveHealth } from "./health.ts";
import { hostRoutes } from "./host-network.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { createLogger } from "./logger.ts";
import { openStore, storeFile } from "./open-store.ts";
import { readCertificate, readKeyPair, readServiceAccountKey } from "./pki.ts";
import { requestSigner } from "./request-signer.ts";
import { refuseShared } from "./shared-authority.ts";
import { SnapshotRunner } from "./snapshot-runner.ts";
import { controlPlaneProcess, snapshotsComponent } from "./status.ts";
import { storeAddress } from "./store-choice.ts";
import { serveShares, shareSocket } from "./store-share.ts";
import { superviseNodes } from "./supervisor.ts";
import { systemClock } from "./system-clock.ts";

const stopLimitMs = 30_000;

/** Runs until the signal aborts; the nodes have ended by then, and the store is closed last. */
export async function runControlPlaneProcess(selection: { name: string; dataDir: string }, signal: AbortSignal): Promise<void> {
  const layout = layoutOf(selection);
  const config = await loadClusterConfig(layout.configFile);
  if (config === undefined) throw new Error(`cannot start the control plane: ${layout.configFile} does not exist`);
  const logger = createLogger();
  const clock = systemClock;
  const random = Math.random;
  const plainStore = await openStore(config.store, { folder: layout.store, clock, logger: logger.child({ component: "store" }) });

  if (config.store.kind === "etcd") await refuseShared(plainStore);
  const life = new AbortController();
  const store = encryptedStore(plainStore, config.encryptionConfig, { clock, logger, signal: life.signal });

  const audit = auditOf(config, layout, logger);

  // Nodes go first and the API server last, so that kubelets can still say goodbye.
  const options = { clock, random, logger, signal: life.signal };
  const controlPlane = await startControlPlane({
    ...options,
    store,
    ...(audit === undefined ? {} : { audit }),
    ...identityOptions(config.apiServer ?? {}, config),
    admission: admissionConfiguration(config.apiServer ?? {}),
    settings: apiServerSettings(config.apiServer ?? {}),
    clientCA: readCertificate(layout.pki, "ca"),
    requestHeaderCA: readCertificate(layout.pki, "front-proxy-ca"),
    rootCA: readCertificate(layout.pki, "ca"),
    certificateSigner: requestSigner(await CertificateAuthority.load(readKeyPair(layout.pki, "ca")), clock),
    serviceAccountKey: readServiceAccountKey(layout.pki),
    serviceSubnet: config.serviceSubnet,
    podSubnet: config.podSubnet,
    clusterDomain: config.clusterDomain,
    advertiseAddress: hostAddress(config),
    advertisePort: config.apiServerPort,
    cloudProvider: { name: "local", routes: hostRoutes },
    handlers: [kubeletStreams({ ...readKeyPair(layout.pki, "apiserver-kubelet-client"), kubeletCa: readCertificate(layout.pki, "ca") })],
  });
  const { certificate, key } = readKeyPair(layout.pki, "apiserver");
  const { server } = controlPlane;
  await server.listen({ host: hostAddress(config), port: config.apiServerPort, cert: certificate, key });

  await ensureDnsService(new Client(server.transport(systemUser), life.signal), config);
  let dnsReady = false;
  const dnsContext = componentContext({
    ...options,
    name: "cluster-dns",
    transport: server.transport(accountUser(clusterDnsAccount)),
  });
  const upstreams = upstreamsOf(readFileSync("/etc/resolv.conf", "utf8"));
  const dns = runDns(dnsContext, { address: hostAddress(config), port: dnsServerPort, domain: config.clusterDomain, upstreams }, () => {
    dnsReady = true;
  });

  const supervision = new AbortController();
  const supervisor = superviseNodes(config, layout, clock, logger.child({ component: "supervisor" }), supervision.signal);
  const snapshots = scheduledSnapshots(config, layout, logger.child({ component: snapshotsComponent }));
  const snapshotting = snapshots.run(supervision.signal);
  const health = async () => [...report(config, layout, controlPlane.components, dnsReady), ...(snapshots.health === undefined ? [] : [snapshots.health])];
  await serveHealth(healthSocket(layout.run, controlPlaneProcess), health, life.signal);
  const shares =
    plainStore instanceof MvccStore
      ? await serveShares({
          socket: shareSocket(layout.run),
          path: storeFile(layout.store),
          store: plainStore,
          clock,
          logger: logger.child({ component: "store" }),
        })
      : undefined;
  logger.info({ component: "kube-apiserver", address: hostAddress(config), port: config.apiServerPort }, "control plane is up");

  // A component that fails takes the process down: what is half alive helps nobody, and `up` or the supervisor's user starts it again.
  const failure = Promise.all([controlPlane.done, dns]);
  await Promise.race([failure, aborted(signal)]);
  supervision.abort(new Error("the control plane is stopping"));
  await snapshotting;
  await supervisor.stop(AbortSignal.timeout(stopLimitMs));
  life.abort(new Error("the control plane is stopping"));
  await failure;
  await shares?.close();
  await Promise.all((audit?.backends ?? []).map((backend) => backend.close()));
  await store.close();
}

/** Follows the schedule in the cluster's configuration; loads the code that takes snapshots only when one is due. */
export function scheduledSnapshots({ name }: ClusterConfig, layout: Layout, logger: Logger): SnapshotRunner {
  const clock = systemClock;
  return new SnapshotRunner({
    cluster: name,
    defaultFolder: layout.snapshots,
    schedule: async () => (await loadClusterConfig(layout.configFile))?.snapshots,
    take: async (path, signal) => {
      const config = await loadClusterConfig(layout.configFile);
      if (config === undefined) throw new Error(`cannot take a snapshot: ${layout.configFile} does not exist`);
      const { snapshotCluster } = await import("./cluster-snapshot.ts");
      await snapshotCluster({ config, layout, clock, logger, path, signal });
    },
    clock,
    logger,
  });
}

function report(config: ClusterConfig, layout: Layout, running: ReadonlySet<string>, dnsReady: boolean): ComponentHealth[] {
  const host = hostAddress(config);
  return [
    { name: "store", healthy: true, address: storeAddress(config.store, layout.store) },
    { name: "kube-apiserver", healthy: true, address: `https://${host}:${config.apiServerPort}` },
    healthOfRunning("kube-controller-manager", running),
    healthOfRunning("kube-scheduler", running),
    healthOfRunning("cloud-controller-manager", running),
    { name: "cluster-dns", healthy: dnsReady, address: `${host}:${dnsServerPort}` },
  ];
}
