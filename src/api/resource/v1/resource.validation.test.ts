/** Every check of pkg/apis/resource/validation, one change at a time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Change, changed, type Probe, probeCreates, probeSubresource, probeUpdates } from "../../probes.ts";
import { created, subresourceErrors, testContext, updateErrors } from "../../testing.ts";
import { deviceClasses } from "./device-class.ts";
import { type ResourceClaim, resourceClaims } from "./resource-claim.ts";
import { resourceClaimTemplates } from "./resource-claim-template.ts";
import { resourceSlices } from "./resource-slice.ts";

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const identifier =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')";
const qualified =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const reference = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
const oneOfTwo = "exactly one of `exactly` or `firstAvailable` is required";
const opaque = { driver: "d.example.com", parameters: { a: 1 } };
const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index));

const claim = { spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "c" } }] } } };

/** What a claim and a template of one have in common; paths are below `spec.devices`. */
const claimProbes: Probe[] = [
  [{ "requests[0].name": "A" }, `requests[0].name: Invalid value: "A": ${label}`],
  [{ "requests[0].name": "" }, `requests[0].name: Invalid value: "": ${label}`],
  [{ "requests[0].exactly": undefined }, `requests[0]: Required value: ${oneOfTwo}`],
  [{ "requests[0].firstAvailable": [{ name: "s", deviceClassName: "c" }] }, `requests[0]: Invalid value: null: ${oneOfTwo}, but multiple fields are set`],
  [{ "requests[0].exactly.deviceClassName": "" }, "requests[0].exactly.deviceClassName: Required value"],
  [{ "requests[0].exactly.deviceClassName": "A" }, `requests[0].exactly.deviceClassName: Invalid value: "A": ${subdomain}`],
  [{ "requests[0].exactly.allocationMode": "x" }, 'requests[0].exactly.allocationMode: Unsupported value: "x": supported values: "All", "ExactCount"'],
  [{ "requests[0].exactly.count": -1 }, "requests[0].exactly.count: Invalid value: -1: must be greater than zero"],
  [
    { "requests[0].exactly.count": 1, "requests[0].exactly.allocationMode": "All" },
    "requests[0].exactly.count: Invalid value: 1: must not be specified when allocationMode is 'All'",
  ],
  [{ "requests[0].exactly.selectors": [{}] }, "requests[0].exactly.selectors[0].cel: Required value"],
  [
    { "requests[0].exactly.selectors": [{ cel: { expression: "a".repeat(10241) } }] },
    "requests[0].exactly.selectors[0].cel.expression: Too long: may not be more than 10240 bytes",
  ],
  [{ "requests[0].exactly.selectors": many(33, () => ({})) }, "requests[0].exactly.selectors: Too many: 33: must have at most 32 items"],
  [{ "requests[0].exactly.tolerations": [{ key: "-" }] }, `requests[0].exactly.tolerations[0].key: Invalid value: "-": ${qualified}`],
  [
    { "requests[0].exactly.tolerations": [{ operator: "Exists", value: "v" }] },
    'requests[0].exactly.tolerations[0].value: Invalid value: "v": must be empty for operator `Exists`',
  ],
  [{ "requests[0].exactly.tolerations": [{ key: "a", value: "-" }] }, `requests[0].exactly.tolerations[0].value: Invalid value: "-": ${labelValue}`],
  [
    { "requests[0].exactly.tolerations": [{ key: "a", operator: "In" }] },
    'requests[0].exactly.tolerations[0].operator: Unsupported value: "In": supported values: "Equal", "Exists"',
  ],
  [
    { "requests[0].exactly.tolerations": [{ key: "a", effect: "PreferNoSchedule" }] },
    'requests[0].exactly.tolerations[0].effect: Unsupported value: "PreferNoSchedule": supported values: "NoExecute", "NoSchedule", "None"',
  ],
  [{ "requests[1]": { name: "r", exactly: { deviceClassName: "c" } } }, 'requests[1]: Duplicate value: "r"'],
  [{ requests: many(33, (i) => ({ name: `r${i}` })) }, "requests: Too many: 33: must have at most 32 items"],
  [
    {
      "requests[0]": {
        name: "r",
        firstAvailable: [
          { name: "s", deviceClassName: "" },
          { name: "s", deviceClassName: "c" },
        ],
      },
    },
    "requests[0].firstAvailable[0].deviceClassName: Required value",
    'requests[0].firstAvailable[1]: Duplicate value: "s"',
  ],
  [
    { "requests[0]": { name: "r", firstAvailable: many(9, (i) => ({ name: `s${i}`, deviceClassName: "c" })) } },
    "requests[0].firstAvailable: Too many: 9: must have at most 8 items",
  ],
  [{ constraints: [{}] }, 'constraints[0]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'],
  [{ constraints: [{ distinctAttribute: "a.b/c" }, { matchAttribute: "a.b/c", requests: ["r"] }] }],
  [
    { constraints: [{ matchAttribute: "c" }] },
    'constraints[0].matchAttribute: Invalid value: "c": a fully qualified name must be a domain and a name separated by a slash',
  ],
  [{ constraints: [{ matchAttribute: "a/b-c" }] }, `constraints[0].matchAttribute: Invalid value: "b-c": ${identifier}`],
  [
    { constraints: [{ matchAttribute: "/" }] },
    'constraints[0].matchAttribute: Invalid value: "": the domain must not be empty',
    'constraints[0].matchAttribute: Invalid value: "": the name must not be empty',
  ],
  [{ constraints: [{ matchAttribute: "a/b/c" }] }, 'constraints[0].matchAttribute: Invalid value: "a/b/c": must not contain more than one slash'],
  [{ constraints: [{ matchAttribute: `a/${"b".repeat(33)}` }] }, "constraints[0].matchAttribute: Too long: may not be more than 32 bytes"],
  [{ constraints: [{ matchAttribute: "a/b", requests: ["x"] }] }, `constraints[0].requests[0]: Invalid value: "x": ${reference}`],
  [{ constraints: [{ matchAttribute: "a/b", requests: ["r/s/t"] }] }, `constraints[0].requests[0]: Invalid value: "r/s/t": ${reference}`],
  [{ constraints: [{ matchAttribute: "a/b", requests: ["r", "r"] }] }, 'constraints[0].requests[1]: Duplicate value: "r"'],
  [{ constraints: many(33, () => ({ matchAttribute: "a/b" })) }, "constraints: Too many: 33: must have at most 32 items"],
  [{ config: [{ opaque, requests: ["r"] }] }],
  [{ config: [{}] }, "config[0].opaque: Required value"],
  [{ config: [{ opaque: { ...opaque, driver: "" } }] }, "config[0].opaque.driver: Required value", `config[0].opaque.driver: Invalid value: "": ${subdomain}`],
  [{ config: [{ opaque: { ...opaque, driver: "a".repeat(64) } }] }, "config[0].opaque.driver: Too long: may not be more than 63 bytes"],
  [{ config: [{ opaque: { ...opaque, driver: "UPPER.example.com" } }] }],
  [{ config: [{ opaque: { driver: "d" } }] }, "config[0].opaque.parameters: Required value"],
  [{ config: [{ opaque: { ...opaque, parameters: [1] } }] }, 'config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object'],
  [{ config: [{ opaque: { ...opaque, parameters: { a: "b".repeat(10240) } } }] }, "config[0].opaque.parameters: Too long: may not be more than 10240 bytes"],
  [{ config: [{ opaque, requests: ["x"] }] }, `config[0].requests[0]: Invalid value: "x": ${reference}`],
  [{ config: many(33, () => ({ opaque })) }, "config: Too many: 33: must have at most 32 items"],
];

