import type { Strategy } from "../../resource.ts";
import { ownedStatus } from "../../strategy.ts";
import type { PersistentVolumeClaimSpec } from "./common.ts";
import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts";
import { persistentVolumeClaimErrors, persistentVolumeClaimUpdateErrors } from "./persistent-volume-claim.validation.ts";
import { persistentVolumeClaimWarnings } from "./volume.warnings.ts";

const status = ownedStatus<PersistentVolumeClaim>(() => ({ phase: "Pending" }));

export const persistentVolumeClaimStrategy: Strategy<PersistentVolumeClaim> = {
  ...status,
  defaults: (claim) => {
    claim.status = { ...claim.status, phase: claim.status?.phase || "Pending" };
  },
  returnsDeletedObject: true,
  warnings: persistentVolumeClaimWarnings,
  validate: (claim, _context, old) => persistentVolumeClaimErrors(claim, old),
  validateUpdate: persistentVolumeClaimUpdateErrors,
  prepareForCreate: (claim, context) => {
    status.prepareForCreate(claim, context);
    dropUnknownSources(claim.spec);
    normalizeDataSources(claim.spec);
  },
  prepareForUpdate: (claim, old, context) => {
    status.prepareForUpdate(claim, old, context);
    if (old.spec.dataSource === undefined && old.spec.dataSourceRef === undefined) dropUnknownSources(claim.spec);
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

const knownSources = ["/PersistentVolumeClaim", "snapshot.storage.k8s.io/VolumeSnapshot"];

/**
 * The older field never held anything but claims and snapshots: other sources in it are dropped, as they always were
 * (KEP-1495). References across namespaces wait for an alpha feature.
 */
function dropUnknownSources(spec: PersistentVolumeClaimSpec): void {
  if (spec.dataSourceRef?.namespace) delete spec.dataSourceRef;
  if (spec.dataSource === undefined || spec.dataSourceRef !== undefined) return;
  const { apiGroup = "", kind } = spec.dataSource;
  if (!knownSources.includes(`${apiGroup}/${kind}`)) delete spec.dataSource;
}
