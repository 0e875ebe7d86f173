import type { Strategy } from "../../resource.ts";
import { ownedStatus } from "../../strategy.ts";
import type { PersistentVolumeClaimSpec } from "./common.ts";
import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts";
import { persistentVolumeClaimErrors, persistentVolumeClaimUpdateErrors } from "./persistent-volume-claim.validation.ts";

const status = ownedStatus<PersistentVolumeClaim>(() => ({ phase: "Pending" }));

export const persistentVolumeClaimStrategy: Strategy<PersistentVolumeClaim> = {
  ...status,
  returnsDeletedObject: true,
  validate: persistentVolumeClaimErrors,
  validateUpdate: persistentVolumeClaimUpdateErrors,
  prepareForCreate: (claim, context) => {
    status.prepareForCreate(claim, context);
    normalizeDataSources(claim.spec);
  },
  prepareForUpdate: (claim, old, context) => {
    status.prepareForUpdate(claim, old, context);
    normalizeDataSources(claim.spec);
  },
};

/** dataSource and dataSourceRef say the same where both can (KEP-1495): a reference across namespaces has no old form. */
export function normalizeDataSources(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  if (dataSourceRef === undefined || dataSource !== undefined || dataSourceRef.namespace) return;
  const { namespace: _, ...local } = dataSourceRef;
  spec.dataSource = local;
}
