/** The life of a namespace (pkg/registry/core/namespace): spec.finalizers keeps it until its content is gone. */

import { dns1123LabelErrors } from "../../../machinery/names.ts";
import type { ObjectSubresource, Strategy } from "../../resource.ts";
import { restore } from "../../strategy.ts";
import type { Namespace } from "./namespace.ts";
import { finalizerErrors, namespaceErrors } from "./namespace.validation.ts";

const nameLabel = "kubernetes.io/metadata.name";
const contentFinalizer = "kubernetes";

export const namespaceStrategy: Strategy<Namespace> = {
  defaults: (namespace) => {
    labelWithName(namespace);
    namespace.status = { ...namespace.status, phase: namespace.status?.phase || "Active" };
  },
  validateName: dns1123LabelErrors,
  validateCreate: namespaceErrors,
  prepareForCreate: (namespace) => {
    labelWithName(namespace);
    namespace.status = { phase: "Active" };
    const finalizers = namespace.spec.finalizers ?? [];
    if (!finalizers.includes(contentFinalizer)) namespace.spec.finalizers = [...finalizers, contentFinalizer];
  },
  prepareForUpdate: (namespace, old) => {
    restore(namespace.spec, old.spec, "finalizers");
    restore(namespace, old, "status");
  },
  prepareForDelete: (namespace) => {
    namespace.status = { ...namespace.status, phase: "Terminating" };
  },
  returnsDeletedObject: true,
  finalizing: (namespace) => (namespace.spec.finalizers ?? []).length > 0,
};

/** Selectors can then name namespaces; a namespace that has no name yet gets it when it does. */
function labelWithName({ metadata }: Namespace): void {
  if (metadata.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
}

/** /finalize: the only way to change spec.finalizers. */
export const finalizeSubresource: ObjectSubresource<Namespace> = {
  verbs: ["update"],
  prepareForUpdate: (namespace, old) => restore(namespace, old, "status"),
  validateUpdate: finalizerErrors,
};
