import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts";
import { replicaSets } from "../../client/resources.ts";
import { matcherOf } from "../shared/selector.ts";
import { replicaController } from "./replica-controller.ts";

/** apps/v1 ReplicaSet. */
export const replicaSetController = replicaController<ReplicaSet>({
  name: "replicaset-controller",
  resource: replicaSets,
  countTerminating: true,
  matcher: (object) => matcherOf(object.spec.selector),
  template: (object) => object.spec.template,
  replicas: (object) => object.spec.replicas ?? 1,
  minReadySeconds: (object) => object.spec.minReadySeconds ?? 0,
  status: (object) => object.status,
  withStatus: (object, status) => ({ ...object, status }),
});
