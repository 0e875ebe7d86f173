/** A few thousand of the same mutated requests through TLS, over both versions of HTTP. Takes 4 s. */
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { Agent, request as httpsRequest } from "node:https";
import { after, before, test } from "node:test";
import { type FullServer, startFullServer } from "../testing/api-server/full-server.ts";
import { seededRandom } from "../testing/api-server/seeded-random.ts";
import { type FuzzAnswer, problemLogger, runCampaign } from "../testing/fuzz/campaign.ts";
import { campaignOf } from "../testing/fuzz/in-process.ts";
import type { FuzzRequest } from "../testing/fuzz/requests.ts";

const campaign = campaignOf(1500);
const { logger, problems } = problemLogger();
let full: FullServer;
let port: number;

before(async () => {
  full = await startFullServer({ logger, random: seededRandom(campaign.seed) });
  const { key, certificate: cert } = full.serverPair;
  ({ port } = await full.server.listen({ host: "127.0.0.1", port: 0, key, cert, clientCa: full.ca }));
});
after(() => full.close());

/**
 * What node's clients let out, and what ends by itself: waits and watches would only end with the clock, which stands
 * still here.
 */
function isSendable({ method, url }: FuzzRequest): boolean {
  return /^\/[\x21-\x7e]*$/.test(url) && method !== "CONNECT" && !/[?&](watch|resourceVersion|continue|follow)=|\/watch\//.test(url);
}

const notSent: FuzzAnswer = { code: 299, text: "not sent" };

test(`${campaign.count} mutated requests over HTTP/2 find no 5xx (seed ${campaign.seed})`, async () => {
  const session = connect(`https://127.0.0.1:${port}`, { ca: full.ca, key: full.admin.key, cert: full.admin.certificate });
  const send = (sent: FuzzRequest) =>
    new Promise<FuzzAnswer>((resolve, reject) => {
      if (!isSendable(sent)) return resolve(notSent);
      const { method, url, headers, body } = sent;
      const stream = session.request({ ":method": method, ":path": url, ...headers }, { endStream: body === undefined });
      let code = 0;
      let text = "";
      stream.setEncoding("utf8");
      stream.on("response", (answer) => {
        code = answer[":status"] ?? 0;
      });
      stream.on("data", (chunk: string) => {
        text += chunk;
      });
      stream.on("error", reject);
      stream.on("close", () => resolve({ code, text }));
      if (body !== undefined) stream.end(body);
    });
  const { failures } = await runCampaign({ ...campaign, store: full.store, problems, send });
  session.destroy();
  assert.deepEqual(failures, []);
});

test(`${campaign.count} mutated requests over HTTP/1.1 find no 5xx (seed ${campaign.seed + 1})`, async () => {
  const agent = new Agent({ keepAlive: true, ca: full.ca, key: full.admin.key, cert: full.admin.certificate });
  const send = (sent: FuzzRequest) =>
    new Promise<FuzzAnswer>((resolve, reject) => {
      if (!isSendable(sent)) return resolve(notSent);
      const { method, url, headers, body } = sent;
      // Node's own client sends a DELETE's body without saying how long it is.
      const length = body === undefined ? {} : { "content-length": String(body.length) };
      const request = httpsRequest({ host: "127.0.0.1", port, method, path: url, headers: { ...headers, ...length }, agent }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve({ code: response.statusCode ?? 0, text }));
      });
      request.on("error", reject);
      request.end(body);
    });
  const { failures } = await runCampaign({ ...campaign, seed: campaign.seed + 1, store: full.store, problems, send });
  agent.destroy();
  assert.deepEqual(failures, []);
});
