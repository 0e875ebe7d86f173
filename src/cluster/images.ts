/**
 * Container images made here, for what must run where no registry can be reached: the sandbox's pause, the example and
 * tests. An image is a tar of JSON and layers around Debian's static busybox, in the format of `docker save`, which
 * `ctr images import` reads.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { pack } from "tar-stream";

const run = promisify(execFile);

export type ImageFile =
  | { readonly path: string; readonly content: Uint8Array | string; readonly mode?: number; readonly uid?: number; readonly gid?: number }
  | { readonly path: string; readonly directory: true; readonly mode?: number; readonly uid?: number; readonly gid?: number }
  /** Hard link to an executable named earlier in the list; the mode goes to the shared inode. */
  | { readonly path: string; readonly hardLink: string }
  | { readonly path: string; readonly symbolicLink: string };

export interface ImageOptions {
  /** Full reference with a tag: `example.com/tools/busybox:1`. */
  readonly name: string;
  readonly files: readonly ImageFile[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** `NAME=value`. */
  readonly env?: readonly string[];
  /** User name, uid, or `uid:gid`. */
  readonly user?: string;
  readonly workingDir?: string;
}

const amd64OrArm64 = process.arch === "arm64" ? "arm64" : "amd64";

/** An image of one layer, as a docker-archive tar. The same options give the same bytes. */
export async function buildImage(options: ImageOptions): Promise<Buffer> {
  const layer = await tar(options.files);
  const config = Buffer.from(JSON.stringify(imageConfig(options, sha256(layer))));
  const configName = `${sha256(config)}.json`;
  const manifest = [{ Config: configName, RepoTags: [options.name], Layers: ["layer.tar"] }];
  return tar([
    { path: "manifest.json", content: JSON.stringify(manifest), mode: 0o644 },
    { path: configName, content: config, mode: 0o644 },
    { path: "layer.tar", content: layer, mode: 0o644 },
  ]);
}

/** /bin/busybox with a link for every applet, /etc/passwd and a world-writable /tmp: what shell tests need. */
export async function busyboxFiles(): Promise<ImageFile[]> {
  const busybox = await readFile("/bin/busybox");
  const { stdout } = await run("/bin/busybox", ["--list"]);
  const applets = stdout.split("\n").filter((name) => name !== "" && name !== "busybox");
  return [
    ...["bin", "etc", "root", "proc", "sys", "dev", "var"].map((path) => ({ path, directory: true as const })),
    { path: "tmp", directory: true, mode: 0o1777 },
    { path: "bin/busybox", content: busybox, mode: 0o755 },
    ...applets.map((name) => ({ path: `bin/${name}`, hardLink: "bin/busybox" })),
    { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n" },
    { path: "etc/group", content: "root:x:0:\nnobody:x:65534:\n" },
  ];
}

export const busyboxImageName = "coracle.local/busybox:1";
export const pauseImageName = "coracle.local/pause:1";

/** A busybox with all its applets on the PATH; runs `sh` unless told otherwise. */
export async function busyboxImage(name = busyboxImageName): Promise<Buffer> {
  return buildImage({ name, files: await busyboxFiles(), cmd: ["sh"], env: ["PATH=/bin"] });
}

/** The sandbox's own process. It only holds namespaces open; the runtime ends it with SIGKILL. */
export async function pauseImage(name = pauseImageName): Promise<Buffer> {
  const files: ImageFile[] = [
    { path: "bin", directory: true },
    { path: "bin/busybox", content: await readFile("/bin/busybox"), mode: 0o755 },
  ];
  return buildImage({ name, files, entrypoint: ["/bin/busybox", "sleep", "2147483647"] });
}

function imageConfig(options: ImageOptions, layerDigest: string): object {
  return {
    architecture: amd64OrArm64,
    os: "linux",
    config: {
      ...(options.entrypoint === undefined ? {} : { Entrypoint: options.entrypoint }),
      ...(options.cmd === undefined ? {} : { Cmd: options.cmd }),
      Env: options.env ?? ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      ...(options.user === undefined ? {} : { User: options.user }),
      ...(options.workingDir === undefined ? {} : { WorkingDir: options.workingDir }),
    },
    rootfs: { type: "layers", diff_ids: [`sha256:${layerDigest}`] },
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "coracle" }],
  };
}

function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

async function tar(files: readonly ImageFile[]): Promise<Buffer> {
  const archive = pack();
  const chunks: Buffer[] = [];
  archive.on("data", (chunk) => void chunks.push(chunk as Buffer));
  const ended = new Promise<void>((resolve, reject) => archive.on("end", resolve).on("error", reject));
  for (const file of files) addEntry(archive, file);
  archive.finalize();
  await ended;
  return Buffer.concat(chunks);
}

function addEntry(archive: ReturnType<typeof pack>, file: ImageFile): void {
  const mtime = new Date(0);
  const name = file.path;
  if ("hardLink" in file) archive.entry({ name, type: "link", linkname: file.hardLink, mode: 0o755, mtime });
  else if ("symbolicLink" in file) archive.entry({ name, type: "symlink", linkname: file.symbolicLink, mtime });
  else if ("directory" in file) archive.entry({ name, type: "directory", mode: file.mode ?? 0o755, uid: file.uid ?? 0, gid: file.gid ?? 0, mtime });
  else archive.entry({ name, mode: file.mode ?? 0o644, uid: file.uid ?? 0, gid: file.gid ?? 0, mtime }, Buffer.from(file.content as Uint8Array));
}
