/** For tests: a real etcd on loopback in a folder of its own. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type EtcdInstallation, systemEtcd } from "./etcd-installations.ts";

export interface RealEtcd {
  readonly endpoint: string;
  /** Ends the process, by SIGKILL if asked to, and keeps its data. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Runs it again after a stop. */
  start(): Promise<void>;
  /** Its process stands still, its sockets stay open: SIGSTOP, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Stops it and removes its data. */
  dispose(): Promise<void>;
}

export interface RealEtcdOptions {
  /** Default: the system's. */
  readonly installation?: EtcdInstallation;
  /** Flags beside those every test needs. */
  readonly flags?: readonly string[];
  readonly scheme?: "http" | "https";
}

export async function startEtcd(options: RealEtcdOptions = {}): Promise<RealEtcd> {
  const [member] = await startEtcdCluster(1, options);
  return member as RealEtcd;
}

/** One member that begins with what the installation's own tool makes of a snapshot. */
export async function startRestoredEtcd(snapshot: string, installation: EtcdInstallation): Promise<RealEtcd> {
  const [client, peer] = (await freePorts(2)).map((port) => `http://127.0.0.1:${port}`) as [string, string];
  const folder = await mkdtemp(join(tmpdir(), "coracle-etcd-"));
  const cluster = ["--name", "member-0", "--data-dir", join(folder, "data"), "--initial-advertise-peer-urls", peer, "--initial-cluster", `member-0=${peer}`];
  const [program, ...args] = installation.snapshot;
  await promisify(execFile)(program, [...args, "restore", snapshot, ...cluster], { env: { ...process.env, ETCDCTL_API: "3" } });
  const member = new Member(installation.etcd, folder, client, [
    ...cluster,
    "--listen-client-urls",
    client,
    "--advertise-client-urls",
    client,
    "--listen-peer-urls",
    peer,
  ]);
  await member.start();
  return member;
}

/** A further member of the cluster of `leader`, one that only follows: it takes no reads that must be current, and no writes. */
export async function startLearner(leader: RealEtcd, installation: EtcdInstallation): Promise<RealEtcd> {
  const [client, peer] = (await freePorts(2)).map((port) => `http://127.0.0.1:${port}`) as [string, string];
  const env = { ...process.env, ETCDCTL_API: "3" };
  const add = ["--endpoints", leader.endpoint, "member", "add", "learner", "--learner", `--peer-urls=${peer}`];
  const { stdout } = await promisify(execFile)(installation.etcdctl, add, { env });
  const [, cluster = ""] = /^ETCD_INITIAL_CLUSTER="(.*)"$/m.exec(stdout) ?? [];
  const folder = await mkdtemp(join(tmpdir(), "coracle-etcd-"));
  const flags = ["--name", "learner", "--data-dir", join(folder, "data"), "--initial-cluster", cluster, "--initial-cluster-state", "existing"];
  flags.push("--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer);
  const member = new Member(installation.etcd, folder, client, flags);
  await member.start();
  return member;
}

/** Members that find each other by a fixed list. */
export async function startEtcdCluster(size: number, options: RealEtcdOptions = {}): Promise<RealEtcd[]> {
  const { scheme = "http", installation = systemEtcd } = options;
  const names = Array.from({ length: size }, (_, index) => `member-${index}`);
  const ports = await freePorts(size * 2);
  const peers = names.map((name, index) => `${name}=http://127.0.0.1:${ports[size + index]}`).join(",");
  const members = await Promise.all(
    names.map(async (name, index) => {
      const client = `${scheme}://127.0.0.1:${ports[index]}`;
      const peer = `http://127.0.0.1:${ports[size + index]}`;
      const folder = await mkdtemp(join(tmpdir(), "coracle-etcd-"));
      const flags = ["--name", name, "--data-dir", join(folder, "data"), "--listen-client-urls", client, "--advertise-client-urls", client];
      flags.push("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", peers);
      // Short elections make short leases possible; progress by interval is the sound kind in every version.
      flags.push("--heartbeat-interval", "20", "--election-timeout", "200", "--experimental-watch-progress-notify-interval", "100ms");
      return new Member(installation.etcd, folder, client, [...flags, ...(options.flags ?? [])]);
    }),
  );
  await Promise.all(members.map((member) => member.start()));
  return members;
}

class Member implements RealEtcd {
  readonly endpoint: string;
  readonly #program: string;
  readonly #folder: string;
  readonly #flags: readonly string[];
  #process: ChildProcess | undefined;

  constructor(program: string, folder: string, endpoint: string, flags: readonly string[]) {
    this.#program = program;
    this.#folder = folder;
    this.endpoint = endpoint;
    this.#flags = flags;
  }

  /** Resolves once it serves clients. */
  start(): Promise<void> {
    const child = spawn(this.#program, this.#flags, { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    return new Promise((resolve, reject) => {
      let log = "";
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        if (log.length > 1e6) return;
        log += chunk;
        if (/ready to serve client requests|serving (insecure )?client (requests|traffic)/i.test(log)) resolve();
      });
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`etcd ended with ${code ?? signal}: ${log.slice(-2000)}`)));
    });
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await exited;
  }

  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  async dispose(): Promise<void> {
    await this.stop("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
