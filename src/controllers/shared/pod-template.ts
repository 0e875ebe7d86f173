/** Pods made from templates. */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { PodTemplateSpec } from "../../api/core/v1/pod-spec.ts";
import { copyJson } from "../../machinery/json.ts";
import type { OwnerReference } from "../../machinery/meta.ts";
import type { Draft, KubeObject } from "../../machinery/object.ts";

/** The template's labels, annotations, finalizers and spec, controlled by `reference`; the server completes `owner-` to a name. */
export function podFromTemplate(template: PodTemplateSpec | undefined, owner: KubeObject, reference: OwnerReference): Draft<Pod> {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    metadata: {
      generateName: `${owner.metadata.name}-`,
      ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
      ownerReferences: [reference],
    },
    spec: copyJson(template?.spec ?? { containers: [] }),
  };
}
