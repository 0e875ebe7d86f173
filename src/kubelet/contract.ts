/** What a kubelet is told by its composition root, and what its HTTPS server may ask of it. */

import type { Taint } from "../api/core/v1/node.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import type { ContainerRuntime, RuntimeService } from "./cri/service.ts";

export interface KubeletConfig {
  readonly nodeName: string;
  /** InternalIP of the node, and hostIP of its pods. Dual-stack nodes give one of each family. */
  readonly nodeIps: readonly string[];
  /** Hostname address; the node's name when absent. */
  readonly hostname?: string;
  /** Holds pod volumes and state; a folder of each kubelet's own, such as /var/lib/kubelet. */
  readonly rootDirectory: string;
  /** Such as /var/log/pods; a folder of each kubelet's own. */
  readonly podLogsDirectory: string;
  /** CRI socket; the kubelet dials it unless `runtime` is given. */
  readonly runtimeEndpoint: string;
  /** A connected runtime, for tests and for roots that share one. Not closed by the kubelet. */
  readonly runtime?: ContainerRuntime;
  /** Parent of `kubepods`, such as /coracle-node-1; "" or "/" for none. */
  readonly cgroupRoot: string;
  readonly cgroupDriver?: "cgroupfs" | "systemd";
  /** DNS servers of pods with dnsPolicy ClusterFirst. */
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** The node's resolv.conf, for dnsPolicy Default and upstream of ClusterFirst. "" for none. */
  readonly resolvConf: string;
  readonly maxPods?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /** Port of the kubelet's HTTPS server, for Node status. */
  readonly port: number;
  /** Never collected as garbage. */
  readonly sandboxImage?: string;
  /** Resources kept from pods: subtracted from capacity. Quantities. */
  readonly reserved?: Readonly<Record<string, string>>;
  readonly providerId?: string;
  readonly version: string;
  /** How many images are pulled at a time; 1 by default, as upstream serialises them. */
  readonly maxParallelImagePulls?: number;
  /** Bytes at which a container's log is rotated, and how many files are kept; 10Mi and 5. */
  readonly containerLogMaxBytes?: number;
  readonly containerLogMaxFiles?: number;
  /** Milliseconds between relists of the runtime where it offers no events; 1000. */
  readonly relistPeriodMs?: number;
  /** Called once with the view the HTTPS server works on, when the kubelet has synced. */
  readonly onReady?: (pods: KubeletPods) => void;
}

export interface ContainerView {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  readonly state: "created" | "running" | "exited" | "unknown";
  /** Absolute path of the log file in CRI format. */
  readonly logPath: string;
}

/** What logs, exec, attach and port-forward need to know of pods. */
export interface KubeletPods {
  readonly runtime: RuntimeService;
  /** Pods bound to this node, static ones included. */
  list(): readonly Pod[];
  get(namespace: string, name: string): Pod | undefined;
  /** The newest container of that name, of whatever kind (init, main, ephemeral); `previous` gives the one before. */
  container(pod: Pod, name: string, previous?: boolean): ContainerView | undefined;
  /** The ready sandbox, if there is one. */
  sandboxId(pod: Pod): string | undefined;
  /** Status as this kubelet computed it last, ahead of what the API server may hold. */
  status(pod: Pod): Pod["status"];
}
