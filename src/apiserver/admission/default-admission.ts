/** The plugins that are always on in Kubernetes v1.36, in their order. */
import type { Clock, Random } from "../../machinery/clock.ts";
import type { Transport } from "../../machinery/transport.ts";
import { escalationPlugin } from "../authorization/escalation.ts";
import type { RuleResolver } from "../authorization/rbac.ts";
import type { AdmissionPlugin, Authorizer, ObjectReader } from "../contract.ts";
import type { AdmissionConfiguration } from "./admission-configuration.ts";
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from "./certificates.ts";
import { defaultIngressClass, defaultStorageClass } from "./default-class.ts";
import { defaultTolerationSeconds, type TolerationSeconds } from "./default-toleration-seconds.ts";
import { deviceAdminAccess } from "./device-admin-access.ts";
import { limitRanger } from "./limit-ranger.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeDeclaredFeatures } from "./node-declared-features.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize.ts";
import { podSecurity } from "./pod-security.ts";
import { priorityPlugin } from "./priority.ts";
import { resourceQuota } from "./resource-quota.ts";
import { runtimeClassPlugin } from "./runtime-class.ts";
import { serviceAccountPlugin } from "./service-account.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection.ts";
import { taintNodesByCondition } from "./taint-nodes-by-condition.ts";

export interface DefaultAdmissionOptions {
  /** Asked about the verbs approve, sign, escalate and bind. */
  readonly authorizer: Authorizer;
  /** Rules that users hold, for the escalation check of RBAC; absent: no such check, for servers without RBAC. */
  readonly rules?: RuleResolver;
  readonly clock: Clock;
  readonly random: Random;
  /** For the status of quotas: as somebody who may do anything. Absent: this server is the only one on its store. */
  readonly transport?: () => Transport;
  readonly configuration?: AdmissionConfiguration;
  readonly tolerationSeconds?: TolerationSeconds;
  /** Names of those to leave out. */
  readonly disabledPlugins?: readonly string[];
  /** The life of the server. */
  readonly signal: AbortSignal;
}

export function defaultAdmission(reader: ObjectReader, options: DefaultAdmissionOptions): AdmissionPlugin[] {
  const { authorizer, rules, clock, random, transport, configuration = {}, tolerationSeconds, disabledPlugins = [], signal } = options;
  const { podSecurity: security, limitedResources = [] } = configuration;
  const plugins = [
    namespaceLifecycle(reader),
    limitRanger(reader),
    serviceAccountPlugin({ reader, clock, random, signal }),
    nodeRestriction(reader, authorizer),
    taintNodesByCondition,
    podSecurity(reader, security),
    priorityPlugin(reader),
    defaultTolerationSeconds(tolerationSeconds),
    defaultStorageClass(reader),
    storageObjectInUseProtection,
    persistentVolumeClaimResize(reader),
    runtimeClassPlugin(reader),
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass(reader),
    nodeDeclaredFeatures(reader),
    deviceAdminAccess(reader),
    // Upstream checks this in the registry of the rbac group, after admission.
    ...(rules === undefined ? [] : [escalationPlugin(authorizer, rules)]),
    resourceQuota({ reader, clock, signal, limitedResources, ...(transport !== undefined && { transport }) }),
  ];
  return plugins.filter(({ name }) => !disabledPlugins.includes(name));
}
