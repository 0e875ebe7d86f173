/** /etc/hosts as the kubelet manages it. */
import type { Pod } from "../../api/core/v1/pod.ts";

/** For a pod with a network of its own: loopback names, its own address and names, and its hostAliases. */
export function podHostsFile(pod: Pod, podIps: readonly string[], hostname: string, domain: string): string {
  const lines = [
    "# Kubernetes-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
  ];
  for (const ip of podIps) lines.push(domain === "" ? `${ip}\t${hostname}` : `${ip}\t${hostname}.${domain}\t${hostname}`);
  return `${lines.join("\n")}\n${hostAliases(pod)}`;
}

/** For a pod in the host's network: the host's own file and the pod's hostAliases. */
export function hostNetworkHostsFile(pod: Pod, hostsOfNode: string): string {
  return `# Kubernetes-managed hosts file (host network).\n${hostsOfNode}${hostAliases(pod)}`;
}

function hostAliases(pod: Pod): string {
  const aliases = pod.spec.hostAliases ?? [];
  if (aliases.length === 0) return "";
  return `\n# Entries added by HostAliases.\n${aliases.map(({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join("\t")}\n`).join("")}`;
}

export interface PodHostname {
  readonly hostname: string;
  /** Below which a pod with a subdomain is known; "" for others. */
  readonly domain: string;
  /** What the kernel is told, for `hostname` and $HOSTNAME: the whole name under setHostnameAsFQDN. */
  readonly kernelName: string;
}

export function podHostname(pod: Pod, clusterDomain: string): PodHostname {
  const { hostname, hostnameOverride, subdomain, setHostnameAsFQDN } = pod.spec;
  if (hostnameOverride !== undefined) return { hostname: hostnameOverride, domain: "", kernelName: hostnameOverride };
  // A host name holds 63 characters, a pod's name up to 253.
  const short = (hostname === undefined || hostname === "" ? pod.metadata.name : hostname).slice(0, 63).replace(/[-.]+$/, "");
  const domain = subdomain === undefined || subdomain === "" ? "" : `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`;
  return { hostname: short, domain, kernelName: setHostnameAsFQDN === true && domain !== "" ? `${short}.${domain}` : short };
}
