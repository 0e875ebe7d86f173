/** Every controller of the controller manager. */
import { certificateApprovingController } from "./certificates/approving-controller.ts";
import { certificateCleanerController } from "./certificates/cleaner-controller.ts";
import type { CertificateSigner } from "./certificates/signer.ts";
import { certificateSigningController } from "./certificates/signing-controller.ts";
import type { Controller } from "./controller.ts";
import { cronJobController } from "./cron-job/cron-job-controller.ts";
import { daemonSetController } from "./daemon-set/daemon-set-controller.ts";
import { deploymentController } from "./deployment/deployment-controller.ts";
import { disruptionController } from "./disruption/disruption-controller.ts";
import { endpointSliceController } from "./endpoint-slice/endpoint-slice-controller.ts";
import { endpointSliceMirroringController } from "./endpoint-slice/mirroring-controller.ts";
import { endpointsController } from "./endpoints/endpoints-controller.ts";
import { ephemeralVolumeController } from "./ephemeral-volume/ephemeral-volume-controller.ts";
import { garbageCollector } from "./garbage-collector/garbage-collector.ts";
import { jobController } from "./job/job-controller.ts";
import { ttlAfterFinishedController } from "./job/ttl-after-finished-controller.ts";
import { namespaceController } from "./namespace/namespace-controller.ts";
import { nodeIpamController } from "./node-ipam/node-ipam-controller.ts";
import { type NodeLifecycleOptions, nodeLifecycleController } from "./node-lifecycle/node-lifecycle-controller.ts";
import { taintEvictionController } from "./node-lifecycle/taint-eviction-controller.ts";
import { persistentVolumeController } from "./persistent-volume/persistent-volume-controller.ts";
import { podGcController } from "./pod-gc/pod-gc-controller.ts";
import { replicaSetController } from "./replicas/replica-set.ts";
import { replicationControllerController } from "./replicas/replication-controller.ts";
import { resourceQuotaController } from "./resource-quota/resource-quota-controller.ts";
import { rootCaPublisher } from "./service-account/root-ca-publisher.ts";
import { serviceAccountController } from "./service-account/service-account-controller.ts";
import { type SecretTokens, tokenController } from "./service-account/token-controller.ts";
import { serviceCIDRController } from "./service-cidr/service-cidr-controller.ts";
import type { DiscoverResources } from "./shared/discovery.ts";
import { statefulSetController } from "./stateful-set/stateful-set-controller.ts";
import { pvProtectionController } from "./storage-protection/pv-protection-controller.ts";
import { pvcProtectionController } from "./storage-protection/pvc-protection-controller.ts";
import { vacProtectionController } from "./storage-protection/vac-protection-controller.ts";
import { tokenCleanerController } from "./token-cleaner/token-cleaner-controller.ts";

export interface ControllerOptions {
  /** PEM published in every namespace as kube-root-ca.crt. */
  readonly rootCA: string;
  /** Block that nodes' pod CIDRs are cut from; two, comma-separated, for dual stack. Absent: nodes get none. */
  readonly podSubnet?: string;
  readonly nodeLifecycle?: NodeLifecycleOptions;
  /** Absent: certificate requests are neither approved nor signed nor cleaned up. */
  readonly certificateSigner?: CertificateSigner;
  /** Absent: Secrets for service-account tokens stay empty. */
  readonly secretTokens?: SecretTokens;
  /** All listable resources, custom ones included. */
  readonly discover: DiscoverResources;
}

export function allControllers(options: ControllerOptions): Controller[] {
  return [
    namespaceController(options.discover),
    serviceAccountController,
    rootCaPublisher(options.rootCA),
    ...(options.secretTokens === undefined ? [] : [tokenController({ rootCA: options.rootCA, tokens: options.secretTokens })]),
    deploymentController,
    replicaSetController,
    replicationControllerController,
    daemonSetController,
    statefulSetController,
    jobController,
    cronJobController,
    ttlAfterFinishedController,
    disruptionController,
    endpointsController,
    endpointSliceController,
    endpointSliceMirroringController,
    garbageCollector(options.discover),
    resourceQuotaController(options.discover),
    persistentVolumeController,
    pvcProtectionController,
    pvProtectionController,
    vacProtectionController,
    ephemeralVolumeController,
    serviceCIDRController,
    tokenCleanerController,
    ...certificateControllers(options.certificateSigner),
    nodeLifecycleController(options.nodeLifecycle),
    taintEvictionController,
    podGcController(),
    ...(options.podSubnet === undefined ? [] : [nodeIpamController({ podSubnet: options.podSubnet })]),
  ];
}

function certificateControllers(signer: CertificateSigner | undefined): Controller[] {
  return signer === undefined ? [] : [certificateApprovingController(signer), certificateSigningController(signer), certificateCleanerController(signer)];
}
