/** The verbs of `coracle kubectl`, against any cluster that a kubeconfig names. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { loadKubeconfig, mergeKubeconfigs, resolveContext, transportFor } from "../client/kubeconfig.ts";
import type { Clock } from "../machinery/clock.ts";
import { appliedText, apply, parseManifests } from "./apply.ts";

export interface KubectlOptions {
  /** Path of the kubeconfig; absent: $KUBECONFIG, then ~/.kube/config. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** `-` reads standard input. Prints a line for each object as it is applied. */
export async function applyFiles(
  files: readonly string[],
  options: KubectlOptions,
  clock: Clock,
  write: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const objects = files.flatMap((file) => parseManifests(readFileSync(file === "-" ? 0 : file, "utf8"), file));
  const transport = transportFor(resolveContext(mergeKubeconfigs(kubeconfigPaths(options.kubeconfig).map(loadKubeconfig)), options.context), { clock });
  try {
    await apply(objects, transport, signal, (applied) => write(appliedText(applied)));
  } finally {
    await transport.close();
  }
}

function kubeconfigPaths(given: string | undefined): string[] {
  const listed = given ?? process.env["KUBECONFIG"] ?? "";
  return listed === "" ? [join(homedir(), ".kube", "config")] : listed.split(delimiter).filter(Boolean);
}
