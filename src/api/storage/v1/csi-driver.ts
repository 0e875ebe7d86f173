import { sameJson } from "../../../machinery/json.ts";
import { objectMeta } from "../../../machinery/meta.ts";
import { bool, type Infer, int64, list, message, obj, str } from "../../../machinery/schema.ts";
import { boolean, text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { setGeneration } from "../../strategy.ts";
import { csiDriverErrors, csiDriverUpdateErrors } from "./validation.ts";

export const tokenRequest = message("io.k8s.api.storage.v1.TokenRequest", "TokenRequest is a token that a driver needs.", {
  audience: str(1, "Who is to accept the token.", { required: true }),
  expirationSeconds: int64(2, "How long it is valid, in seconds."),
});
export interface TokenRequest extends Infer<typeof tokenRequest> {}

export const csiDriverSpec = message("io.k8s.api.storage.v1.CSIDriverSpec", "CSIDriverSpec says what a driver needs and can do.", {
  attachRequired: bool(1, "Whether volumes must be attached to a node before they are mounted.", { default: true }),
  podInfoOnMount: bool(2, "Whether the driver is told of the pod when it mounts.", { default: false }),
  volumeLifecycleModes: list(3, "string", "Persistent, Ephemeral or both: what volumes it has.", {
    listType: "set",
    default: ["Persistent"],
    enum: ["Ephemeral", "Persistent"],
    enumCheck: "own",
  }),
  storageCapacity: bool(4, "Whether scheduling looks at the capacity that it reports.", { default: false }),
  fsGroupPolicy: str(5, "Whether ownership and mode of files follow the pod's fsGroup.", {
    default: "ReadWriteOnceWithFSType",
    enum: ["File", "None", "ReadWriteOnceWithFSType"],
    enumCheck: "strict",
  }),
  tokenRequests: list(6, tokenRequest, "Tokens of the pod's service account that it needs.", { listType: "atomic" }),
  requiresRepublish: bool(7, "Whether volumes are published again from time to time.", { default: false }),
  seLinuxMount: bool(8, "Whether it can mount with an SELinux label.", { default: false }),
  nodeAllocatableUpdatePeriodSeconds: int64(9, "How often the number of volumes that a node takes is asked for."),
  serviceAccountTokenInSecrets: bool(10, "Whether tokens come as secrets instead of context of the volume."),
  preventPodSchedulingIfMissing: bool(11, "Whether pods that need it are kept from nodes that do not have it."),
});
export interface CSIDriverSpec extends Infer<typeof csiDriverSpec> {}

export const csiDriver = message("io.k8s.api.storage.v1.CSIDriver", "A CSIDriver says what a driver of the container storage interface needs and can do.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, csiDriverSpec, "What it needs and can do.", { required: true, present: true, default: {} }),
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
