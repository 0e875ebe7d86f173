import assert from "node:assert/strict";
import { test } from "node:test";
import { deployment } from "../api/apps/v1/deployment.ts";
import { replicaSet } from "../api/apps/v1/replica-set.ts";
import { lease } from "../api/coordination/v1/lease.ts";
import { configMap } from "../api/core/v1/config-map.ts";
import { pod } from "../api/core/v1/pod.ts";
import { service } from "../api/core/v1/service.ts";
import { DecodeError, decodeObject, decodeValue, StrictDecodeError, unrecognizedObject } from "./decode.ts";
import { findDuplicateFields, parseJson } from "./json-codec.ts";
import type { MessageSchema } from "./schema.ts";

const decode = (schema: MessageSchema, value: unknown) => decodeValue(schema, value, "Ignore").object;

test("known fields stay in the order they came, null and empty collections go, the input is untouched", () => {
  const input = Object.freeze({
    kind: "Pod",
    apiVersion: "v1",
    metadata: Object.freeze({ name: "a", creationTimestamp: null, labels: Object.freeze({}), annotations: Object.freeze({ z: "1", a: "2" }) }),
    spec: Object.freeze({ containers: Object.freeze([]), nodeSelector: null, volumes: Object.freeze([]) }),
    status: Object.freeze({}),
  });
  const object = decode(pod, input);
  assert.equal(JSON.stringify(object), '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","annotations":{"z":"1","a":"2"}},"spec":{},"status":{}}');
});

test("scalars take their canonical form", () => {
  const object = decode(pod, {
    metadata: { creationTimestamp: "2024-01-01T02:00:00.5+01:00", generation: 9007199254740993n },
    spec: {
      containers: [{ name: "a", resources: { requests: { cpu: 0.5, memory: "1024Ki", pods: 3 } }, ports: [{ containerPort: 80 }] }],
      overhead: { cpu: null },
    },
  });
  assert.deepEqual(object, {
    metadata: { creationTimestamp: "2024-01-01T01:00:00Z", generation: 9007199254740993n },
    spec: {
      containers: [{ name: "a", resources: { requests: { cpu: "500m", memory: "1Mi", pods: "3" } }, ports: [{ containerPort: 80 }] }],
      overhead: { cpu: "0" },
    },
  });
  assert.deepEqual(decode(lease, { spec: { renewTime: "2024-01-01T02:00:00.123456+01:00" } }), { spec: { renewTime: "2024-01-01T01:00:00.123456Z" } });
  assert.deepEqual(decode(configMap, { binaryData: { a: "aGk=\n", b: null } }), { binaryData: { a: "aGk=", b: "" } });
});

