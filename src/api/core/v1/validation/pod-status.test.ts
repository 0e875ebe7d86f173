/** What a pod's /status refuses, and in which words (ValidatePodStatusUpdate of v1.36). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../pod.ts";
import { podStatusErrors } from "./pod-status.ts";

type Json = Readonly<Record<string, unknown>>;

const pod = (status: Json, spec: Json = {}): Pod =>
  ({ metadata: { name: "p" }, spec: { containers: [{ name: "c" }], restartPolicy: "Never", ...spec }, status }) as unknown as Pod;
const containerStatus = (state: Json, more: Json = {}) => ({ name: "c", image: "", imageID: "", ready: false, restartCount: 0, state, ...more });
const ended = (exitCode: number) => containerStatus({ terminated: { exitCode } });
const runs = containerStatus({ running: {} });
const rule = (action: string, operator: string, values: number[]) => ({ action, exitCodes: { operator, values } });
const comesBack = "may not be transitioned to non-terminated state";

interface Case {
  readonly name: string;
  readonly spec?: Json;
  readonly before?: Json;
  readonly status: Json;
  readonly errors: readonly string[];
}

/** An ended container that runs again. */
const revived = (name: string, spec: Json, exitCode: number, allowed: boolean, list = "containerStatuses"): Case => ({
  name,
  spec,
  before: { [list]: [ended(exitCode)] },
  status: { [list]: [runs] },
  errors: allowed ? [] : [`status.${list}[0].state: ${comesBack}`],
});

const withPolicy = (restartPolicy: string, rules: object[] = []) => ({ containers: [{ name: "c", restartPolicy, restartPolicyRules: rules }] });
const claims = { resourceClaims: [{ name: "a", resourceClaimName: "claim" }] };
const device = (more: Json) => ({ containerStatuses: [{ ...runs, allocatedResourcesStatus: [more] }] });
const devices = "status.containerStatuses[0].allocatedResourcesStatus[0]";
const nodeClaim = { resourceClaimName: "claim", containers: ["c"], resources: { cpu: "1" } };
const mapping = { containerName: "c", resourceName: "example.com/gpu", requestName: "r" };
const extended = (requestMappings: object[], resourceClaimName?: string) => ({ extendedResourceClaimStatus: { requestMappings, resourceClaimName } });

