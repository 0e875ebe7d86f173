/**
 * For tests: which etcds this machine has. The system's own (Debian 12: 3.4) and a newer one beside it, unpacked by
 * .ci/newer-etcd or named by CORACLE_ETCD_35, the folder of its programs: the two behave differently in ways that matter.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

export interface EtcdInstallation {
  /** For the names of tests: `etcd 3.4.23`. */
  readonly label: string;
  readonly etcd: string;
  readonly etcdctl: string;
  /** Program with first arguments; `restore FILE --data-dir …` and `status FILE` follow. */
  readonly snapshot: readonly [program: string, ...args: string[]];
  /** Of node:test: why tests with it cannot run here, if they cannot. */
  readonly options: { readonly skip?: string };
}

/** `none`: there is no way to one here, so tests with it are not even skipped. */
const newerFolder = process.env["CORACLE_ETCD_35"] ?? "/opt/coracle-etcd-3.5/usr/bin";

const systems = installationIn("/usr/bin", "the system's etcd", "Debian packages etcd-server and etcd-client");

/** The system's first; those that are missing too. */
export const etcdInstallations: readonly EtcdInstallation[] =
  newerFolder === "none"
    ? [systems]
    : [systems, installationIn(newerFolder, "etcd 3.5", "run .ci/newer-etcd /opt/coracle-etcd-3.5, or name another folder of etcd 3.5 in CORACLE_ETCD_35")];

/** Where one etcd is enough. */
export const systemEtcd: EtcdInstallation = systems;

function installationIn(folder: string, name: string, advice: string): EtcdInstallation {
  const [etcd, etcdctl, etcdutl] = ["etcd", "etcdctl", "etcdutl"].map((program) => join(folder, program)) as [string, string, string];
  const missing = [etcd, etcdctl].find((program) => !existsSync(program));
  return {
    label: missing === undefined ? `etcd ${versionOf(etcd)}` : name,
    etcd,
    etcdctl,
    // From 3.5 on files are etcdutl's affair.
    snapshot: existsSync(etcdutl) ? [etcdutl, "snapshot"] : [etcdctl, "snapshot"],
    options: missing === undefined ? {} : { skip: `${missing} is not installed (${advice})` },
  };
}

function versionOf(etcd: string): string {
  const text = execFileSync(etcd, ["--version"], { encoding: "utf8" });
  return /^etcd Version: (\S+)/m.exec(text)?.[1] ?? "of an unknown version";
}
