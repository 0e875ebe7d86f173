/** Which container of a pod a request for logs, exec or attach means. */
import type { Pod } from "../../../api/core/v1/pod.ts";
import { badRequest } from "../../../machinery/status.ts";

/** `asked` is "" when the client named none. Throws 400 where the choice is not clear or the container is not there. */
export function chooseContainer(pod: Pod, asked: string): string {
  const names = containerNames(pod);
  if (asked !== "") {
    if (!names.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
    return asked;
  }
  const [only, ...others] = pod.spec?.containers ?? [];
  if (only === undefined) throw badRequest(`a container name must be specified for pod ${pod.metadata.name}`);
  if (others.length > 0) throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(" ")}]`);
  return only.name;
}

function containerNames(pod: Pod): string[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [...initContainers, ...containers, ...ephemeralContainers].map((container) => container.name);
}
