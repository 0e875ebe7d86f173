import { sameJson } from "../../../machinery/json.ts";
import { objectMeta } from "../../../machinery/meta.ts";
import { type Infer, int32, message, microTime, obj, str } from "../../../machinery/schema.ts";
import { text } from "../../columns.ts";
import { defineResource } from "../../resource.ts";
import { leaseErrors } from "./lease.validation.ts";

export const leaseSpec = message("io.k8s.api.coordination.v1.LeaseSpec", "LeaseSpec says who holds a lease.", {
  holderIdentity: str(1, "Who holds it."),
  leaseDurationSeconds: int32(2, "Seconds after the last renewal when others may take it."),
  acquireTime: microTime(3, "When the holder took it."),
  renewTime: microTime(4, "When the holder last renewed it."),
  leaseTransitions: int32(5, "How often the holder has changed."),
  strategy: str(6, "How the holder is chosen."),
  preferredHolder: str(7, "Who should take it over."),
});
export interface LeaseSpec extends Infer<typeof leaseSpec> {}

export const lease = message("io.k8s.api.coordination.v1.Lease", "A Lease says who holds something, and until when.", {
  apiVersion: str(0, "Version of the schema this object is written in.", { present: true }),
  kind: str(0, "Kind of the object.", { present: true }),
  metadata: obj(1, objectMeta, "Standard object metadata.", { present: true }),
  spec: obj(2, leaseSpec, "Holder and times.", { present: true, default: {} }),
});
export interface Lease extends Infer<typeof lease> {}

export const leases = defineResource<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  resource: "leases",
  singular: "lease",
  namespaced: true,
  schema: lease,
  strategy: {
    anyFinalizer: true,
    validate: leaseErrors,
    prepareForCreate: ({ spec }) => dropCoordination(spec, {}),
    prepareForUpdate: ({ spec }, old) => dropCoordination(spec, old.spec),
    patienceMs: renewalPatience,
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
  },
  columns: [text("Holder", "Who holds the lease.", (object) => object.spec.holderIdentity ?? "")],
});

/** Fields of CoordinatedLeaderElection, off by default in v1.36, stay only where they are already. */
function dropCoordination(spec: LeaseSpec, old: LeaseSpec): void {
  for (const field of ["strategy", "preferredHolder"] as const) if (old[field] === undefined) delete spec[field];
}

/** Well below the retry period of leaders, 2 s, and the renewal interval of nodes, 10 s. */
const patienceMs = 1_000;

/** A holder that goes on holding can wait a little; one that takes the lease cannot. */
function renewalPatience({ spec: { renewTime, ...spec } }: Lease, { spec: { renewTime: before, ...old } }: Lease): number {
  return renewTime !== before && sameJson(spec, old) ? patienceMs : 0;
}
