/** Programs that a node needs of its machine, and the Debian packages that bring them. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { tryExec } from "./exec.ts";

interface HostPackage {
  readonly package: string;
  /** Any one of these present means the package is there. */
  readonly provides: readonly string[];
}

const required: readonly HostPackage[] = [
  { package: "containerd", provides: ["containerd"] },
  { package: "runc", provides: ["runc"] },
  { package: "containernetworking-plugins", provides: ["/usr/lib/cni/bridge", "/opt/cni/bin/bridge"] },
  { package: "nftables", provides: ["nft"] },
  { package: "conntrack", provides: ["conntrack"] },
  { package: "socat", provides: ["socat"] },
  { package: "iptables", provides: ["iptables"] },
  { package: "busybox-static", provides: ["/bin/busybox", "/usr/bin/busybox"] },
  { package: "iproute2", provides: ["ip"] },
  { package: "util-linux", provides: ["nsenter"] },
  { package: "mount", provides: ["mount"] },
  { package: "procps", provides: ["sysctl"] },
];

/** Administrators' programs live in sbin, which not every PATH names. */
const extraFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

function isPresent(program: string): boolean {
  if (program.startsWith("/")) return existsSync(program);
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...extraFolders];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** Debian packages that are needed and missing. */
export function missingPackages(present: (program: string) => boolean = isPresent): string[] {
  return required.filter(({ provides }) => !provides.some(present)).map((entry) => entry.package);
}

/** Installs through apt; says what to do where that cannot work. */
export async function installPackages(packages: readonly string[], signal: AbortSignal): Promise<void> {
  const advice = `install them by hand: ${packages.join(", ")}`;
  if (!isPresent("apt-get")) throw new Error(`cannot install packages: this machine has no apt-get; ${advice}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const install = () => tryExec("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { signal, env });
  let result = await install();
  if (result.code !== 0) {
    // A fresh machine has no package lists yet.
    await tryExec("apt-get", ["update"], { signal, env });
    result = await install();
  }
  if (result.code !== 0) throw new Error(`cannot install packages: ${result.stderr.trim().split("\n").at(-1) ?? ""}; ${advice}`);
}