const below = (prefix: string): Probe[] =>
  claimProbes.map(([change, ...errors]) => [
    Object.fromEntries(Object.entries(change).map(([path, value]) => [`${prefix}.${path}`, value])),
    ...errors.map((error) => `${prefix}.${error}`),
  ]);

test("claims", () => {
  probeCreates(resourceClaims, claim, below("spec.devices"));
  const errors = updateErrors(resourceClaims, claim, changed(claim, { "spec.devices.requests[0].name": "other" }));
  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? "", /^spec: Invalid value: \{.*\}: field is immutable$/);
});

test("templates of claims", () => {
  const template = { spec: { spec: claim.spec } };
  probeCreates(resourceClaimTemplates, template, [
    ...below("spec.spec.devices"),
    [{ "spec.metadata.labels": { a: "-" } }, `spec.metadata.labels: Invalid value: "-": ${labelValue}`],
    [{ "spec.metadata.annotations": { "-": "" } }, `spec.metadata.annotations: Invalid value: "-": ${qualified}`],
  ]);
  assert.match(updateErrors(resourceClaimTemplates, template, changed(template, { "spec.metadata": { labels: { a: "b" } } })).join(), /^spec: .*immutable$/);
});

test("device classes, of which what is stored stays", () => {
  const parameters = { a: "b".repeat(10240) };
  const base = { spec: { selectors: [{ cel: { expression: "true" } }], config: [{ opaque }] } };
  probeCreates(deviceClasses, base, [
    [{ "spec.selectors[0].cel": undefined }, "spec.selectors[0].cel: Required value"],
    [{ "spec.config[0].opaque.driver": "-" }, `spec.config[0].opaque.driver: Invalid value: "-": ${subdomain}`],
    [{ "spec.config[0].opaque.parameters": parameters }, "spec.config[0].opaque.parameters: Too long: may not be more than 10240 bytes"],
    [{ "spec.extendedResourceName": "example.com/gpu" }],
    [{ "spec.extendedResourceName": "cpu" }, 'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name'],
  ]);
  const stored = changed(base, { "spec.config[0].opaque.parameters": parameters });
  probeUpdates(deviceClasses, stored, [
    [{ "metadata.labels": { a: "b" } }],
    [{ "spec.config[1]": { opaque } }, "spec.config[0].opaque.parameters: Too long: may not be more than 10240 bytes"],
  ]);
});

