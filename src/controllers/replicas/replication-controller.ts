import type { ReplicationController } from "../../api/core/v1/replication-controller.ts";
import { replicationControllers } from "../../client/resources.ts";
import { matcherOfMap } from "../shared/selector.ts";
import { replicaController } from "./replica-controller.ts";

/** core/v1 ReplicationController: a ReplicaSet with a plain map for a selector. */
export const replicationControllerController = replicaController<ReplicationController>({
  name: "replication-controller",
  resource: replicationControllers,
  countTerminating: false,
  matcher: (object) => matcherOfMap(object.spec.selector),
  template: (object) => object.spec.template,
  replicas: (object) => object.spec.replicas ?? 1,
  minReadySeconds: (object) => object.spec.minReadySeconds ?? 0,
  status: (object) => object.status,
  withStatus: (object, status) => ({ ...object, status }),
});
