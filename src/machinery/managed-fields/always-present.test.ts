import assert from "node:assert/strict";
import { test } from "node:test";
import { allSchemas } from "../fake-objects.ts";
import { keepsZero } from "../pointers.ts";
import { valueWhenAbsent } from "./always-present.ts";

/** Facts of k8s.io/api 0.36: what its types print for a field that nobody set. */
const written: readonly (readonly [field: string, value: unknown])[] = [
  ["core.v1.Pod.spec", {}],
  ["core.v1.Container.resources", {}],
  ["core.v1.PodSpec.resources", undefined],
  ["core.v1.PodSpec.containers", []],
  ["core.v1.PodSpec.volumes", undefined],
  ["core.v1.ContainerStatus.lastState", {}],
  ["core.v1.ContainerStatus.restartCount", 0],
  ["core.v1.PodCondition.lastProbeTime", null],
  ["core.v1.PodStatus.startTime", undefined],
  ["core.v1.ResourceFieldSelector.divisor", "0"],
  ["core.v1.Event.reportingComponent", ""],
  ["core.v1.ImageVolumeStatus.imageRef", undefined],
  ["apps.v1.DeploymentSpec.selector", null],
  ["apps.v1.DeploymentStatus.replicas", undefined],
  ["apps.v1.StatefulSetStatus.replicas", 0],
  ["rbac.v1.ClusterRole.rules", []],
  ["resource.v1.CounterSet.counters", undefined],
  ["networking.v1.HTTPIngressPath.pathType", null],
  ["admissionregistration.v1.ValidatingWebhook.sideEffects", null],
];

test("what objects have though nobody mentions it", async () => {
  const schemas = await allSchemas();
  for (const [id, value] of written) {
    const [, message = "", name = ""] = /^(.*)\.([^.]+)$/.exec(`io.k8s.api.${id}`)!;
    const field = schemas.get(message)?.fields[name];
    assert.ok(field, id);
    assert.deepEqual(valueWhenAbsent(message, name, field), value, id);
  }
});

/** Facts of the same types: whether a zero that was sent is seen again. */
const zeros: readonly (readonly [field: string, required: boolean, kept: boolean])[] = [
  ["core.v1.Container.name", true, true],
  ["core.v1.Container.image", false, false],
  ["core.v1.ResourceHealth.message", false, true],
  ["core.v1.PodCertificateProjection.signerName", true, false],
  ["authentication.v1.TokenReviewSpec.token", true, false],
  ["rbac.v1.RoleRef.apiGroup", false, true],
  ["resource.v1.NodeAllocatableResourceMapping.capacityKey", false, true],
  ["admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec.validationActions", true, false],
];

test("which zeros are kept", () => {
  for (const [id, required, kept] of zeros) {
    const [, message = "", name = ""] = /^(.*)\.([^.]+)$/.exec(`io.k8s.api.${id}`)!;
    assert.equal(keepsZero(message, name, required), kept, id);
  }
});
