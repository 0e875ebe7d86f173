import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JobSpec } from "../../api/batch/v1/common.ts";
import type { Job } from "../../api/batch/v1/job.ts";
import { testPod } from "../shared/test-objects.ts";
import { formatIndexes, parseIndexes } from "./indexes.ts";
import { judgeFailure, metSuccessRule } from "./policies.ts";

function job(spec: Partial<JobSpec>): Job {
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name: "j", uid: "j" }, spec: { template: {}, completions: 10, ...spec } } as Job;
}

describe("index sets", () => {
  const rows: [number[], string][] = [
    [[], ""],
    [[3], "3"],
    [[1, 2], "1,2"],
    [[0, 1, 2, 3, 5, 7, 8, 10, 11, 12], "0-3,5,7,8,10-12"],
  ];
  for (const [indexes, text] of rows) {
    test(`[${indexes}] is ${JSON.stringify(text)}`, () => {
      assert.equal(formatIndexes(indexes), text);
      assert.deepEqual([...parseIndexes(text, 100)], indexes);
    });
  }
  test("indexes beyond the completions are left out", () => assert.deepEqual([...parseIndexes("0-5", 3)], [0, 1, 2]));
});

describe("podFailurePolicy", () => {
  const exit = (operator: string, values: number[], action = "FailJob", containerName?: string) => ({
    action,
    onExitCodes: { operator, values, ...(containerName === undefined ? {} : { containerName }) },
  });
  const disruption = { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] };
  const failed = testPod("p", { phase: "Failed", exitCode: 3 });
  const disrupted = { ...failed, status: { ...failed.status, conditions: [{ type: "DisruptionTarget", status: "True" }] } };
  const rows: [string, object[], typeof failed, string][] = [
    ["no rule matches: it counts", [exit("In", [1])], failed, "Count"],
    ["In", [exit("In", [1, 3])], failed, "FailJob: Container c for pod default/p failed with exit code 3 matching FailJob rule at index 0"],
    ["NotIn", [exit("NotIn", [1])], failed, "FailJob: Container c for pod default/p failed with exit code 3 matching FailJob rule at index 0"],
    ["another container", [exit("In", [3], "FailJob", "other")], failed, "Count"],
    ["exit code 0 is never a failure", [exit("NotIn", [1])], testPod("p", { phase: "Failed", exitCode: 0 }), "Count"],
    [
      "the first rule that matches decides",
      [disruption, exit("In", [3])],
      disrupted,
      "Ignore: Pod default/p has condition DisruptionTarget matching Ignore rule at index 0",
    ],
    [
      "FailIndex",
      [exit("In", [3], "FailIndex")],
      failed,
      "FailIndex: Container c for pod default/p failed with exit code 3 matching FailIndex rule at index 0",
    ],
  ];
  for (const [name, rules, pod, expected] of rows) {
    test(name, () => {
      const { action, message } = judgeFailure(job({ podFailurePolicy: { rules } } as Partial<JobSpec>), pod);
      assert.equal(message === "" ? action : `${action}: ${message}`, expected);
    });
  }
});

describe("successPolicy", () => {
  const rows: [string, object[], number[], number | undefined][] = [
    ["no rules", [], [0, 1, 2], undefined],
    ["a count", [{ succeededCount: 2 }], [4, 7], 0],
    ["a count not reached", [{ succeededCount: 2 }], [4], undefined],
    ["all of some indexes", [{ succeededIndexes: "1-3" }], [1, 2, 3], 0],
    ["not all of them", [{ succeededIndexes: "1-3" }], [1, 3, 4], undefined],
    ["some of some indexes", [{ succeededIndexes: "1-3", succeededCount: 2 }], [1, 3], 0],
    ["the second rule", [{ succeededIndexes: "9" }, { succeededCount: 1 }], [0], 1],
  ];
  for (const [name, rules, succeeded, expected] of rows) {
    test(name, () => assert.equal(metSuccessRule(job({ successPolicy: { rules } } as Partial<JobSpec>), new Set(succeeded)), expected));
  }
});
