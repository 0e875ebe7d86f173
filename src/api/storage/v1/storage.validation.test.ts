/** The checks of pkg/apis/storage/validation, one change at a time. */
import { test } from "node:test";
import { type Change, probeCreates, probeSubresource, probeUpdates } from "../../probes.ts";
import { csiDrivers } from "./csi-driver.ts";
import { csiNodes } from "./csi-node.ts";
import { csiStorageCapacities } from "./csi-storage-capacity.ts";
import { storageClasses } from "./storage-class.ts";
import { volumeAttachments } from "./volume-attachment.ts";
import { volumeAttributesClasses } from "./volume-attributes-class.ts";

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const qualified =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));

test("storage classes", () => {
  const topology = (...terms: object[]): Change => ({ allowedTopologies: terms });
  const at = "allowedTopologies[0].matchLabelExpressions";
  const zone = { matchLabelExpressions: [{ key: "zone", values: ["a", "b"] }] };
  probeCreates(storageClasses, { provisioner: "example.com/Disk" }, [
    [{ provisioner: "" }, "provisioner: Required value"],
    [{ provisioner: "-" }, `provisioner: Invalid value: "-": ${qualified}`],
    [{ parameters: { "": "a" } }, 'parameters: Invalid value: "": field can not be empty.'],
    [{ parameters: many(513) }, "parameters: Too long: may not be more than 512 bytes"],
    [{ parameters: { a: "b".repeat(256 * 1024) } }, "parameters: Too long: may not be more than 262144 bytes"],
    [{ reclaimPolicy: "" }],
    [{ reclaimPolicy: "Recycle" }, 'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
    [{ volumeBindingMode: "x" }, 'volumeBindingMode: Unsupported value: "x": supported values: "Immediate", "WaitForFirstConsumer"'],
    [topology({}), `${at}: Duplicate value: ""`],
    [topology({ matchLabelExpressions: [{ key: "zone", values: [] }] }), `${at}[0].values: Required value`],
    [topology({ matchLabelExpressions: [{ key: "-", values: ["a"] }] }), `${at}[0].key: Invalid value: "-": ${qualified}`],
    [topology({ matchLabelExpressions: [{ key: "zone", values: ["a", "a"] }] }), `${at}[0].values[1]: Duplicate value: "a"`],
    [
      topology({
        matchLabelExpressions: [
          { key: "zone", values: ["a"] },
          { key: "zone", values: ["b"] },
        ],
      }),
      `${at}[1].key: Duplicate value: "zone"`,
    ],
    [topology(zone, { matchLabelExpressions: [{ key: "zone", values: ["b", "a"] }] }), 'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'],
  ]);
  probeUpdates(storageClasses, { provisioner: "a", parameters: { a: "b" } }, [
    [{ provisioner: "b" }, "provisioner: Forbidden: updates to provisioner are forbidden."],
    [{ parameters: {} }, "parameters: Forbidden: updates to parameters are forbidden."],
    [{ reclaimPolicy: "Retain" }, "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden."],
    [{ volumeBindingMode: "WaitForFirstConsumer" }, 'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable'],
    [{ allowVolumeExpansion: true, mountOptions: ["ro"] }],
  ]);
});

test("volume attachments", () => {
  const base = { spec: { attacher: "d.example.com", nodeName: "n", source: { persistentVolumeName: "pv" } } };
  const rule = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  const inline = { csi: { driver: "d", volumeHandle: "h" }, accessModes: ["ReadWriteOnce"] };
  probeCreates(volumeAttachments, base, [
    [{ "spec.attacher": "" }, "spec.attacher: Required value", `spec.attacher: Invalid value: "": ${subdomain}`],
    [{ "spec.attacher": "a".repeat(64) }, "spec.attacher: Too long: may not be more than 63 bytes"],
    [{ "spec.nodeName": "" }, `spec.nodeName: Invalid value: "": ${subdomain}`],
    [{ "spec.source": {} }, `spec.source: Required value: ${rule}`],
    [{ "spec.source.persistentVolumeName": "A" }, `spec.source.persistentVolumeName: Invalid value: "A": ${subdomain}`],
    [{ "spec.source.inlineVolumeSpec": inline }, `spec.source: Forbidden: ${rule}`],
    [{ "spec.source": { inlineVolumeSpec: inline } }],
    [
      { "spec.source": { inlineVolumeSpec: { ...inline, capacity: { storage: "1" } } } },
      "spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes",
    ],
  ]);
  probeUpdates(volumeAttachments, base, [
    [{ "spec.nodeName": "m" }, 'spec: Invalid value: {"attacher":"d.example.com","nodeName":"m","source":{"persistentVolumeName":"pv"}}: field is immutable'],
  ]);
});

test("nodes and drivers of the container storage interface", () => {
  const driver = { name: "d.example.com", nodeID: "id" };
  const at = "spec.drivers[0]";
  probeCreates(csiNodes, { spec: { drivers: [driver] } }, [
    [{ [`${at}.name`]: "" }, `${at}.name: Required value`, `${at}.name: Invalid value: "": ${subdomain}`],
    [{ [`${at}.nodeID`]: "" }, `${at}.nodeID: Required value`],
    [{ [`${at}.nodeID`]: "a".repeat(257) }, `${at}.nodeID: Invalid value: "${"a".repeat(257)}": must be 256 characters or less`],
    [{ [`${at}.allocatable`]: { count: -1 } }, `${at}.allocatable.count: Invalid value: -1: must be greater than or equal to 0`],
    [{ [`${at}.topologyKeys`]: ["-"] }, `${at}: Invalid value: "-": ${qualified}`],
    [{ [`${at}.topologyKeys`]: ["a", "a"] }, `${at}: Duplicate value: "a"`],
    [{ "spec.drivers[1]": driver }, 'spec.drivers[1].name: Duplicate value: "d.example.com"'],
  ]);
  probeUpdates(csiNodes, { spec: { drivers: [driver] } }, [
    [{ [`${at}.allocatable`]: { count: 5 } }],
    [{ "spec.drivers": [] }],
    [{ [`${at}.nodeID`]: "other" }, 'spec.drivers: Invalid value: {"name":"d.example.com","nodeID":"other"}: field is immutable'],
  ]);
  const tokens = "spec.tokenRequests";
  probeCreates(csiDrivers, { spec: {} }, [
    [{ "spec.fsGroupPolicy": "x" }, 'spec.fsGroupPolicy: Unsupported value: "x": supported values: "File", "None", "ReadWriteOnceWithFSType"'],
    [{ "spec.volumeLifecycleModes": ["x"] }, 'spec.volumeLifecycleModes: Unsupported value: "x": supported values: "Persistent", "Ephemeral"'],
    [{ [tokens]: [{ audience: "a" }, { audience: "a", expirationSeconds: 1 }] }, `${tokens}[1].audience: Duplicate value: "a"`],
    [
      { [tokens]: [{ audience: "", expirationSeconds: 599 }] },
      `${tokens}[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes`,
    ],
    [
      { [tokens]: [{ audience: "", expirationSeconds: 2 ** 32 + 1 }] },
      `${tokens}[0].expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds`,
    ],
    [
      { "spec.nodeAllocatableUpdatePeriodSeconds": 9 },
      "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds",
    ],
  ]);
  probeUpdates(csiDrivers, { spec: {} }, [
    [{ "spec.attachRequired": false }, "spec.attachedRequired: Invalid value: false: field is immutable"],
    [{ "spec.volumeLifecycleModes": ["Ephemeral"] }, 'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable'],
    [{ "spec.podInfoOnMount": true, "spec.seLinuxMount": true }],
  ]);
});

test("capacities and attributes classes", () => {
  probeCreates(csiStorageCapacities, { storageClassName: "c", capacity: "1Gi" }, [
    [{ storageClassName: "" }, `storageClassName: Invalid value: "": ${subdomain}`],
    [{ capacity: "-1" }, 'capacity: Invalid value: "-1": must be greater than or equal to 0'],
    [
      { nodeTopology: { matchExpressions: [{ key: "a", operator: "x" }] } },
      'nodeTopology.matchExpressions[0].operator: Invalid value: "x": not a valid selector operator',
    ],
  ]);
  probeUpdates(csiStorageCapacities, { storageClassName: "c" }, [
    [{ storageClassName: "d" }, 'storageClassName: Invalid value: "d": field is immutable'],
    [{ nodeTopology: {} }, "nodeTopology: Invalid value: {}: field is immutable"],
    [{ capacity: "2Gi", maximumVolumeSize: "-1" }],
  ]);
  probeCreates(volumeAttributesClasses, { driverName: "d", parameters: { a: "b" } }, [
    [{ driverName: "" }, "driverName: Required value"],
    [{ parameters: {} }, "parameters: Required value: must contain at least one key/value pair"],
  ]);
  probeUpdates(volumeAttributesClasses, { driverName: "d", parameters: { a: "b" } }, [
    [{ driverName: "e" }, "driverName: Forbidden: updates to driverName are forbidden."],
    [{ parameters: { a: "c" } }, "parameters: Forbidden: updates to parameters are forbidden."],
  ]);
  const attached = { spec: { attacher: "d", nodeName: "n", source: { persistentVolumeName: "pv" } } };
  probeSubresource(volumeAttachments, volumeAttachments.status, attached, {}, [[{ "status.attached": true }]]);
});
