import assert from "node:assert/strict";
import { test } from "node:test";
import { testPod } from "../pod/testing.ts";
import { containerSecurity, namespaceOptions, SecurityError, sandboxSecurity } from "./security.ts";

const make = (pod: object, own: object, image = {}) => containerSecurity(testPod({ securityContext: pod }), { name: "main", securityContext: own }, image);

test("what the container sets wins over its pod, and both over the image", () => {
  assert.deepEqual(make({ runAsUser: 1 }, { runAsUser: 2 }, { uid: 3 }).runAsUser, { value: 2 });
  assert.deepEqual(make({ runAsUser: 1 }, {}, { uid: 3 }).runAsUser, { value: 1 });
  assert.deepEqual(make({}, {}, { uid: 3 }).runAsUser, { value: 3 });
  assert.equal(make({}, {}, { username: "app" }).runAsUsername, "app");
});

test("runAsNonRoot refuses root and users it cannot judge", () => {
  for (const [own, image] of [
    [{ runAsUser: 0 }, {}],
    [{}, { uid: 0 }],
    [{}, {}],
    [{}, { username: "app" }],
  ] as const) {
    assert.throws(() => make({ runAsNonRoot: true }, own, image), SecurityError);
  }
  assert.deepEqual(make({ runAsNonRoot: true }, {}, { uid: 5 }).runAsUser, { value: 5 });
});

test("privileges, profiles and groups", () => {
  const plain = make(
    { fsGroup: 7, supplementalGroups: [8] },
    { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, seccompProfile: { type: "RuntimeDefault" } },
  );
  assert.deepEqual(
    [plain.noNewPrivs, plain.supplementalGroups, plain.capabilities?.dropCapabilities, plain.seccomp?.profileType],
    [true, [7, 8], ["ALL"], "RuntimeDefault"],
  );
  assert.ok((plain.maskedPaths?.length ?? 0) > 0);
  const privileged = make({}, { privileged: true });
  assert.deepEqual([privileged.privileged, privileged.maskedPaths, privileged.noNewPrivs, privileged.seccomp?.profileType], [true, [], false, "Unconfined"]);
});

test("namespaces follow the pod", () => {
  assert.deepEqual(namespaceOptions(testPod({ hostNetwork: true, hostIPC: true })), { network: "NODE", pid: "CONTAINER", ipc: "NODE" });
  assert.equal(namespaceOptions(testPod({ shareProcessNamespace: true })).pid, "POD");
  assert.deepEqual(namespaceOptions(testPod(), "c1"), { network: "POD", pid: "TARGET", ipc: "POD", targetId: "c1" });
  assert.equal(sandboxSecurity(testPod({ containers: [{ name: "a", securityContext: { privileged: true } }] })).privileged, true);
});
