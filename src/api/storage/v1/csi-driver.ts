import { sameJson } from "../../../machinery/json.ts";
import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int64, list, message, obj, str } from "../../../machinery/schema.ts";
import { boolean, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { setGeneration } from "../../strategy.ts";
import { csiDriverErrors, csiDriverUpdateErrors } from "./validation.ts";

export const tokenRequest = message("io.k8s.api.storage.v1.TokenRequest", "", {
  audience: str(1, "", { required: true }),
  expirationSeconds: int64(2, ""),
});
export interface TokenRequest extends Infer<typeof tokenRequest> {}

export const csiDriverSpec = message("io.k8s.api.storage.v1.CSIDriverSpec", "", {
  attachRequired: bool(1, "", { default: true }),
  podInfoOnMount: bool(2, "", { default: false }),
  volumeLifecycleModes: list(3, "string", "", { listType: "set", default: ["Persistent"] }),
  storageCapacity: bool(4, "", { default: false }),
  fsGroupPolicy: str(5, "", { default: "ReadWriteOnceWithFSType", enum: ["File", "None", "ReadWriteOnceWithFSType"] }),
  tokenRequests: list(6, tokenRequest, "", { listType: "atomic" }),
  requiresRepublish: bool(7, "", { default: false }),
  seLinuxMount: bool(8, "", { default: false }),
  nodeAllocatableUpdatePeriodSeconds: int64(9, ""),
  serviceAccountTokenInSecrets: bool(10, ""),
  preventPodSchedulingIfMissing: bool(11, ""),
});
export interface CSIDriverSpec extends Infer<typeof csiDriverSpec> {}

export const csiDriver = message("io.k8s.api.storage.v1.CSIDriver", "", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, csiDriverSpec, "", { required: true, present: true, default: {} }),
});
export interface CSIDriver extends Infer<typeof csiDriver> {}

export const csiDrivers = defineResource<CSIDriver>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  resource: "csidrivers",
  singular: "csidriver",
  namespaced: false,
  schema: csiDriver,
  strategy: {
    validate: csiDriverErrors,
    validateUpdate: csiDriverUpdateErrors,
    returnsDeletedObject: true,
    allowUnconditionalUpdate: false,
    prepareForUpdate: (object, old) => {
      setGeneration(object, old, !sameJson(object.spec, old.spec));
    },
  },
  columns: [
    boolean("AttachRequired", "Whether volumes must be attached before they are mounted.", (object) => object.spec.attachRequired ?? true),
    boolean("PodInfoOnMount", "Whether the driver is told of the pod.", (object) => object.spec.podInfoOnMount ?? false),
    boolean("StorageCapacity", "Whether the driver reports free capacity.", (object) => object.spec.storageCapacity ?? false),
    text("TokenRequests", "Audiences of the tokens that the driver gets.", (object) => tokenAudiences(object)),
    boolean("RequiresRepublish", "Whether volumes are published again and again.", (object) => object.spec.requiresRepublish ?? false),
    text("Modes", "Life cycles of its volumes.", (object) => (object.spec.volumeLifecycleModes ?? []).join(",") || "<none>"),
  ],
});

function tokenAudiences(object: CSIDriver): string {
  const audiences = (object.spec.tokenRequests ?? []).map(({ audience }) => audience);
  return audiences.length === 0 ? "<unset>" : audiences.join(",");
}
