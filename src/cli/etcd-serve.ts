import { type Command, InvalidArgumentError, Option } from "commander";
import type { EtcdServeOptions } from "../cluster/etcd-serve.ts";

interface Flags extends Omit<EtcdServeOptions, "limits"> {
  readonly maxTxnOps?: number;
  readonly maxRequestBytes?: number;
}

export function addEtcdServe(program: Command, signal: AbortSignal): void {
  program
    .command("etcd-serve")
    .description("serve the store of a cluster, or one of its own, over etcd's gRPC API: etcdctl works against it")
    .option("--name <name>", "name of the cluster whose store to serve; it may run or not", "default")
    .option("--data-dir <folder>", "where the cluster keeps its data; made when missing (default: /var/lib/coracle/NAME)")
    .addOption(
      new Option("--store <kind>", "sqlite: the store in the data folder; memory: an empty one that ends with the process")
        .choices(["sqlite", "memory"])
        .default("sqlite"),
    )
    .option("--listen <address>", "host:port to serve at", address, "127.0.0.1:2379")
    .option("--listen-metrics <address>", "host:port for /health, /version and /metrics over HTTP", address)
    .option("--cert-file <file>", "the server's certificate, PEM: serve over TLS")
    .option("--key-file <file>", "its key")
    .option("--trusted-ca-file <file>", "clients have to show a certificate signed by one of these")
    .option("--client-cert-auth", "clients have to show a certificate; needs --trusted-ca-file, which means the same")
    .option("--max-txn-ops <count>", "operations that one transaction may have (default: 128)", positive)
    .option("--max-request-bytes <bytes>", "size that a write may have (default: 1572864)", positive)
    .action(async ({ maxTxnOps, maxRequestBytes, ...options }: Flags) => {
      const { etcdServe } = await import("../cluster/etcd-serve.ts");
      const limits = { ...(maxTxnOps === undefined ? {} : { maxTxnOps }), ...(maxRequestBytes === undefined ? {} : { maxRequestBytes }) };
      await etcdServe({ ...options, limits }, signal);
    });
}

function address(text: string): string {
  const url = URL.parse(`tcp://${text}`);
  if (url === null || url.hostname === "" || url.port === "" || url.host !== text) throw new InvalidArgumentError("it must be host:port.");
  return text;
}

function positive(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("it must be a whole number above 0.");
  return count;
}
