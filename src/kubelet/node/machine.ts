/** Facts of the machine, read from /proc and /etc. */
import { arch, availableParallelism, totalmem } from "node:os";
import type { Host } from "../host.ts";

export interface Machine {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** amd64, arm64 …, as Go names them. */
  readonly architecture: string;
  readonly hugepages: Readonly<Record<string, string>>;
}

const goArchitectures: Record<string, string> = { x64: "amd64", ia32: "386", arm64: "arm64", arm: "arm", ppc64: "ppc64le", s390x: "s390x", riscv64: "riscv64" };

export async function readMachine(host: Host): Promise<Machine> {
  const [machineId, systemUuid, bootId, kernelVersion, osRelease] = await Promise.all(
    ["/etc/machine-id", "/sys/class/dmi/id/product_uuid", "/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/osrelease", "/etc/os-release"].map((path) =>
      host.readText(path),
    ),
  );
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    machineId: machineId!.trim(),
    systemUuid: systemUuid!.trim() === "" ? machineId!.trim() : systemUuid!.trim(),
    bootId: bootId!.trim(),
    kernelVersion: kernelVersion!.trim(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease!)?.[1] ?? "Linux",
    architecture: goArchitectures[arch()] ?? arch(),
    hugepages: { "hugepages-1Gi": "0", "hugepages-2Mi": "0" },
  };
}

export interface MemoryReading {
  readonly availableBytes: number;
  readonly totalBytes: number;
}

/** /proc/meminfo counts in kB. */
export function parseMeminfo(text: string): MemoryReading {
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0);
  return { availableBytes: kilobytes("MemAvailable") * 1024, totalBytes: kilobytes("MemTotal") * 1024 };
}
