/** The whole API server as a cluster has it (RBAC, all of admission, allocation), on a store in memory and without a port. */
import { X509Certificate } from "node:crypto";
import { serviceAccounts } from "../../api/core/v1/service-account.ts";
import type { ApiServer } from "../../apiserver/server.ts";
import { startApiServer, systemUser } from "../../cluster/api-server.ts";
import { CertificateAuthority, createSigningKey, type KeyPair } from "../../cluster/certificates.ts";
import type { Random } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { createMemoryStore } from "../../storage/memory/index.ts";
import type { Store } from "../../storage/store.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { MemoryExchange, type MemoryRequest } from "./memory-exchange.ts";

export interface FullServer {
  readonly server: ApiServer;
  readonly store: Store;
  readonly clock: VirtualClock;
  /** PEM of the authority behind `admin` and of a server certificate, for those who open a port. */
  readonly ca: string;
  readonly serverPair: KeyPair;
  /** A client certificate of system:masters. */
  readonly admin: KeyPair;
  /** The same, DER. */
  readonly clientCertificate: Uint8Array;
  /** Makes default/default anew if it has gone: without controllers nobody else does, and without it there are no pods. */
  restore(): Promise<void>;
  /** As that administrator. Resolves when the answer is complete; a watch is left after its first events. */
  exchange(request: Omit<MemoryRequest, "clientCertificate">): Promise<MemoryExchange>;
  close(): Promise<void>;
}

/** Turns of the event loop after which a request is taken to wait for the clock. */
const patience = 50;

export async function startFullServer(options: { readonly logger: Logger; readonly random: Random }): Promise<FullServer> {
  const life = new AbortController();
  const clock = new VirtualClock(Date.now());
  const authority = await CertificateAuthority.create("test", clock.now());
  const serverPair = await authority.issue({ commonName: "server", usage: "server", ipAddresses: ["127.0.0.1"] }, clock.now());
  const admin = await authority.issue({ commonName: "admin", organizations: ["system:masters"], usage: "client" }, clock.now());
  const clientCertificate = new X509Certificate(admin.certificate).raw;
  const store = createMemoryStore({ clock });
  const ca = authority.pem.certificate;
  const server = await startApiServer({
    ...options,
    store,
    clock,
    signal: life.signal,
    clientCA: ca,
    serviceAccountKey: await createSigningKey(),
    serviceSubnet: "10.96.0.0/12",
    clusterDomain: "cluster.local",
    advertiseAddress: "192.0.2.1",
    advertisePort: 6443,
  });
  const restore = async () => {
    if (server.reader.get(serviceAccounts, "default", "default") !== undefined) return;
    const target = { resource: serviceAccounts, namespace: "default" };
    await server.transport(systemUser).create(target, { metadata: { name: "default" } }, {}, life.signal);
  };
  await restore();
  return {
    server,
    store,
    clock,
    ca,
    serverPair,
    admin,
    clientCertificate,
    restore,
    exchange: async (request) => {
      const exchange = new MemoryExchange({ ...request, clientCertificate });
      let served = false;
      const serving = server.serve(exchange).then(() => {
        served = true;
      });
      // Large YAML is read by a thread, and much is compressed and signed by others, which takes time of the real kind.
      const isYaml = String(request.headers["content-type"]).includes("yaml");
      for (let turns = 0; !served; turns++) {
        await (turns > (isYaml ? patience : patience * 10) ? new Promise((resolve) => setTimeout(resolve, 1)) : new Promise(setImmediate));
        // Nothing else ends a watch, or a wait for a revision to come, on a clock that stands still.
        if (turns > 2 && exchange.code === 200 && !exchange.ended) exchange.close();
        else if (turns > (isYaml ? patience * 80 : patience) && turns % patience === 0) await clock.advance(1000);
        if (turns > patience * 200) throw new Error(`cannot get an answer: ${request.method} ${request.url} (code ${exchange.code}, ${clock.pending} timers)`);
      }
      await serving;
      return exchange;
    },
    close: async () => {
      life.abort();
      await server.close();
      await store.close();
    },
  };
}
