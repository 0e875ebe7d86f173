/** Publishes the authority that vouches for the API server as ConfigMap `kube-root-ca.crt` in every namespace. */
import type { ConfigMap } from "../../api/core/v1/config-map.ts";
import type { Namespace } from "../../api/core/v1/namespace.ts";
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from "../../client/errors.ts";
import { configMaps, namespaces } from "../../client/resources.ts";
import { sameJson } from "../../machinery/json.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { isActiveNamespace } from "./service-account-controller.ts";

export const rootCaConfigMap = "kube-root-ca.crt";
const annotations = { "kubernetes.io/description": "CA bundle by which pods verify the API server at its internal addresses." };

export type RootCaEffect = { readonly action: "create" } | { readonly action: "update"; readonly object: ConfigMap };

/** undefined: as it should be. Only the data is ours; labels and the like may be added by anyone. */
export function decideRootCa(current: ConfigMap | undefined, pem: string): RootCaEffect | undefined {
  const data = { "ca.crt": pem };
  if (current === undefined) return { action: "create" };
  if (sameJson(current.data, data) && current.metadata.annotations?.["kubernetes.io/description"] !== undefined) return undefined;
  const metadata = { ...current.metadata, annotations: { ...annotations, ...current.metadata.annotations } };
  return { action: "update", object: { ...current, metadata, data } };
}

/** `rootCa`: PEM of one or more certificates. */
export function rootCaPublisher(rootCa: string): Controller {
  return {
    name: "root-ca-certificate-publisher-controller",
    account: "root-ca-cert-publisher",
    run: (context) => {
      const known = context.informers.informer(namespaces);
      const published = context.informers.informer(configMaps, { fieldSelector: `metadata.name=${rootCaConfigMap}` });
      const queue = createQueue(context);
      const enqueue = (namespace: Namespace) => queue.add(namespace.metadata.name);
      const changed = (map: ConfigMap) => queue.add(map.metadata.namespace ?? "");
      known.addHandler({ add: enqueue, update: enqueue });
      published.addHandler({ update: changed, delete: changed });
      const reconcile = async (name: string) => {
        if (!isActiveNamespace(known.get(name))) return undefined;
        const effect = decideRootCa(published.get(`${name}/${rootCaConfigMap}`), rootCa);
        const maps = context.client.of(configMaps).in(name);
        try {
          if (effect?.action === "create") await maps.create({ metadata: { name: rootCaConfigMap, annotations }, data: { "ca.crt": rootCa } });
          else if (effect?.action === "update") await maps.update(effect.object);
        } catch (error) {
          if (!isAlreadyExists(error) && !isNamespaceTerminating(error) && !isNotFound(error)) throw error;
        }
        return undefined;
      };
      return runLoop(context, { queue, reconcile });
    },
  };
}
