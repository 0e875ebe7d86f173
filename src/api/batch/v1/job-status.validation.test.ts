import assert from "node:assert/strict";
import { test } from "node:test";
import { created, subresourceErrors } from "../../testing.ts";
import { commonIndex, countIndexes, parseIndexes } from "./indexes.ts";
import { type Job, type JobStatus, jobs } from "./job.ts";

const at = (minute: number) => `2026-01-01T00:0${minute}:00Z`;
const [start, end] = [at(1), at(2)];
const are = (...types: string[]) => types.map((type) => ({ type, status: "True" }));
const complete: JobStatus = { conditions: are("SuccessCriteriaMet", "Complete"), startTime: start, completionTime: end, succeeded: 1 };
const failed: JobStatus = { conditions: are("FailureTarget", "Failed"), startTime: start, failed: 1 };
const running: JobStatus = { startTime: start, active: 2, ready: 1 };
const conditions = (detail: string) => `status.conditions: Invalid value: ${detail}`;
const indexed = { completions: 5, completionMode: "Indexed" };
const each = { ...indexed, backoffLimitPerIndex: 1 };

/** Before, after, errors, spec. */
const table: Record<string, [JobStatus, { readonly [K in keyof JobStatus]: JobStatus[K] | undefined }, string[], object?]> = {
  "a job starts": [{}, running, []],
  "and completes": [running, complete, []],
  "or fails": [running, failed, []],
  "it ends one way only": [
    running,
    { ...complete, conditions: are("SuccessCriteriaMet", "Complete", "FailureTarget", "Failed") },
    [
      conditions("cannot set Complete=True and Failed=true conditions"),
      conditions("cannot set Complete=True and FailureTarget=true conditions"),
      conditions("cannot set SuccessCriteriaMet=True and Failed=true conditions"),
      conditions("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"),
    ],
  ],
  "completion is decided before": [
    running,
    { ...complete, conditions: are("Complete") },
    [conditions("cannot set Complete=True condition without the SuccessCriteriaMet=true condition")],
  ],
  "failure is decided before": [
    running,
    { ...failed, conditions: are("Failed") },
    [conditions("cannot set Failed=True condition without the FailureTarget=true condition")],
  ],
  "what ended so before stays legal": [{ ...failed, conditions: are("Failed") }, { ...failed, conditions: are("Failed", "Extra") }, []],
  "an end is final": [
    complete,
    { ...complete, conditions: [], completionTime: end },
    [
      `status.completionTime: Invalid value: "${end}": cannot set completionTime when there is no Complete=True condition`,
      conditions("cannot disable the terminal Complete=True condition"),
      conditions("cannot disable the SuccessCriteriaMet=True condition"),
    ],
  ],
  "a complete job says when": [
    running,
    { ...complete, completionTime: undefined },
    ["status.completionTime: Required value: completionTime is required for Complete jobs"],
  ],
  "time runs forwards": [
    running,
    { ...complete, completionTime: at(0) },
    [`status.completionTime: Invalid value: "${at(0)}": completionTime cannot be set before startTime`],
  ],
  "times stay": [
    complete,
    { ...complete, startTime: at(0), completionTime: at(3) },
    [
      `status.completionTime: Invalid value: "${at(3)}": completionTime cannot be mutated`,
      "status.startTime: Required value: startTime cannot be removed for unsuspended job",
    ],
  ],
  "a suspended job starts anew": [running, { active: 0 }, [], { suspend: true }],
  "an ended job had started": [{}, { ...complete, startTime: undefined }, ["status.startTime: Required value: startTime is required for finished job"]],
  "unless it is suspended and wants nothing": [{}, { ...complete, startTime: undefined, succeeded: 0 }, [], { suspend: true, completions: 0 }],
  "an ended job has no pods": [
    running,
    { ...complete, active: 1, terminating: 1, uncountedTerminatedPods: { succeeded: ["a"] } },
    [
      "status.active: Invalid value: 1: active>0 is invalid for finished job",
      'status.uncountedTerminatedPods: Invalid value: {"succeeded":["a"]}: uncountedTerminatedPods needs to be empty for finished job',
      "status.terminating: Invalid value: 1: terminating>0 is invalid for finished job",
    ],
  ],
  "uncounted pods are told once": [
    running,
    { ...running, uncountedTerminatedPods: { succeeded: ["a", ""], failed: ["b", "a"] } },
    ['status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty', 'status.uncountedTerminatedPods.failed[1]: Duplicate value: "a"'],
  ],
  "ready pods are active": [running, { ...running, ready: 3 }, ["status.ready: Invalid value: 3: cannot set more ready pods than active"]],
  "counts only grow": [
    { ...running, succeeded: 2, failed: 2 },
    { ...running, succeeded: 1, failed: 1 },
    ["status.failed: Invalid value: 1: cannot decrease the failed counter", "status.succeeded: Invalid value: 1: cannot decrease the succeeded counter"],
  ],
  "but an elastic job shrinks": [{ ...running, succeeded: 2 }, { ...running, succeeded: 1 }, [], { ...indexed, parallelism: 5 }],
  "indexes of an indexed job": [running, { ...running, completedIndexes: "0,2-4" }, [], indexed],
  "and of no other": [
    running,
    { ...running, completedIndexes: "0", failedIndexes: "" },
    [
      'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
      'status.failedIndexes: Invalid value: "": cannot set non-null failedIndexes when backoffLimitPerIndex is null',
    ],
    { completions: 5 },
  ],
  "indexes are in order": [
    running,
    { ...running, completedIndexes: "2,1", failedIndexes: "5" },
    [
      'status.completedIndexes: Invalid value: "2,1": error parsing completedIndexes: non-increasing order, previous: 2, current: 1',
      'status.failedIndexes: Invalid value: "5": error parsing failedIndexes: too large index: "5"',
    ],
    each,
  ],
  "an index ends one way": [
    running,
    { ...running, completedIndexes: "0-2", failedIndexes: "2,4" },
    ['status.failedIndexes: Invalid value: "2,4": failedIndexes and completedIndexes overlap at index: 2'],
    each,
  ],
  "negative counts": [
    {},
    { active: -1, ready: -1 },
    ["active", "ready"].map((field) => `status.${field}: Invalid value: -1: must be greater than or equal to 0`),
  ],
};

