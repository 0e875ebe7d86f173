/** A test server on a TLS port, and the least client that can send it anything. */
import { connect } from "node:http2";
import type { ApiServerConfig } from "../../apiserver/server.ts";
import { CertificateAuthority, type KeyPair } from "../../cluster/certificates.ts";
import { type Answer, exchange } from "../http2-exchange.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

export interface HttpScene extends TestServer {
  readonly url: string;
  readonly port: number;
  readonly ca: string;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
}

let pki: Promise<{ ca: string; server: KeyPair }> | undefined;

async function makePki() {
  const authority = await CertificateAuthority.create("test", Date.now());
  const server = await authority.issue({ commonName: "server", usage: "server", ipAddresses: ["127.0.0.1"] }, Date.now());
  return { ca: authority.pem.certificate, server };
}

export async function startHttpScene(options: Partial<ApiServerConfig> = {}): Promise<HttpScene> {
  pki ??= makePki();
  const { ca, server: pair } = await pki;
  const test = await startTestServer(options);
  const { port } = await test.server.listen({ host: "127.0.0.1", port: 0, key: pair.key, cert: pair.certificate, clientCa: ca });
  const url = `https://127.0.0.1:${port}`;
  const session = connect(url, { ca });
  session.on("error", () => undefined);
  const send: HttpScene["send"] = (method, path, body, headers = {}) => exchange(session, method, path, body, headers);
  return {
    ...test,
    url,
    port,
    ca,
    send,
    get: (path, headers) => send("GET", path, undefined, headers),
    close: async () => {
      session.destroy();
      await test.close();
    },
  };
}