const device = { request: "r", driver: "d.example.com", pool: "p", device: "a" };
const allocation = { devices: { results: [device] } };
const uid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
const consumer = { resource: "pods", name: "p", uid: "u" };

test("the status of claims: allocation, reservation, devices", () => {
  const at = "status.allocation.devices";
  probeSubresource(resourceClaims, resourceClaims.status, claim, {}, [
    [{ "status.allocation": allocation }],
    [{ "status.reservedFor": [consumer] }, "status.reservedFor: Forbidden: may not be specified when `allocated` is not set"],
    [
      { "status.allocation": allocation, "status.reservedFor": [{ resource: "", name: "", uid: "" }] },
      "status.reservedFor[0].resource: Required value",
      "status.reservedFor[0].name: Required value",
      "status.reservedFor[0].uid: Required value",
    ],
    [{ "status.allocation": allocation, "status.reservedFor": [consumer, consumer] }, 'status.reservedFor[1]: Duplicate value: "u"'],
    [
      { "status.allocation": allocation, "status.reservedFor": many(257, (i) => ({ ...consumer, uid: `${i}` })) },
      "status.reservedFor: Too many: 257: must have at most 256 items",
    ],
    [{ [`${at}.results`]: [{ ...device, request: "x" }] }, `${at}.results[0].request: Invalid value: "x": ${reference}`],
    [{ [`${at}.results`]: [{ ...device, driver: "" }] }, `${at}.results[0].driver: Required value`, `${at}.results[0].driver: Invalid value: "": ${subdomain}`],
    [{ [`${at}.results`]: [{ ...device, pool: "" }] }, `${at}.results[0].pool: Required value`],
    [{ [`${at}.results`]: [{ ...device, pool: "a/B" }] }, `${at}.results[0].pool: Invalid value: "B": ${subdomain}`],
    [{ [`${at}.results`]: [{ ...device, device: "" }] }, `${at}.results[0].device: Invalid value: "": ${label}`],
    [{ [`${at}.results`]: [{ ...device, shareID: "x" }] }, `${at}.results[0].shareID: Invalid value: "x": error validating uid: invalid UUID length: 1`],
    [
      { [`${at}.results`]: [{ ...device, shareID: uid.toUpperCase() }] },
      `${at}.results[0].shareID: Invalid value: "${uid.toUpperCase()}": uid must be in RFC 4122 normalized form, \`xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx\` with lowercase hexadecimal characters`,
    ],
    [
      { [`${at}.results`]: [{ ...device, bindingConditions: ["a"] }] },
      `${at}.results[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions`,
    ],
    [{ [`${at}.results`]: many(33, () => device) }, `${at}.results: Too many: 33: must have at most 32 items`],
    [{ [`${at}.config`]: [{ source: "FromClaim", opaque, requests: ["r"] }] }],
    [{ [`${at}.config`]: [{ source: "", opaque }] }, `${at}.config[0].source: Required value`],
    [{ [`${at}.config`]: [{ source: "x", opaque }] }, `${at}.config[0].source: Unsupported value: "x": supported values: "FromClaim", "FromClass"`],
    [{ [`${at}.config`]: many(65, () => ({ source: "FromClaim", opaque })) }, `${at}.config: Too many: 65: must have at most 64 items`],
    [
      { "status.allocation.nodeSelector": { nodeSelectorTerms: [] } },
      "status.allocation.nodeSelector.nodeSelectorTerms: Required value: must have at least one node selector term",
    ],
  ]);
  const { request: _, ...own } = device;
  const withNetwork = (networkData: object): Change => ({ "status.devices": [{ ...own, networkData }] });
  probeSubresource(resourceClaims, resourceClaims.status, claim, { status: { allocation, devices: [] } }, [
    [{ "status.devices": [{ ...own, data: { a: 1 }, networkData: { interfaceName: "eth0", ips: ["10.0.0.1/8", "fd00::1/64"] } }] }],
    [{ "status.devices": [{ ...own, device: "b" }] }, 'status.devices[0]: Invalid value: "d.example.com/p/b": must be an allocated device in the claim'],
    [{ "status.devices": [own, own] }, 'status.devices[1]: Duplicate value: "d.example.com/p/a"'],
    [{ "status.devices": [{ ...own, data: 3 }] }, 'status.devices[0].data: Invalid value: "<value omitted>": must be a valid JSON object'],
    [
      { "status.devices": [{ ...own, conditions: [{ type: "Ready", status: "True", reason: "", lastTransitionTime: "2026-01-01T00:00:00Z", message: "" }] }] },
      "status.devices[0].conditions[0].reason: Required value: must be set",
    ],
    [withNetwork({ interfaceName: "a".repeat(257) }), "status.devices[0].networkData.interfaceName: Too long: may not be more than 256 bytes"],
    [withNetwork({ hardwareAddress: "a".repeat(129) }), "status.devices[0].networkData.hardwareAddress: Too long: may not be more than 128 bytes"],
    [
      withNetwork({ ips: ["10.0.0.1"] }),
      'status.devices[0].networkData.ips[0]: Invalid value: "10.0.0.1": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)',
    ],
    [withNetwork({ ips: ["10.0.0.01/8"] }), 'status.devices[0].networkData.ips[0]: Invalid value: "10.0.0.01/8": must be in canonical form ("10.0.0.1/8")'],
    [withNetwork({ ips: ["10.0.0.1/8", "10.0.0.1/8"] }), 'status.devices[0].networkData.ips[1]: Duplicate value: "10.0.0.1/8"'],
    [withNetwork({ ips: many(17, (i) => `10.0.0.${i}/8`) }), "status.devices[0].networkData.ips: Too many: 17: must have at most 16 items"],
    [{ "status.allocation": undefined }],
  ]);
  const gone = { status: { allocation, reservedFor: [consumer] }, "metadata.deletionTimestamp": "2026-01-01T00:00:00Z" };
  probeSubresource(resourceClaims, resourceClaims.status, claim, gone, [
    [{ "status.reservedFor": [] }],
    [
      { "status.reservedFor": [consumer, { ...consumer, uid: "v" }] },
      "status.reservedFor: Forbidden: new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set",
    ],
  ]);
  const old = changed(created(resourceClaims, claim) as never, { status: { allocation, devices: [own] } }) as unknown as ResourceClaim;
  const deallocate = (object: ResourceClaim) => {
    delete object.status?.allocation;
  };
  assert.deepEqual(subresourceErrors(resourceClaims.status!, old, deallocate).object.status, {}, "what was said of devices goes with their allocation");
});

