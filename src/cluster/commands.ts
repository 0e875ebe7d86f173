/** What the commands of the `coracle` program do, with their output. */
import { readFileSync } from "node:fs";
import { applyFiles, type KubectlOptions } from "../kubectl/command.ts";
import { defaultClusterName } from "./config.ts";
import { purgeData, stopCluster } from "./down.ts";
import { deployHello } from "./hello.ts";
import { logSource, printLog } from "./logs.ts";
import { consoleProgress } from "./progress.ts";
import { type ClusterSelection, findCluster, requireCluster } from "./selection.ts";
import { clusterStatus, statusTable } from "./status.ts";
import { systemClock } from "./system-clock.ts";
import { startCluster, type UpOptions } from "./up.ts";
import { kubernetesVersion, productVersion } from "./version.ts";

export async function up(options: UpOptions, signal: AbortSignal): Promise<void> {
  const progress = consoleProgress();
  const { layout } = await startCluster(options, progress, systemClock, signal);
  progress.note(`Kubeconfig: ${layout.kubeconfig}`);
}

/** `npm start`: from nothing to a page served by a real container. */
export async function start(selection: ClusterSelection, signal: AbortSignal): Promise<void> {
  const progress = consoleProgress();
  const { config, layout } = await startCluster({ ...selection, installHostPackages: true }, progress, systemClock, signal);
  const page = await deployHello(config, layout, progress, systemClock, signal);
  const named = selection.name === defaultClusterName ? "" : ` --name ${selection.name}`;
  progress.note(`
${page.url} answered:

${page.body.trimEnd()}

Kubeconfig: ${layout.kubeconfig}

Next:
  export KUBECONFIG=${layout.kubeconfig}; kubectl get pods --all-namespaces
  npx coracle status${named}
  npx coracle down${named}
`);
}

export async function down(selection: ClusterSelection, purge: boolean, signal: AbortSignal): Promise<void> {
  const progress = consoleProgress();
  const found = await findCluster(selection);
  if (found === undefined) {
    progress.note(`There is no cluster ${JSON.stringify(selection.name)} here: nothing to stop.`);
    return;
  }
  await stopCluster(found.config, found.layout, progress, systemClock, signal);
  if (!purge) return;
  await progress.step("Removing its data", async () => purgeData(found.layout));
}

/** Returns the exit code: 0 when everything is healthy. */
export async function status(selection: ClusterSelection, output: "table" | "json"): Promise<number> {
  const { config, layout } = await requireCluster(selection);
  const report = await clusterStatus(config, layout);
  console.log(output === "json" ? JSON.stringify(report, undefined, 2) : statusTable(report));
  return report.state === "running" ? 0 : 1;
}

export async function kubeconfig(selection: ClusterSelection, raw: boolean): Promise<void> {
  const { layout } = await requireCluster(selection);
  if (raw) process.stdout.write(readFileSync(layout.kubeconfig, "utf8"));
  else console.log(layout.kubeconfig);
}

export async function logs(selection: ClusterSelection, component: string, options: { follow: boolean; node: string }, signal: AbortSignal): Promise<void> {
  const { config, layout } = await requireCluster(selection);
  const source = logSource(layout, component, options.node, config.nodes);
  try {
    await printLog(source, options.follow, (line) => console.log(line), systemClock, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

export async function kubectlApply(files: readonly string[], options: KubectlOptions, signal: AbortSignal): Promise<void> {
  await applyFiles(files, options, systemClock, (line) => console.log(line), signal);
}

export function version(): void {
  console.log(`coracle ${productVersion}\nKubernetes ${kubernetesVersion.gitVersion}\nNode.js ${process.version}`);
}
