/** Which cluster of this machine a command is about. */
import { type ClusterConfig, checkClusterName, loadClusterConfig } from "./config.ts";
import { type Layout, layoutOf } from "./layout.ts";

export interface ClusterSelection {
  readonly name: string;
  readonly dataDir?: string;
}

export interface SelectedCluster {
  readonly config: ClusterConfig;
  readonly layout: Layout;
}

export async function findCluster(selection: ClusterSelection): Promise<SelectedCluster | undefined> {
  checkClusterName(selection.name);
  const layout = layoutOf(selection);
  const config = await loadClusterConfig(layout.configFile);
  return config === undefined ? undefined : { config, layout };
}

export async function requireCluster(selection: ClusterSelection): Promise<SelectedCluster> {
  const found = await findCluster(selection);
  if (found === undefined) throw new Error(`there is no cluster ${JSON.stringify(selection.name)} here; \`npx coracle up --name ${selection.name}\` makes one`);
  return found;
}
