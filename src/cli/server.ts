/** `coracle server`. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ServerOptions } from "../cluster/server-config.ts";
import { addApiServerFlags } from "./api-server-flags.ts";
import { addStoreFlags, commaSeparated } from "./store-flags.ts";

export function addServer(program: Command, signal: AbortSignal): void {
  const command = addStoreFlags(
    program
      .command("server")
      .description("run a control plane in the foreground, without nodes on this machine; several with one etcd are one cluster")
      .option("--name <name>", "name of the cluster on this machine", "default")
      .option("--data-dir <folder>", "where it keeps keys, kubeconfig and the sqlite store (default: /var/lib/coracle/NAME)"),
  );
  addApiServerFlags(command)
    .option("--bind-address <address>", "where to listen (default: 0.0.0.0)")
    .option("--secure-port <port>", "port to listen at (default: 6443)", port)
    .option("--advertise-address <address>", "where others reach this server (default: the machine's own address)")
    .option("--hostname <name>", "name of this server among those of the cluster (default: the machine's)")
    .option("--tls-san <names>", "further names and addresses of its certificate, such as a load balancer's", commaSeparated)
    .option("--token-file <file>", "the token that servers of one etcd share (default: server-token in the data folder, made by the first)")
    .addOption(new Option("--token <token>").env("CORACLE_TOKEN").hideHelp())
    .option("--service-cluster-ip-range <cidr>", "addresses of Services (default: the cluster's, 10.96.0.0/16 for a new one)")
    .option("--cluster-cidr <cidr>", "addresses of pods (default: the cluster's, 10.244.0.0/16 for a new one)")
    .option("--cluster-domain <name>", "DNS domain (default: the cluster's, cluster.local for a new one)")
    .option(
      "--encryption-provider-config, --encryption-config <file>",
      "EncryptionConfiguration: which resources the store holds encrypted; the same for all servers",
    )
    .option("--audit-policy-file, --audit-policy <file>", "audit Policy: which requests logs/audit.log in the data folder records")
    .option("--leader-elect-lease-duration <time>", "how long others wait for a leader that is silent (default: 15s)", seconds)
    .option("--leader-elect-renew-deadline <time>", "after how long without renewal a leader gives up (default: 10s)", seconds)
    .option("--leader-elect-retry-period <time>", "pause between attempts (default: 2s)", seconds)
    .action(async (options: ServerOptions) => {
      const { runServer } = await import("../cluster/server.ts");
      await runServer(options, signal);
      // Libraries may keep idle sockets open; everything of ours has ended by now.
      process.exit(0);
    });
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new InvalidArgumentError("it must be a port, 1 to 65535.");
  return value;
}

function seconds(text: string): number {
  const match = /^(\d+)(s|m)$/.exec(text);
  const value = Number(match?.[1]) * (match?.[2] === "m" ? 60 : 1);
  if (!(value > 0)) throw new InvalidArgumentError("it must be a time such as 15s or 1m.");
  return value;
}
