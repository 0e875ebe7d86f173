/** A real cluster for whole-system tests: started by the command line as a user would, removed to the last namespace. */
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { missingPackages } from "../../src/cluster/host-packages.ts";

const cli = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestCluster {
  readonly name: string;
  readonly kubeconfig: string;
  readonly dataDir: string;
  /** The `coracle` command for this cluster. */
  coracle(...args: string[]): Promise<Output>;
  /** The real kubectl; rejects with its output when the exit code is not 0. */
  kubectl(args: string | readonly string[], options?: KubectlOptions): Promise<string>;
  /** As kubectl, whatever the exit code. */
  tryKubectl(args: string | readonly string[], options?: KubectlOptions): Promise<Output>;
  remove(): Promise<void>;
}

export interface KubectlOptions {
  readonly input?: string;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/** Why no cluster can run here; false when one can. */
export function whyNoCluster(): string | false {
  if (process.getuid?.() !== 0) return "needs root";
  const missing = missingPackages();
  if (missing.length > 0) return `needs ${missing.join(", ")}`;
  return whyNoKubectl();
}

/** Why nothing can be asked with kubectl; false when it can. */
export function whyNoKubectl(): string | false {
  return spawnSync("kubectl", ["version", "--client"]).status === 0 ? false : "needs kubectl";
}

/** `purpose` begins the cluster's name; the rest is random, so that test runs beside this one do not meet it. */
export async function startTestCluster(purpose: string, nodes = 1, flags: readonly string[] = []): Promise<TestCluster> {
  const name = `${purpose}-${randomBytes(2).toString("hex")}`;
  const dataDir = mkdtempSync(join(tmpdir(), `coracle-${name}-`));
  const selection = ["--name", name, "--data-dir", dataDir];
  const coracle = (command: string, ...args: string[]) => run(process.execPath, [cli, command, ...args, ...selection]);
  const kubeconfig = join(dataDir, "kubeconfig");
  const tryKubectl: TestCluster["tryKubectl"] = (args, options = {}) =>
    run("kubectl", typeof args === "string" ? words(args) : args, { ...options, env: { KUBECONFIG: kubeconfig, HOME: dataDir, ...options.env } });
  const cluster: TestCluster = {
    name,
    kubeconfig,
    dataDir,
    coracle: (command = "status", ...args) => coracle(command, ...args),
    tryKubectl,
    kubectl: async (args, options) => {
      const result = await tryKubectl(args, options);
      if (result.code !== 0) throw new Error(`kubectl ${args}: exit code ${result.code}\n${result.stdout}${result.stderr}`);
      return result.stdout;
    },
    remove: async () => {
      const result = await coracle("down", "--purge");
      if (result.code !== 0) throw new Error(`cannot remove test cluster: ${result.stdout}${result.stderr}`);
    },
  };
  const up = await coracle("up", "--nodes", String(nodes), ...flags);
  if (up.code !== 0) {
    const log = join(dataDir, "logs", "control-plane.log");
    const tail = existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(-20).join("\n") : "";
    await cluster.remove();
    throw new Error(`cannot start test cluster:\n${up.stdout}${up.stderr}${tail}`);
  }
  return cluster;
}

/** Splits on spaces but keeps single-quoted parts together, quotes removed. */
export function words(text: string): string[] {
  return [...text.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ""));
}

export function run(program: string, args: readonly string[], options: KubectlOptions = {}): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      timeout: options.timeoutMs ?? 120_000,
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => void stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => void stderr.push(chunk));
    child.on("error", reject);
    child.stdin.on("error", () => {}); // It may end before it has read everything.
    child.on("close", (code) => resolve({ code: code ?? -1, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }));
    child.stdin.end(options.input ?? "");
  });
}

/** Polls until `check` returns something other than undefined; the last error is the reason when it never does. */
export async function eventually<T>(check: () => Promise<T | undefined>, limitMs = 30_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    let failure: unknown;
    try {
      const result = await check();
      if (result !== undefined) return result;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw new Error(`did not happen within ${limitMs / 1000} s`, { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
