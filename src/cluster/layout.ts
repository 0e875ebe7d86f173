/** Where a cluster keeps its things on this machine. Nothing else in src/cluster puts paths together. */
import { join } from "node:path";

export interface Layout {
  /** Survives `down`; removed by `down --purge`. */
  readonly data: string;
  /** Gone after `down`: sockets, process records, namespaces. */
  readonly run: string;
  readonly configFile: string;
  readonly kubeconfig: string;
  readonly pki: string;
  readonly store: string;
  readonly logs: string;
  /** Where snapshots go that nobody named a place for. */
  readonly snapshots: string;
  node(name: string): NodeLayout;
}

export interface NodeLayout {
  readonly name: string;
  readonly data: string;
  readonly run: string;
  /** kubelet's root directory (pods, volumes). */
  readonly kubelet: string;
  readonly podLogs: string;
  readonly containerdRoot: string;
  readonly containerdState: string;
  readonly containerdSocket: string;
  readonly containerdConfig: string;
  readonly cniConfig: string;
  readonly cniState: string;
  /** Network namespace, by `ip netns` convention, and the mount namespace kept alive by a bind mount. */
  readonly networkNamespace: string;
  readonly mountNamespaceFile: string;
  /** Holds the node's hostname, which its pods on the host's network have as theirs. */
  readonly hostnameNamespaceFile: string;
  /** Below every cgroup controller. */
  readonly cgroupRoot: string;
}

export interface LayoutOptions {
  readonly name: string;
  /** Default /var/lib/coracle/NAME. */
  readonly dataDir?: string;
}

export function layoutOf({ name, dataDir }: LayoutOptions): Layout {
  const data = dataDir ?? join("/var/lib/coracle", name);
  // Servers without nodes need no root.
  const run = process.getuid?.() === 0 ? join("/run/coracle", name) : join(data, "run");
  return {
    data,
    run,
    configFile: join(data, "cluster.json"),
    kubeconfig: join(data, "kubeconfig"),
    pki: join(data, "pki"),
    store: join(data, "store"),
    logs: join(data, "logs"),
    snapshots: join(data, "snapshots"),
    node: (node) => nodeLayout(name, node, data, run),
  };
}

function nodeLayout(cluster: string, name: string, clusterData: string, clusterRun: string): NodeLayout {
  const data = join(clusterData, "nodes", name);
  const run = join(clusterRun, "nodes", name);
  return {
    name,
    data,
    run,
    kubelet: join(data, "kubelet"),
    podLogs: join(data, "pod-logs"),
    containerdRoot: join(data, "containerd"),
    containerdState: join(run, "containerd"),
    containerdSocket: join(run, "containerd.sock"),
    containerdConfig: join(run, "containerd.toml"),
    cniConfig: join(run, "cni"),
    cniState: join(run, "cni-state"),
    networkNamespace: `coracle-${cluster}-${name}`,
    mountNamespaceFile: join(run, "namespaces", "mnt"),
    hostnameNamespaceFile: join(run, "namespaces", "uts"),
    cgroupRoot: `/coracle/${cluster}/${name}`,
  };
}