const slice = { spec: { driver: "d.example.com", pool: { name: "p", generation: 1, resourceSliceCount: 1 }, nodeName: "n", devices: [{ name: "a" }] } };
const places = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
const devicePlaces =
  "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
const selector = { nodeSelectorTerms: [{ matchExpressions: [{ key: "a", operator: "Exists" }] }] };
const counter = { value: "1" };
const policy = (requestPolicy: object): Change => ({
  "spec.devices[0]": { name: "a", allowMultipleAllocations: true, capacity: { c: { value: "10", requestPolicy } } },
});
const c = "spec.devices[0].capacity[c].requestPolicy";

test("slices", () => {
  probeCreates(resourceSlices, slice, [
    [{ "spec.driver": "" }, "spec.driver: Required value", `spec.driver: Invalid value: "": ${subdomain}`],
    [{ "spec.pool.name": "" }, "spec.pool.name: Required value"],
    [
      { "spec.pool.name": "a".repeat(254) },
      "spec.pool.name: Too long: may not be more than 253 bytes",
      `spec.pool.name: Invalid value: "${"a".repeat(254)}": must be no more than 253 characters`,
    ],
    [{ "spec.pool.generation": -1 }, "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero"],
    [{ "spec.pool.resourceSliceCount": 0 }, "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero"],
    [{ "spec.nodeName": undefined }, `spec: Required value: ${places}`],
    [{ "spec.nodeName": "" }, 'spec.nodeName: Invalid value: "": must be either unset or set to a non-empty string', `spec: Required value: ${places}`],
    [{ "spec.allNodes": false }, "spec.allNodes: Invalid value: false: must be either unset or set to true"],
    [{ "spec.allNodes": true }, `spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${places}, but multiple fields are set`],
    [
      { "spec.nodeName": undefined, "spec.nodeSelector": { nodeSelectorTerms: [selector.nodeSelectorTerms[0], selector.nodeSelectorTerms[0]] } },
      `spec.nodeSelector.nodeSelectorTerms: Invalid value: ${JSON.stringify([selector.nodeSelectorTerms[0], selector.nodeSelectorTerms[0]])}: must have exactly one node selector term`,
    ],
    [{ "spec.sharedCounters": [{ name: "c", counters: { a: counter } }] }, 'spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed'],
    [{ "spec.devices": undefined, "spec.sharedCounters": [{ name: "c", counters: { a: counter } }] }],
    [
      { "spec.devices": undefined, "spec.sharedCounters": [{}] },
      "spec.sharedCounters[0].name: Required value",
      "spec.sharedCounters[0].counters: Required value",
    ],
    [
      { "spec.devices": undefined, "spec.sharedCounters": [{ name: "c", counters: { A: counter } }] },
      `spec.sharedCounters[0].counters: Invalid value: "A": ${label}`,
    ],
    [
      { "spec.devices": undefined, "spec.sharedCounters": many(9, (i) => ({ name: `c${i}`, counters: { a: counter } })) },
      "spec.sharedCounters: Too many: 9: must have at most 8 items",
    ],
    [{ "spec.devices": many(129, (i) => ({ name: `d${i}` })) }, "spec.devices: Too many: 129: must have at most 128 items"],
    [
      { "spec.devices": many(65, (i) => ({ name: `d${i}`, taints: [{ key: "a", effect: "None" }] })) },
      "spec.devices: Too many: 65: must have at most 64 items",
    ],
    [{ "spec.devices[1]": { name: "a" } }, 'spec.devices[1]: Duplicate value: "a"'],
    [{ "spec.devices[0].name": "" }, `spec.devices[0].name: Invalid value: "": ${label}`],
    [
      { "spec.devices[0].attributes": Object.fromEntries(many(33, (i) => [`a${i}`, { bool: true }])) },
      "spec.devices[0]: Invalid value: 33: the total number of attributes and capacities must not exceed 32",
    ],
    [{ "spec.devices[0].attributes": { "a-b": { bool: true } } }, `spec.devices[0].attributes: Invalid value: "a-b": ${identifier}`],
    [{ "spec.devices[0].attributes": { a: {} } }, 'spec.devices[0].attributes[a]: Invalid value: "": exactly one value must be specified'],
    [
      { "spec.devices[0].attributes": { a: { bool: true, int: 1 } } },
      'spec.devices[0].attributes[a]: Invalid value: {"bool":true,"int":1}: exactly one value must be specified',
    ],
    [{ "spec.devices[0].attributes": { a: { string: "a".repeat(65) } } }, "spec.devices[0].attributes[a].string: Too long: may not be more than 64 bytes"],
    [
      { "spec.devices[0].attributes": { a: { version: "1.0" } } },
      'spec.devices[0].attributes[a].version: Invalid value: "1.0": must be a string compatible with semver.org spec 2.0.0',
    ],
    [{ "spec.devices[0].attributes": { a: { version: "1.0.0-rc.1+5" } } }],
    [{ "spec.devices[0].attributes": { a: { strings: ["alpha"] } } }, 'spec.devices[0].attributes[a]: Invalid value: "": exactly one value must be specified'],
    [{ "spec.devices[0].capacity": { c: { value: "1", requestPolicy: { default: "1" } } } }, `${c}: Forbidden: allowMultipleAllocations must be true`],
    [
      policy({ default: "1", validValues: ["1"], validRange: { min: "1" } }),
      `${c}: Forbidden: exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time`,
    ],
    [policy({ validValues: ["1"] }), `${c}.default: Required value: required when validValues is defined`],
    [policy({ default: "1", validValues: ["1", "5"] })],
    [policy({ default: "2", validValues: ["1"] }), `${c}.validValues: Invalid value: "2": default value is not valid according to the requestPolicy`],
    [policy({ default: "1", validValues: ["5", "1"] }), `${c}.validValues[1]: Invalid value: "1": values must be sorted in ascending order`],
    [policy({ default: "1", validValues: ["1", "1"] }), `${c}.validValues[1]: Duplicate value: "1"`],
    [policy({ default: "1", validValues: ["1", "20"] }), `${c}.validValues[1]: Invalid value: "20": option is larger than capacity value: 10`],
    [policy({ validRange: { min: "1" } }), `${c}.default: Required value: required when validRange is defined`],
    [policy({ default: "1", validRange: { min: "1", max: "5", step: "2" } })],
    [policy({ default: "1", validRange: {} }), `${c}.validRange.min: Required value: required when validRange is defined`],
    [
      policy({ default: "1", validRange: { min: "11" } }),
      `${c}.validRange.min: Invalid value: "11": min is larger than capacity value: 10`,
      `${c}.validRange.default: Invalid value: "1": default is less than min: 11`,
    ],
    [
      policy({ default: "9", validRange: { min: "1", max: "8", step: "3" } }),
      `${c}.validRange.default: Invalid value: "9": default is more than max: 8`,
      `${c}.validRange.step: Invalid value: "9": value is not a multiple of a given step (3) from (1)`,
      `${c}.validRange.step: Invalid value: "8": value is not a multiple of a given step (3) from (1)`,
    ],
    [policy({ default: "1", validRange: { min: "1", step: "0" } }), `${c}.validRange.step: Invalid value: "0": must be greater than zero`],
    [
      policy({ default: "1", validRange: { min: "1", step: "10" } }),
      `${c}.validRange.step: Invalid value: "10": one step 11 is larger than capacity value: 10`,
    ],
    [
      { "spec.devices[0].taints": [{ key: "", effect: "" }] },
      `spec.devices[0].taints[0].key: Invalid value: "": name part must be non-empty`,
      `spec.devices[0].taints[0].key: Invalid value: "": ${qualified}`,
      "spec.devices[0].taints[0].effect: Required value",
    ],
    [
      { "spec.devices[0].taints": [{ key: "a", effect: "x" }] },
      'spec.devices[0].taints[0].effect: Unsupported value: "x": supported values: "NoExecute", "NoSchedule", "None"',
    ],
    [{ "spec.devices[0].taints": many(17, () => ({ key: "a", effect: "None" })) }, "spec.devices[0].taints: Too many: 17: must have at most 16 items"],
    [
      { "spec.devices[0].consumesCounters": [{}] },
      "spec.devices[0].consumesCounters[0].counterSet: Required value",
      "spec.devices[0].consumesCounters[0].counters: Required value",
    ],
    [
      { "spec.devices[0].consumesCounters": many(3, (i) => ({ counterSet: `c${i}`, counters: { a: counter } })) },
      "spec.devices[0].consumesCounters: Too many: 3: must have at most 2 items",
    ],
    [
      { "spec.devices[0].nodeName": "n" },
      "spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
    ],
    [{ "spec.nodeName": undefined, "spec.perDeviceNodeSelection": true }, `spec.devices[0]: Required value: ${devicePlaces}`],
    [{ "spec.nodeName": undefined, "spec.perDeviceNodeSelection": true, "spec.devices[0].allNodes": true }],
    [
      { "spec.nodeName": undefined, "spec.perDeviceNodeSelection": true, "spec.devices[0].allNodes": true, "spec.devices[0].nodeSelector": selector },
      `spec.devices[0]: Invalid value: "{\`nodeSelector\`, \`allNodes\`}": ${devicePlaces}`,
    ],
    [{ "spec.devices[0].bindingConditions": ["a"], "spec.devices[0].bindingFailureConditions": ["b"] }],
    [
      { "spec.devices[0].bindingConditions": ["a", "a"], "spec.devices[0].bindingFailureConditions": ["a"] },
      'spec.devices[0].bindingConditions[1]: Duplicate value: "a"',
      'spec.devices[0].bindingFailureConditions[0]: Invalid value: "a": bindingFailureConditions must not overlap with bindingConditions',
    ],
    [
      { "spec.devices[0].bindingFailureConditions": ["b"] },
      "spec.devices[0].bindingConditions: Invalid value: null: bindingConditions are required to use bindingFailureConditions",
    ],
  ]);
  probeUpdates(resourceSlices, slice, [
    [{ "spec.driver": "e.example.com" }, 'spec.driver: Invalid value: "e.example.com": field is immutable'],
    [{ "spec.pool.name": "q" }, 'spec.pool.name: Invalid value: "q": field is immutable'],
    [{ "spec.nodeName": "m" }, 'spec.nodeName: Invalid value: "m": field is immutable'],
    [{ "spec.pool.generation": 2 }],
  ]);
});

test("slices lose what is alpha, and their taints get a time", () => {
  const sketch = changed(slice, {
    "spec.devices[0].attributes": { a: { ints: [1], int: 1 } },
    "spec.devices[0].nodeAllocatableResourceMappings": { cpu: {} },
    "spec.devices[0].taints": [{ key: "a", effect: "NoExecute" }],
  });
  assert.deepEqual(created(resourceSlices, sketch).spec.devices, [
    { name: "a", attributes: { a: { int: 1 } }, taints: [{ key: "a", effect: "NoExecute", timeAdded: "2026-01-02T03:04:05Z" }] },
  ]);
  const warn = (driver: string) => resourceSlices.strategy.warnings?.(created(resourceSlices, changed(slice, { "spec.driver": driver })), undefined);
  assert.deepEqual([warn("a"), warn("A")], [[], ['spec.driver: driver names should be lowercase; "A" contains uppercase characters']]);
  assert.equal(testContext.now, Date.parse("2026-01-02T03:04:05Z"));
});
