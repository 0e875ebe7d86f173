/** Turns events of Services and their pods into work for a queue of Service keys. */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Service } from "../../api/core/v1/service.ts";
import type { Informer } from "../../client/informer.ts";
import type { WorkQueue } from "../../client/work-queue.ts";
import { sameJson } from "../../machinery/json.ts";
import { objectKey } from "../../machinery/object.ts";
import { matcherOfMap } from "./selector.ts";

/** `facts` are what of a pod concerns the controller: updates that leave them alone are passed over. */
export function watchServicePods(services: Informer<Service>, pods: Informer<Pod>, queue: WorkQueue, facts: (pod: Pod) => unknown): void {
  const enqueue = (service: Service) => queue.add(objectKey(service));
  services.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
  const changed = (pod: Pod) => {
    for (const service of services.inNamespace(pod.metadata.namespace ?? "")) {
      if (matcherOfMap(service.spec.selector)(pod.metadata.labels)) enqueue(service);
    }
  };
  pods.addHandler({
    add: changed,
    update: (pod, old) => {
      if (sameJson(facts(pod), facts(old))) return;
      if (!sameJson(pod.metadata.labels, old.metadata.labels)) changed(old);
      changed(pod);
    },
    delete: changed,
  });
}

export function* podsOfService(service: Service, pods: Informer<Pod>): Generator<Pod> {
  const matches = matcherOfMap(service.spec.selector);
  for (const pod of pods.inNamespace(service.metadata.namespace ?? "")) if (matches(pod.metadata.labels)) yield pod;
}
