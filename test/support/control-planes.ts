/** `coracle server` as a process that can be killed and brought back. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HttpsTransport } from "../../src/client/https-transport.ts";
import { loadKubeconfig, resolveContext, transportFor } from "../../src/client/kubeconfig.ts";
import { layoutOf } from "../../src/cluster/layout.ts";
import { systemClock } from "../../src/cluster/system-clock.ts";
import { run } from "./cluster.ts";

const cli = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

export interface ServerFlags {
  /** Loopback addresses are many: servers of one cluster share the port and differ by the address. */
  readonly address: string;
  readonly port: number;
  readonly etcd: readonly string[];
  /** The folder of the server whose cluster it joins. */
  readonly joins?: ControlPlaneServer;
}

export class ControlPlaneServer {
  readonly folder = mkdtempSync(join(tmpdir(), "coracle-server-"));
  readonly #name: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;
  #transport: HttpsTransport | undefined;
  #log = "";

  constructor({ address, port, etcd, joins }: ServerFlags) {
    this.#name = `ha-${randomBytes(3).toString("hex")}`;
    const store = ["--store", "etcd", "--etcd-endpoints", etcd.join(",")];
    const place = ["--bind-address", address, "--secure-port", String(port), "--hostname", `server-${address}`];
    this.#args = ["server", "--name", this.#name, "--data-dir", this.folder, ...store, ...place];
    if (joins !== undefined) this.#args = [...this.#args, "--token-file", join(joins.folder, "server-token")];
  }

  get kubeconfig(): string {
    return join(this.folder, "kubeconfig");
  }

  /** As the administrator. One for the life of this object: it connects anew when the server comes back. */
  get transport(): HttpsTransport {
    this.#transport ??= transportFor(resolveContext(loadKubeconfig(this.kubeconfig)), { clock: systemClock });
    return this.#transport;
  }

  /** Resolves once it serves. */
  start(): Promise<void> {
    const child = spawn(process.execPath, [cli, ...this.#args], { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    this.#log = "";
    return new Promise((resolve, reject) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        this.#log = (this.#log + text).slice(-5_000);
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        this.#log = (this.#log + text).slice(-5_000);
        if (text.includes("Serving the API")) resolve();
      });
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`coracle server ended with ${code ?? signal}: ${this.#log}`)));
    });
  }

  /** Resolves with the exit code, null after a signal that it could not catch. */
  async stop(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    return exited;
  }

  /** The real kubectl against this server; rejects with its output when it fails. */
  async kubectl(...args: string[]): Promise<string> {
    const result = await run("kubectl", ["--kubeconfig", this.kubeconfig, ...args], { env: { HOME: this.folder } });
    if (result.code !== 0) throw new Error(`kubectl ${args.join(" ")}: exit code ${result.code}\n${result.stdout}${result.stderr}`);
    return result.stdout;
  }

  async dispose(): Promise<void> {
    await this.#transport?.close();
    await this.stop("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(layoutOf({ name: this.#name, dataDir: this.folder }).run, { recursive: true, force: true });
  }
}

/** Free on both addresses at the moment. */
export function freePort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, address, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
