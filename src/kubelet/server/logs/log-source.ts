/** Which container's log a request is about, decided from the pod's status (kubelet's validateContainerLogStatus). */
import type { ContainerStatus, Pod } from "../../../api/core/v1/pod.ts";
import type { ContainerView, KubeletPods } from "../../contract.ts";
import { HttpError } from "../http-error.ts";

/** Throws an HttpError of 404 for a container that the pod does not have, of 400 while it has no log. */
export function logSource(pods: KubeletPods, pod: Pod, containerName: string, previous: boolean): ContainerView {
  if (!containerNames(pod).includes(containerName)) {
    throw new HttpError(404, `container "${containerName}" not found in pod "${pod.metadata.name}"`);
  }
  const id = containerIdForLogs(pods.status(pod), pod.metadata.name, containerName, previous);
  const views = [pods.container(pod, containerName), pods.container(pod, containerName, true)];
  const view = views.find((candidate) => candidate?.id === bareId(id));
  if (view !== undefined) return view;
  // The runtime has been asked more recently than the status was computed, or the container has been collected since.
  const fallback = views[previous ? 1 : 0];
  if (fallback === undefined) throw new HttpError(400, `unable to retrieve container logs for ${id}`);
  return fallback;
}

function containerNames(pod: Pod): string[] {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec ?? { containers: [] };
  return [...initContainers, ...containers, ...ephemeralContainers].map((container) => container.name);
}

/** `containerd://abc` to `abc`. */
function bareId(id: string): string {
  const mark = id.indexOf("://");
  return mark < 0 ? id : id.slice(mark + 3);
}

/** The container id as in pod status. */
export function containerIdForLogs(status: Pod["status"], podName: string, name: string, previous: boolean): string {
  const container = statusOf(status, name);
  const subject = `container "${name}" in pod "${podName}"`;
  if (container === undefined) throw new HttpError(400, `${subject} is not available`);
  const { waiting, running, terminated } = container.state ?? {};
  const last = container.lastState?.terminated;
  if (previous) {
    if (!last?.containerID) throw new HttpError(400, `previous terminated ${subject} not found`);
    return last.containerID;
  }
  if (running !== undefined) return container.containerID ?? "";
  if (terminated !== undefined || last !== undefined) {
    // A container that was to follow may never have started: its predecessor has the log.
    const id = terminated?.containerID || last?.containerID;
    if (!id) throw new HttpError(400, `${subject} is terminated`);
    return id;
  }
  if (waiting === undefined) throw new HttpError(400, `${subject} is waiting to start - no logs yet`);
  throw new HttpError(400, `${subject} is waiting to start: ${waitingText(waiting.reason ?? "")}`);
}

function waitingText(reason: string): string {
  if (reason === "ErrImagePull") return "image can't be pulled";
  return reason === "ImagePullBackOff" ? "trying and failing to pull image" : reason;
}

function statusOf(status: Pod["status"], name: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find((container) => container.name === name);
}
