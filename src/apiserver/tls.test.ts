import { before } from "node:test";
import { HttpsTransport } from "../client/https-transport.ts";
import { transportContract } from "../client/transport-contract.ts";
import { CertificateAuthority, type KeyPair } from "../cluster/certificates.ts";
import { systemClock } from "../cluster/system-clock.ts";
import { startTestServer } from "../testing/api-server/test-server.ts";

let ca: string;
let pair: KeyPair;
before(async () => {
  const authority = await CertificateAuthority.create("test", Date.now());
  ca = authority.pem.certificate;
  pair = await authority.issue({ commonName: "server", usage: "server", ipAddresses: ["127.0.0.1"] }, Date.now());
});

transportContract("over TLS", async () => {
  const { server, close } = await startTestServer();
  const listener = await server.listen({ host: "127.0.0.1", port: 0, key: pair.key, cert: pair.certificate, clientCa: ca });
  const transport = new HttpsTransport({ server: `https://127.0.0.1:${listener.port}`, ca, clock: systemClock });
  return {
    transport,
    namespace: "default",
    close: async () => {
      await transport.close();
      await close();
    },
  };
});
