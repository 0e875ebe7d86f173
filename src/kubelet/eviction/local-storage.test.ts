import assert from "node:assert/strict";
import { test } from "node:test";
import { testPod } from "../pod/testing.ts";
import { diskEmptyDirs, exceededLimit, hasLocalLimits } from "./local-storage.ts";

const pod = (limits: Record<string, string>, volumes: object[] = []) =>
  testPod({
    volumes,
    containers: Object.entries(limits).map(([name, limit]) => ({ name, ...(limit === "" ? {} : { resources: { limits: { "ephemeral-storage": limit } } }) })),
  });
const usage = (containers: Record<string, number>, emptyDirs: Record<string, number> = {}) => ({
  containers: new Map(Object.entries(containers)),
  emptyDirs: new Map(Object.entries(emptyDirs)),
});
const scratch = { name: "scratch", emptyDir: { sizeLimit: "1Ki" } };

test("a pod that exceeds a limit of its own is told which", () => {
  assert.equal(exceededLimit(pod({ main: "" }, [scratch]), usage({}, { scratch: 1025 })), 'Usage of EmptyDir volume "scratch" exceeds the limit "1Ki". ');
  assert.equal(exceededLimit(pod({ main: "1Ki" }), usage({ main: 1025 })), "Pod ephemeral local storage usage exceeds the total limit of containers 1Ki. ");
  assert.equal(
    exceededLimit(pod({ main: "1Ki" }, [{ name: "any", emptyDir: {} }]), usage({ main: 1000 }, { any: 25 })),
    "Pod ephemeral local storage usage exceeds the total limit of containers 1Ki. ",
    "emptyDirs count for the pod",
  );
  assert.equal(exceededLimit(pod({ a: "1Ki", b: "1Ki" }), usage({ a: 1025, b: 0 })), 'Container a exceeded its local ephemeral storage limit "1Ki". ');
});

test("what keeps within its limits, or has none, stays", () => {
  assert.equal(exceededLimit(pod({ main: "1Ki" }, [scratch]), usage({ main: 0 }, { scratch: 1024 })), undefined);
  assert.equal(exceededLimit(pod({ main: "" }), usage({ main: 1e9 })), undefined);
  assert.equal(exceededLimit(pod({ main: "" }, [{ name: "none", emptyDir: { sizeLimit: "0" } }]), usage({}, { none: 5 })), undefined);
});

test("only pods with limits are measured, and only emptyDirs on disk", () => {
  assert.deepEqual([pod({ main: "" }), pod({ main: "1" }), pod({ main: "" }, [scratch])].map(hasLocalLimits), [false, true, true]);
  assert.deepEqual(diskEmptyDirs(pod({ main: "" }, [scratch, { name: "memory", emptyDir: { medium: "Memory" } }, { name: "x", hostPath: { path: "/" } }])), [
    "scratch",
  ]);
});
