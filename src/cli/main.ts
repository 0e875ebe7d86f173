/** The `coracle` command: argument parsing only; the work is in src/cluster and src/kubectl. */
import { Command, InvalidArgumentError, Option } from "commander";
import type { ApiServerFlags } from "../cluster/api-server-flags.ts";
import type { StoreFlags } from "../cluster/store-choice.ts";
import { addApiServerFlags } from "./api-server-flags.ts";
import { addEtcdServe } from "./etcd-serve.ts";
import { addServer } from "./server.ts";
import { addSnapshot, addStore } from "./snapshot.ts";
import { addStoreFlags } from "./store-flags.ts";

interface ClusterFlags {
  readonly name: string;
  readonly dataDir?: string;
}

const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));
process.once("SIGTERM", () => interrupted.abort(new Error("terminated")));
const { signal } = interrupted;

const program = new Command("coracle").description("Kubernetes v1.36 in TypeScript: real clusters on this machine, in seconds").showHelpAfterError();

function clusterCommand(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("--name <name>", "name of the cluster", "default")
    .option("--data-dir <folder>", "where the cluster keeps its data (default: /var/lib/coracle/NAME)");
}

addApiServerFlags(addStoreFlags(clusterCommand("up", "start a cluster, or repair one that runs")))
  .option("--nodes <count>", "number of nodes (default: as before, 1 for a new cluster)", nodeCount)
  .option("--install-packages", "install missing host packages through apt")
  .option(
    "--encryption-provider-config, --encryption-config <file>",
    "EncryptionConfiguration: which resources the store holds encrypted; takes effect when the control plane starts",
  )
  .option(
    "--audit-policy-file, --audit-policy <file>",
    "audit Policy: which requests audit.log among the cluster's logs records; takes effect when the control plane starts",
  )
  .action(
    async (
      flags: ClusterFlags & StoreFlags & ApiServerFlags & { nodes?: number; installPackages?: boolean; encryptionConfig?: string; auditPolicy?: string },
    ) => {
      const { up } = await import("../cluster/commands.ts");
      await up({ ...flags, ...(flags.nodes === undefined ? {} : { nodeCount: flags.nodes }), installHostPackages: flags.installPackages === true }, signal);
    },
  );

clusterCommand("start", "what `npm start` does: up, then the example in examples/hello").action(async (flags: ClusterFlags) => {
  const { start } = await import("../cluster/commands.ts");
  await start(flags, signal);
});

clusterCommand("down", "stop a cluster and remove everything it made except its data")
  .option("--purge", "remove its data too")
  .action(async (flags: ClusterFlags & { purge?: boolean }) => {
    const { down } = await import("../cluster/commands.ts");
    await down(flags, flags.purge === true, signal);
  });

clusterCommand("status", "show every component with its pid, health and address; exit code 0 only when all are healthy")
  .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json"]).default("table"))
  .action(async (flags: ClusterFlags & { output: "table" | "json" }) => {
    const { status } = await import("../cluster/commands.ts");
    process.exitCode = await status(flags, flags.output);
  });

clusterCommand("kubeconfig", "print the path of the administrator's kubeconfig")
  .option("--raw", "print the file itself")
  .action(async (flags: ClusterFlags & { raw?: boolean }) => {
    const { kubeconfig } = await import("../cluster/commands.ts");
    await kubeconfig(flags, flags.raw === true);
  });

clusterCommand("logs", "print a component's log")
  .argument("<component>", "such as kube-apiserver, kube-scheduler, kubelet, kube-proxy, containerd, control-plane, node-1")
  .option("-f, --follow", "go on printing what is added")
  .option("--node <node>", "which node's component", "node-1")
  .action(async (component: string, flags: ClusterFlags & { follow?: boolean; node: string }) => {
    const { logs } = await import("../cluster/commands.ts");
    await logs(flags, component, { follow: flags.follow === true, node: flags.node }, signal);
  });

program
  .command("kubectl")
  .description("verbs of kubectl that Coracle has itself; use the real kubectl for the others")
  .command("apply")
  .description("make the cluster agree with manifests, by server-side apply")
  .requiredOption("-f, --filename <file...>", "manifests; - for standard input")
  .option("--kubeconfig <file>", "which clusters there are (default: $KUBECONFIG, then ~/.kube/config)")
  .option("--context <name>", "which of them to use (default: the current one)")
  .action(async ({ filename, ...options }: { filename: string[]; kubeconfig?: string; context?: string }) => {
    const { kubectlApply } = await import("../cluster/commands.ts");
    await kubectlApply(filename, options, signal);
  });

addServer(program, signal);
addSnapshot(program, signal);
addStore(program, signal);
addEtcdServe(program, signal);

program
  .command("version")
  .description("print versions")
  .action(async () => {
    const { version } = await import("../cluster/commands.ts");
    version();
  });

function nodeCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 200) throw new InvalidArgumentError("it must be a whole number from 1 to 200.");
  return count;
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(`coracle: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
