/**
 * Image volumes (KEP-4639) on containerd before 2.1, whose CRI cannot mount images: the image is pulled as usual, and
 * containerd's own client mounts a read-only view of it. Only the view's mount is ours to undo.
 */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Volume } from "../../api/core/v1/volume.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { Host } from "../host.ts";
import type { ImagePuller } from "./puller.ts";

export interface ImageVolumeOptions {
  readonly puller: ImagePuller;
  readonly host: Host;
  readonly events: EventRecorder;
  readonly runtimeEndpoint: string;
  readonly signal: AbortSignal;
}

export function imageMounter({ puller, host, events, runtimeEndpoint, signal }: ImageVolumeOptions) {
  const socket = runtimeEndpoint.replace(/^unix:(\/\/)?/, "");
  return async (pod: Pod, volume: Volume, directory: string): Promise<void> => {
    const { reference = "", pullPolicy = "IfNotPresent" } = volume.image ?? {};
    const { ref } = await puller.ensure({
      podUid: pod.metadata.uid,
      image: reference,
      policy: pullPolicy,
      secrets: [],
      sandbox: undefined,
      signal,
      event: (type, reason, message) => events.event(pod, type, reason, message),
    });
    await host.run("ctr", ["--address", socket, "--namespace", "k8s.io", "images", "mount", ref, directory]);
  };
}

/** containerd mounts images for CRI since 2.1; other runtimes that serve CRI v1 with images do as well. */
export function mountsImages(runtimeName: string, version: string): boolean {
  if (runtimeName !== "containerd") return true;
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 1);
}