const cases: readonly Case[] = [
  revived("a container of policy Never does not come back", {}, 0, false),
  revived("of policy Always it does", { restartPolicy: "Always" }, 0, true),
  revived("of policy OnFailure it does after a failure", { restartPolicy: "OnFailure" }, 1, true),
  revived("and not after success", { restartPolicy: "OnFailure" }, 0, false),
  revived("its own policy counts more", withPolicy("Always"), 0, true),
  revived("so does its own Never", { ...withPolicy("Never"), restartPolicy: "Always" }, 1, false),
  revived("a rule for its exit code counts most", withPolicy("Never", [rule("Restart", "In", [42])]), 42, true),
  revived("a rule for another does not", withPolicy("Never", [rule("Restart", "NotIn", [42])]), 42, false),
  revived("all come back where one may restart them", { containers: [{ name: "x", restartPolicyRules: [rule("RestartAllContainers", "In", [1])] }] }, 0, true),
  revived("one that nobody knows does not", { containers: [{ name: "x" }], restartPolicy: "Always" }, 0, false),
  revived("a sidecar comes back", { initContainers: [{ name: "c", restartPolicy: "Always" }] }, 0, true, "initContainerStatuses"),
  revived("an init container does not", { initContainers: [{ name: "c" }] }, 1, false, "initContainerStatuses"),
  revived("an ephemeral container never does", { restartPolicy: "Always" }, 1, false, "ephemeralContainerStatuses"),
  {
    name: "conditions",
    status: { conditions: [{ type: "Ready" }, { type: "not valid" }, { type: "example.com/x", observedGeneration: -1 }], observedGeneration: -2 },
    errors: [
      "status.conditions[1].Type: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      "status.conditions[2].observedGeneration: must be a non-negative integer",
      "status.observedGeneration: must be a non-negative integer",
    ],
  },
  {
    name: "a nomination of a pod that has its node",
    spec: { nodeName: "n" },
    status: { nominatedNodeName: "m" },
    errors: ["status.nominatedNodeName: may not be set on pods that are already bound to a node"],
  },
  { name: "a nomination of a pod without", status: { nominatedNodeName: "m" }, errors: [] },
  { name: "an old nomination", spec: { nodeName: "n" }, before: { nominatedNodeName: "m" }, status: { nominatedNodeName: "m" }, errors: [] },
  {
    name: "claims made from templates",
    spec: claims,
    status: { resourceClaimStatuses: [{ name: "a", resourceClaimName: "Bad_Name" }, { name: "b" }, { name: "b" }] },
    errors: [
      "status.resourceClaimStatuses[0].resourceClaimName: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      "status.resourceClaimStatuses[1].name: must match the name of an entry in `spec.resourceClaims`",
      "status.resourceClaimStatuses[2].name: must match the name of an entry in `spec.resourceClaims`",
      "status.resourceClaimStatuses[2].name: ",
    ],
  },
  { name: "a claim on the node", spec: claims, status: { nodeAllocatableResourceClaimStatuses: [nodeClaim] }, errors: [] },
  {
    name: "a claim on the node that says nothing",
    status: { nodeAllocatableResourceClaimStatuses: [{ resourceClaimName: "x", resources: { "example.com/gpu": "-1" } }] },
    errors: [
      "status.nodeAllocatableResourceClaimStatuses[0].resourceClaimName: no mapping found in pod reference",
      "status.nodeAllocatableResourceClaimStatuses[0].containers: must not be empty",
      "status.nodeAllocatableResourceClaimStatuses[0].resources[example.com/gpu]: must be a node allocatable resource name",
      "status.nodeAllocatableResourceClaimStatuses[0].resources[example.com/gpu]: must be non-negative",
    ],
  },
  {
    name: "a claim for extended resources",
    spec: { containers: [{ name: "c", resources: { requests: { "example.com/gpu": "1" } } }] },
    status: extended([mapping], "claim"),
    errors: [],
  },
  {
    name: "a claim for extended resources that nobody asked for",
    status: extended([mapping, { ...mapping, containerName: "x" }]),
    errors: [
      "status.extendedResourceClaimStatus.requestMappings[0].resourceName: must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests",
      "status.extendedResourceClaimStatus.requestMappings[1].containerName: must match the name of an entry in spec.initContainers.name or spec.containers.name",
      "status.extendedResourceClaimStatus.resourceClaimName: ",
    ],
  },
  {
    name: "users",
    status: { containerStatuses: [{ ...runs, user: { linux: { uid: -1, gid: 2 ** 31, supplementalGroups: [0, -3] } } }] },
    errors: ["uid", "gid", "supplementalGroups[1]"].map((id) => `status.containerStatuses[0].linux.${id}: must be between 0 and 2147483647, inclusive`),
  },
  {
    name: "users on Windows",
    spec: { os: { name: "windows" } },
    status: { containerStatuses: [{ ...runs, user: { linux: { uid: 0, gid: 0 } } }] },
    errors: ["status.containerStatuses[0].linux: cannot be set for a windows pod"],
  },
  {
    name: "health of what was not asked for",
    status: device({ name: "example.com/gpu", resources: [{ resourceID: "1", health: "Healthy" }] }),
    errors: [`${devices}.name: must match one of the container's resource requests`],
  },
  {
    name: "health of a claim",
    spec: { containers: [{ name: "c", resources: { claims: [{ name: "a", request: "r" }] } }] },
    status: device({
      name: "claim:a/r",
      resources: [
        { resourceID: "1", health: "Ill" },
        { resourceID: "1", health: "Unknown", message: "" },
      ],
    }),
    errors: [
      `${devices}.resources[0].health: supported values: "Healthy", "Unhealthy", "Unknown"`,
      `${devices}.resources[1].message: must be non-empty if specified`,
      `${devices}.resources[1].resourceID: `,
    ],
  },
  {
    name: "health of an ephemeral container's devices",
    status: { ephemeralContainerStatuses: [{ ...runs, allocatedResourcesStatus: [{ name: "x" }] }] },
    errors: ["status.ephemeralContainerStatuses[0].allocatedResourcesStatus: cannot be set for a container status"],
  },
];

for (const { name, spec, before = {}, status, errors } of cases) {
  test(errors.length === 0 ? `${name} (taken)` : name, () => {
    const found = podStatusErrors(pod(status, spec), pod(before, spec)).map(({ field, detail = "" }) => `${field}: ${detail}`);
    assert.deepEqual(found, errors);
  });
}