test("wrong types are refused in Go's words", () => {
  const table: [MessageSchema, unknown, string][] = [
    [deployment, { spec: { replicas: "3" } }, "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"],
    [deployment, { spec: { replicas: 1.5 } }, "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"],
    [
      deployment,
      { spec: { replicas: 2147483648 } },
      "json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [deployment, { spec: [] }, "json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec"],
    [deployment, { metadata: { labels: { a: 1 } } }, "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"],
    [deployment, { metadata: { labels: [] } }, "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string"],
    [pod, { spec: { containers: {} } }, "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container"],
    [pod, { spec: { containers: [{ name: true }] } }, "json: cannot unmarshal bool into Go struct field Container.spec.containers.name of type string"],
    [pod, { spec: { hostNetwork: "yes" } }, "json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool"],
    [pod, { metadata: { creationTimestamp: "now" } }, 'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"'],
    [service, { spec: { ports: [{ targetPort: {} }] } }, "json: cannot unmarshal object into Go value of type int32"],
    [configMap, { binaryData: { a: "a*==" } }, "illegal base64 data at input byte 1"],
    [configMap, { binaryData: { a: "aGk" } }, "illegal base64 data at input byte 0"],
    [configMap, [], "json: cannot unmarshal array into Go value of type v1.ConfigMap"],
    [
      pod,
      { spec: { containers: [{ resources: { limits: { cpu: "lots" } } }] } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ];
  for (const [schema, value, message] of table) assert.throws(() => decode(schema, value), new DecodeError(message), message);
});

test("a failure is a 400 that names the kind", () => {
  assert.throws(() => decodeObject(deployment, { spec: { replicas: "3" } }, "Warn"), {
    name: "StatusError",
    status: {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      code: 400,
      reason: "BadRequest",
      message:
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    },
  });
  assert.equal(
    unrecognizedObject("Pod", "invalid character 'a' looking for beginning of value", "apiVersion: v1").message,
    "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: invalid character 'a' looking for beginning of value (61706956657273696f6e3a207631)",
  );
});

const sloppy = `{"apiVersion":"apps/v1","kind":"Deployment","spec":{"unknown1":"val1","unknownDupe":"a","unknownDupe":{"x":1,"x":2},
  "paused":true,"paused":false,"template":{"spec":{"containers":[{"name":"c","unknownNested":1,"image":"a","image":"b"}]}}},"constructor":1,"__proto__":{}}`;
const problems = [
  'unknown field "spec.unknown1"',
  'unknown field "spec.unknownDupe"',
  'duplicate field "spec.paused"',
  'unknown field "spec.template.spec.containers[0].unknownNested"',
  'duplicate field "spec.template.spec.containers[0].image"',
  'unknown field "constructor"',
  'unknown field "__proto__"',
];

test("unknown and duplicate fields are refused, warned of or ignored", () => {
  const value = parseJson(sloppy);
  const duplicates = findDuplicateFields(sloppy);
  assert.throws(() => decodeValue(deployment, value, "Strict", duplicates), new StrictDecodeError(`strict decoding error: ${problems.join(", ")}`));
  assert.deepEqual(decodeValue(deployment, value, "Warn", duplicates).warnings, problems);
  const ignored = decodeValue(deployment, value, "Ignore");
  assert.deepEqual(ignored.warnings, []);
  assert.deepEqual(ignored.object, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    spec: { template: { spec: { containers: [{ name: "c", image: "b" }] } } },
  });
  assert.equal(Object.getPrototypeOf(ignored.object), Object.prototype);
});

test("zeros that Go would not write are left out, those of pointers stay", () => {
  const spec = { replicas: 0, paused: false, minReadySeconds: 0, strategy: { type: "", rollingUpdate: { maxSurge: 0 } } };
  assert.deepEqual(decode(deployment, { metadata: { name: "a", namespace: "", generateName: "" }, spec }), {
    metadata: { name: "a" },
    spec: { replicas: 0, strategy: { rollingUpdate: { maxSurge: 0 } } },
  });
  const pods = {
    hostNetwork: false,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "", env: [{ name: "A", value: "" }] }],
  };
  assert.deepEqual(decode(pod, { spec: pods }), {
    spec: { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers: [{ name: "", env: [{ name: "A" }] }] },
  });
});

test("a status is no exception: what Go's omitempty leaves out goes, the rest stays", () => {
  const status = { replicas: 0, readyReplicas: 0, unavailableReplicas: 0, collisionCount: 0, conditions: [] };
  assert.deepEqual(decode(deployment, { status }), { status: { collisionCount: 0 } });
  assert.deepEqual(decode(replicaSet, { status: { replicas: 0, readyReplicas: 0 } }), { status: { replicas: 0 } });
  const containerStatuses = [{ name: "", ready: false, restartCount: 0, image: "", imageID: "", containerID: "", started: false }];
  assert.deepEqual(decode(pod, { status: { phase: "", podIPs: [], containerStatuses } }), {
    status: { containerStatuses: [{ name: "", ready: false, restartCount: 0, image: "", imageID: "", started: false }] },
  });
});

test("a label called __proto__ is a label", () => {
  const object = decode(pod, parseJson('{"metadata":{"labels":{"__proto__":"x"}}}'));
  assert.equal(JSON.stringify(object), '{"metadata":{"labels":{"__proto__":"x"}}}');
});

test("problems are counted to a hundred", () => {
  const value = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, 1]));
  assert.equal(decodeValue(pod, value, "Warn").warnings.length, 100);
});
