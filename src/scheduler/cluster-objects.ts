/** Objects besides nodes and pods that scheduling looks at, as informers know them. */
import type { Pod } from "../api/core/v1/pod.ts";
import type { PodDisruptionBudget } from "../api/policy/v1/pod-disruption-budget.ts";
import type { InformerFactory, Lister } from "../client/informer.ts";
import { namespaces, podDisruptionBudgets, replicaSets, replicationControllers, services, statefulSets } from "../client/resources.ts";
import type { LabelSelector } from "../machinery/meta.ts";
import { selectorOf } from "../machinery/selectors/label-selector.ts";
import { matchesLabels, type Requirement, type Selector, selectorFromSet } from "../machinery/selectors/labels.ts";
import type { ClusterObjects } from "./cache.ts";

export interface InformedObjects extends ClusterObjects {
  readonly budgets: Lister<PodDisruptionBudget>;
}

/** To be called before the informers start. */
export function clusterObjects(informers: InformerFactory): InformedObjects {
  const budgets = informers.informer(podDisruptionBudgets);
  const knownNamespaces = informers.informer(namespaces);
  const knownServices = informers.informer(services);
  const knownControllers = informers.informer(replicationControllers);
  const knownSets = { ReplicaSet: informers.informer(replicaSets), StatefulSet: informers.informer(statefulSets) };

  function serviceRequirements({ metadata: { namespace = "", labels } }: Pod): Requirement[] {
    const requirements: Requirement[] = [];
    for (const { spec } of knownServices.inNamespace(namespace)) {
      if (spec?.selector === undefined || Object.keys(spec.selector).length === 0) continue;
      const selector = selectorFromSet(spec.selector);
      if (matchesLabels(selector, labels)) requirements.push(...selector.requirements);
    }
    return requirements;
  }

  function controllerSelector({ metadata: { namespace = "", ownerReferences = [] } }: Pod): Selector | undefined {
    const owner = ownerReferences.find(({ controller }) => controller === true);
    const key = `${namespace}/${owner?.name}`;
    if (owner?.kind === "ReplicationController" && owner.apiVersion === "v1") {
      const labels = knownControllers.get(key)?.spec?.selector;
      return labels === undefined ? undefined : selectorFromSet(labels);
    }
    if ((owner?.kind !== "ReplicaSet" && owner?.kind !== "StatefulSet") || owner.apiVersion !== "apps/v1") return undefined;
    const selector: LabelSelector | undefined = knownSets[owner.kind].get(key)?.spec?.selector;
    return selector === undefined ? undefined : selectorOf(selector);
  }

  return {
    budgets,
    namespaceLabels: (name) => knownNamespaces.get(name)?.metadata.labels,
    defaultSelector: (pod) => {
      const requirements = [...serviceRequirements(pod), ...(controllerSelector(pod)?.requirements ?? [])];
      return requirements.length === 0 ? undefined : { requirements };
    },
  };
}
