/** How the command line reaches a running cluster: as its administrator, through the same HTTPS transport as anybody. */
import { HttpsTransport } from "../client/https-transport.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Transport } from "../machinery/transport.ts";
import { apiServerAddress, type ClusterConfig } from "./config.ts";
import type { Layout } from "./layout.ts";
import { readCertificate, readKeyPair } from "./pki.ts";

export interface Access extends AsyncDisposable {
  readonly transport: Transport;
}

export function adminTransport(config: ClusterConfig, layout: Layout, clock: Clock): Access {
  const { certificate, key } = readKeyPair(layout.pki, "admin");
  const transport = new HttpsTransport({ server: apiServerAddress(config), ca: readCertificate(layout.pki, "ca"), certificate, key, clock });
  return { transport, [Symbol.asyncDispose]: () => transport.close() };
}