for (const [name, [before, after, errors, spec = {}]] of Object.entries(table)) {
  test(`status of a job: ${name}`, () => {
    const old: Job = { ...created(jobs, { spec: { template: {}, ...spec } }), status: before };
    const change = (job: Job) => {
      job.status = Object.fromEntries(Object.entries(after).filter(([, value]) => value !== undefined));
    };
    assert.deepEqual(subresourceErrors(jobs.status!, old, change).errors, errors);
  });
}

test("indexes", () => {
  for (const [text, wanted] of [
    ["", 0],
    ["1,3-5", 4],
    ["1-2-3", `the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`],
    ["1,,2", 'cannot convert string to integer for index: ""'],
    ["a", 'cannot convert string to integer for index: "a"'],
    ["3-3", "non-increasing order, previous: 3, current: 3"],
    ["3-9", 'too large index: "9"'],
  ] as const) {
    const parsed = parseIndexes(text, 9);
    assert.equal(typeof parsed === "string" ? parsed : countIndexes(parsed), wanted, text);
  }
});

test("the index that two lists share, against sets", () => {
  for (let bits = 0; bits < 1 << 10; bits++) {
    const [a, b] = [bits & 31, bits >> 5].map((mask) => [0, 1, 2, 3, 4].filter((index) => (mask >> index) & 1));
    const parse = (list: readonly number[]) => parseIndexes(list.join(), 5) as Exclude<ReturnType<typeof parseIndexes>, string>;
    assert.equal(
      commonIndex(parse(a!), parse(b!)),
      a!.find((index) => b!.includes(index)),
    );
  }
});
