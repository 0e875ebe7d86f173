import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "../client/client.ts";
import { loadKubeconfig, resolveContext, transportFor } from "../client/kubeconfig.ts";
import { namespaces } from "../client/resources.ts";
import { requireCluster } from "./selection.ts";
import { runServer } from "./server.ts";
import { clusterStatus } from "./status.ts";
import { systemClock } from "./system-clock.ts";

const address = "127.0.0.1";

/** A port that is taken until the server is closed. */
function taken(): Promise<{ readonly server: Server; readonly port: number }> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, address, () => resolve({ server, port: (server.address() as { port: number }).port }));
  });
}

test("a server on a file of its own: serves, is known to `status`, ends in good order, and finds its cluster again", async () => {
  process.env["CORACLE_LOG_LEVEL"] = "silent";
  const dataDir = mkdtempSync(join(tmpdir(), "coracle-server-"));
  const name = `server-${randomBytes(3).toString("hex")}`;
  const { server: blocker, port } = await taken();
  const life = new AbortController();
  const start = (signal: AbortSignal, print: (line: string) => void) => runServer({ name, dataDir, bindAddress: address, securePort: port }, signal, print);
  try {
    await assert.rejects(
      start(life.signal, () => assert.fail("it serves nobody")),
      /cannot serve the API: .*address already in use 127\.0\.0\.1/,
    );
    await new Promise((resolve) => blocker.close(resolve));
    for (const expected of [["default"], ["default", "made-before"]]) {
      const ended = new AbortController();
      let printed: (line: string) => void = () => {};
      const serving = new Promise<string>((resolve) => {
        printed = resolve;
      });
      const running = start(ended.signal, printed);
      assert.match(await Promise.race([serving, running.then(() => "ended")]), new RegExp(`Serving the API at https://127\\.0\\.0\\.1:${port}`));
      const transport = transportFor(resolveContext(loadKubeconfig(join(dataDir, "kubeconfig"))), { clock: systemClock });
      const client = new Client(transport, life.signal).of(namespaces);
      const names = (await client.list()).items.map((item) => item.metadata.name).filter((each) => !each.startsWith("kube-"));
      assert.deepEqual(names, expected);
      if (expected.length === 1) await client.create({ metadata: { name: "made-before" }, spec: {} });
      await transport.close();
      const { config, layout } = await requireCluster({ name, dataDir });
      assert.equal((await clusterStatus(config, layout)).state, "running");
      ended.abort(new Error("the test wants it to end"));
      await running;
      assert.equal((await clusterStatus(config, layout)).state, "stopped");
      assert.ok(!existsSync(join(dataDir, "server-token")), "nobody can join");
    }
  } finally {
    blocker.close();
    rmSync(dataDir, { recursive: true, force: true });
    rmSync(join("/run/coracle", name), { recursive: true, force: true });
  }
});
