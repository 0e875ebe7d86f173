import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { created, createErrors, defaulted, type Sketch, subresourceErrors, testContext, updateErrors } from "../../testing.ts";
import { type Pod, pods } from "./pod.ts";
import { pullPolicyOf } from "./pod-spec.defaults.ts";

const container = (extra: Sketch = {}): Sketch => ({ name: "c", image: "busybox:1", ...extra });
const pod = (spec: Sketch = {}, metadata: Sketch = {}): Sketch => ({ metadata, spec: { containers: [container()], ...spec } });
const withContainer = (extra: Sketch, spec: Sketch = {}): Sketch => pod({ containers: [container(extra)], ...spec });

describe("defaults of pods", () => {
  it("fill in the spec, its containers and probes", () => {
    const { spec } = defaulted(pods, withContainer({ ports: [{ containerPort: 80 }], livenessProbe: { httpGet: { port: 80 } } }));
    assert.partialDeepStrictEqual(spec, {
      restartPolicy: "Always",
      dnsPolicy: "ClusterFirst",
      terminationGracePeriodSeconds: 30,
      schedulerName: "default-scheduler",
      securityContext: {},
      enableServiceLinks: true,
    });
    assert.deepEqual(spec.containers[0], {
      name: "c",
      image: "busybox:1",
      imagePullPolicy: "IfNotPresent",
      resources: {},
      terminationMessagePath: "/dev/termination-log",
      terminationMessagePolicy: "File",
      ports: [{ containerPort: 80, protocol: "TCP" }],
      livenessProbe: {
        httpGet: { port: 80, path: "/", scheme: "HTTP" },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
    });
  });

  it("choose the pull policy by tag", () => {
    const cases: [string, string][] = [
      ["busybox", "Always"],
      ["busybox:latest", "Always"],
      ["busybox:1.36", "IfNotPresent"],
      ["localhost:5000/busybox", "Always"],
      ["localhost:5000/busybox:1", "IfNotPresent"],
      [`busybox@sha256:${"0".repeat(64)}`, "IfNotPresent"],
    ];
    for (const [image, policy] of cases) assert.equal(pullPolicyOf(image), policy, image);
  });

  it("take requests from limits, and ports from the host's network", () => {
    const sketch = withContainer(
      { resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } }, ports: [{ containerPort: 80 }] },
      { hostNetwork: true },
    );
    const [first] = defaulted(pods, sketch).spec.containers;
    assert.deepEqual(first?.resources?.requests, { cpu: "500m", memory: "1Gi" });
    assert.equal(first?.ports?.[0]?.hostPort, 80);
  });

  it("give volumes modes, a source and token lifetimes", () => {
    const volumes = [
      { name: "none" },
      { name: "cm", configMap: { name: "x" } },
      { name: "p", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } },
    ];
    assert.deepEqual(defaulted(pods, pod({ volumes })).spec.volumes, [
      { name: "none", emptyDir: {} },
      { name: "cm", configMap: { name: "x", defaultMode: 420 } },
      { name: "p", projected: { sources: [{ serviceAccountToken: { path: "t", expirationSeconds: 3600 } }], defaultMode: 420 } },
    ]);
  });

  it("mirror the service account's old name", () => {
    const { spec } = defaulted(pods, pod({ serviceAccount: "builder" }));
    assert.equal(spec.serviceAccountName, "builder");
    assert.equal(spec.serviceAccount, "builder");
  });
});

describe("a new pod", () => {
  it("is pending, of generation 1, whatever the client sent", () => {
    const { metadata, status } = created(pods, { ...pod({}, { generation: 100 }), status: { phase: "Running" } });
    assert.equal(metadata.generation, 1);
    assert.deepEqual(status, { phase: "Pending", qosClass: "BestEffort" });
  });

  it("gets its class from requests and limits", () => {
    const both = { cpu: "1", memory: "1Gi" };
    const cases: [Sketch, string][] = [
      [{}, "BestEffort"],
      [{ requests: { cpu: "1" } }, "Burstable"],
      [{ limits: { cpu: "1" } }, "Burstable"],
      [{ limits: both }, "Guaranteed"],
      [{ limits: both, requests: { cpu: "500m" } }, "Burstable"],
      [{ limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1000m", memory: "1024Mi" } }, "Guaranteed"],
    ];
    for (const [resources, wanted] of cases) {
      assert.equal(created(pods, withContainer({ resources })).status?.qosClass, wanted, JSON.stringify(resources));
    }
  });

  it("says that it is gated", () => {
    const { status } = created(pods, pod({ schedulingGates: [{ name: "example.com/wait" }] }));
    assert.equal(status?.conditions?.[0]?.reason, "SchedulingGated");
  });
});

describe("validation of pods", () => {
  const cases: [what: string, sketch: Sketch, errors: string[]][] = [
    ["a plain pod", pod(), []],
    ["no containers", { spec: {} }, ["spec.containers: Required value"]],
    ["no spec", {}, ["spec.containers: Required value"]],
    ["no image", pod({ containers: [{ name: "c" }] }), ["spec.containers[0].image: Required value"]],
    [
      "an image with blanks",
      withContainer({ image: " busybox" }),
      ['spec.containers[0].image: Invalid value: " busybox": must not have leading or trailing whitespace'],
    ],
    [
      "a bad container name",
      withContainer({ name: "C" }),
      [
        "spec.containers[0].name: Invalid value: \"C\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      ],
    ],
    ["two containers of one name", pod({ containers: [container(), container()] }), ['spec.containers[1].name: Duplicate value: "c"']],
    [
      "an unknown restart policy",
      pod({ restartPolicy: "Sometimes" }),
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
    [
      "a port out of range",
      withContainer({ ports: [{ containerPort: 70000 }] }),
      ["spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"],
    ],
    [
      "two ports of one name",
      withContainer({
        ports: [
          { name: "web", containerPort: 80 },
          { name: "web", containerPort: 81 },
        ],
      }),
      ['spec.containers[0].ports[1].name: Duplicate value: "web"'],
    ],
    [
      "one host port twice",
      withContainer({
        ports: [
          { containerPort: 80, hostPort: 80 },
          { containerPort: 81, hostPort: 80 },
        ],
      }),
      ['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"'],
    ],
    [
      "a mount without volume",
      withContainer({ volumeMounts: [{ name: "data", mountPath: "/data" }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "data"'],
    ],
    [
      "two mounts at one path",
      withContainer(
        {
          volumeMounts: [
            { name: "d", mountPath: "/d" },
            { name: "d", mountPath: "/d" },
          ],
        },
        { volumes: [{ name: "d", emptyDir: {} }] },
      ),
      ['spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/d": must be unique'],
    ],
    [
      "two volumes of one name",
      pod({
        volumes: [
          { name: "d", emptyDir: {} },
          { name: "d", emptyDir: {} },
        ],
      }),
      ['spec.volumes[1].name: Duplicate value: "d"'],
    ],
    [
      "a volume of two types",
      pod({ volumes: [{ name: "d", emptyDir: {}, configMap: { name: "x" } }] }),
      ["spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type"],
    ],
    ["a config map volume without name", pod({ volumes: [{ name: "d", configMap: {} }] }), ["spec.volumes[0].configMap.name: Required value"]],
    [
      "a host path with backsteps",
      pod({ volumes: [{ name: "d", hostPath: { path: "/a/../b" } }] }),
      ["spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"],
    ],
    [
      "a token without service account",
      pod({ volumes: [{ name: "t", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } }] }),
      ["spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set"],
    ],
    [
      "a request over its limit",
      withContainer({ resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }),
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      "a negative request",
      withContainer({ resources: { requests: { memory: "-1" } } }),
      ['spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0'],
    ],
    [
      "an unknown resource",
      withContainer({ resources: { limits: { gpus: "1" } } }),
      [
        'spec.containers[0].resources.limits[gpus]: Invalid value: "gpus": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.limits[gpus]: Invalid value: "gpus": must be a standard resource for containers',
        'spec.containers[0].resources.requests[gpus]: Invalid value: "gpus": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.requests[gpus]: Invalid value: "gpus": must be a standard resource for containers',
      ],
    ],
    [
      "half a device",
      withContainer({ resources: { limits: { "example.com/gpu": "500m" } } }),
      [
        'spec.containers[0].resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer',
        'spec.containers[0].resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer',
      ],
    ],
    [
      "huge pages alone",
      withContainer({ resources: { limits: { "hugepages-2Mi": "2Mi" } } }),
      ["spec.containers[0].resources: Forbidden: HugePages require cpu or memory"],
    ],
    ["a variable without name", withContainer({ env: [{ value: "x" }] }), ["spec.containers[0].env[0].name: Required value"]],
    [
      "a variable with an equals sign",
      withContainer({ env: [{ name: "a=b" }] }),
      [
        "spec.containers[0].env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='",
      ],
    ],
    [
      "a variable from nowhere",
      withContainer({ env: [{ name: "A", valueFrom: {} }] }),
      [
        'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ],
    ],
    [
      "an unknown field reference",
      withContainer({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.unknown" } } }] }),
      [
        'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.unknown": error converting fieldPath: field label not supported: spec.unknown',
      ],
    ],
    ["a label as variable", withContainer({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }] }), []],
    ["a probe without action", withContainer({ livenessProbe: {} }), ["spec.containers[0].livenessProbe: Required value: must specify a handler type"]],
    [
      "a probe with two actions",
      withContainer({ readinessProbe: { exec: { command: ["true"] }, tcpSocket: { port: 80 } } }),
      ["spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"],
    ],
    [
      "a liveness probe with two successes",
      withContainer({ livenessProbe: { exec: { command: ["true"] }, successThreshold: 2 } }),
      ["spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"],
    ],
    [
      "a negative delay",
      withContainer({ readinessProbe: { exec: { command: ["true"] }, initialDelaySeconds: -1 } }),
      ["spec.containers[0].readinessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0"],
    ],
    [
      "a sleep beyond the grace period",
      withContainer({ lifecycle: { preStop: { sleep: { seconds: 60 } } } }),
      ["spec.containers[0].lifecycle.preStop.sleep: Invalid value: 60: must be non-negative and less than terminationGracePeriodSeconds (30)"],
    ],
    [
      "a probe of an init container",
      pod({ initContainers: [container({ name: "i", livenessProbe: { exec: { command: ["true"] } } })] }),
      ["spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"],
    ],
    [
      "a sidecar with a probe",
      pod({ initContainers: [container({ name: "i", restartPolicy: "Always", readinessProbe: { exec: { command: ["true"] } } })] }),
      [],
    ],
    ["an init container with a taken name", pod({ initContainers: [container()] }), ['spec.initContainers[0].name: Duplicate value: "c"']],
    [
      "ephemeral containers at birth",
      pod({ ephemeralContainers: [container({ name: "e" })] }),
      ["spec.ephemeralContainers: Forbidden: cannot be set on create"],
    ],
    [
      "a user beyond all",
      withContainer({ securityContext: { runAsUser: -1 } }),
      ["spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"],
    ],
    [
      "privilege without escalation",
      withContainer({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
      [
        'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ],
    ],
    [
      "a localhost profile without name",
      pod({ securityContext: { seccompProfile: { type: "Localhost" } } }),
      ["spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost"],
    ],
    [
      "bidirectional mounts without privilege",
      withContainer({ volumeMounts: [{ name: "d", mountPath: "/d", mountPropagation: "Bidirectional" }] }, { volumes: [{ name: "d", emptyDir: {} }] }),
      ["spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers"],
    ],
    [
      "a node affinity without terms",
      pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } }),
      [
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term",
      ],
    ],
    [
      "a toleration without key",
      pod({ tolerations: [{ operator: "Equal" }] }),
      ['spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"'],
    ],
    [
      "toleration seconds for NoSchedule",
      pod({ tolerations: [{ key: "a", operator: "Exists", effect: "NoSchedule", tolerationSeconds: 1 }] }),
      ["spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set"],
    ],
    [
      "a skew of nothing",
      pod({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }] }),
      ["spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero"],
    ],
    ["no servers for dnsPolicy None", pod({ dnsPolicy: "None" }), ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"]],
    ["a deadline of zero", pod({ activeDeadlineSeconds: 0 }), ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"]],
    [
      "an illegal alias",
      pod({ hostAliases: [{ ip: "300.1.1.1", hostnames: ["a"] }] }),
      ['spec.hostAliases[0].ip: Invalid value: "300.1.1.1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      "a sysctl of the host",
      pod({ hostNetwork: true, securityContext: { sysctls: [{ name: "net.core.somaxconn", value: "1" }] } }),
      ["spec.securityContext.sysctls[0].name: Invalid value: \"net.core.somaxconn\": may not be specified when 'hostNetwork' is true"],
    ],
    [
      "a container port other than the host's",
      withContainer({ ports: [{ containerPort: 80, hostPort: 81 }] }, { hostNetwork: true }),
      ["spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true"],
    ],
  ];

  for (const [what, sketch, errors] of cases) it(what, () => assert.deepEqual(createErrors(pods, sketch), errors));
});

describe("updates of pods", () => {
  const forbidden =
    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n";

  const tolerate = (...keys: string[]) => ({ tolerations: keys.map((key) => ({ key, operator: "Exists" })) });
  const cases: [what: string, before: Sketch, after: Sketch, errors: string[]][] = [
    ["another image", pod(), withContainer({ image: "busybox:2", imagePullPolicy: "IfNotPresent" }), []],
    ["another command", pod(), withContainer({ command: ["x"] }), [`${forbidden}+ containers[0].command: ["x"]`]],
    [
      "other requests",
      withContainer({ resources: { requests: { cpu: "1" } } }),
      withContainer({ resources: { requests: { cpu: "2" } } }),
      [`${forbidden}- containers[0].resources.requests.cpu: "1"\n+ containers[0].resources.requests.cpu: "2"`],
    ],
    [
      "another container",
      pod(),
      pod({ containers: [container(), container({ name: "d" })] }),
      ["spec.containers: Forbidden: pod updates may not add or remove containers"],
    ],
    ["one more toleration", pod(tolerate("a")), pod(tolerate("a", "b")), []],
    [
      "one toleration less",
      pod(tolerate("a", "b")),
      pod(tolerate("a")),
      ["spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"],
    ],
    ["a nearer deadline", pod({ activeDeadlineSeconds: 10 }), pod({ activeDeadlineSeconds: 5 }), []],
    [
      "a farther deadline",
      pod({ activeDeadlineSeconds: 5 }),
      pod({ activeDeadlineSeconds: 10 }),
      ["spec.activeDeadlineSeconds: Invalid value: 10: must be less than or equal to previous value"],
    ],
    [
      "no deadline any more",
      pod({ activeDeadlineSeconds: 5 }),
      pod(),
      ["spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value"],
    ],
    ["a gate less", pod({ schedulingGates: [{ name: "a" }, { name: "b" }] }), pod({ schedulingGates: [{ name: "a" }] }), []],
    [
      "a gate more",
      pod({ schedulingGates: [{ name: "a" }] }),
      pod({ schedulingGates: [{ name: "a" }, { name: "b" }] }),
      ["spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'"],
    ],
    ["a node selector while gated", pod({ schedulingGates: [{ name: "a" }] }), pod({ schedulingGates: [{ name: "a" }], nodeSelector: { disk: "ssd" } }), []],
    ["a node selector later", pod(), pod({ nodeSelector: { disk: "ssd" } }), [`${forbidden}+ nodeSelector: {"disk":"ssd"}`]],
  ];
  for (const [what, before, after, errors] of cases) it(what, () => assert.deepEqual(updateErrors(pods, before, after), errors));

  it("count generations, of the spec only", () => {
    const old = created(pods, pod());
    const update = (after: Sketch) => {
      const object = defaulted(pods, after);
      pods.strategy.prepareForUpdate?.(object, old, testContext);
      return object.metadata.generation;
    };
    assert.equal(update(pod({}, { labels: { a: "b" } })), 1);
    assert.equal(update(pod({ activeDeadlineSeconds: 5 })), 2);
  });
});

describe("subresources of pods", () => {
  const running = (spec: Sketch = {}): Pod => created(pods, pod(spec));
  const { status, subresources } = pods;
  assert.ok(status !== undefined && subresources?.["resize"] !== undefined && subresources["ephemeralcontainers"] !== undefined);

  it("status keeps spec, owners and class, and takes annotations", () => {
    const { object, errors } = subresourceErrors(status, running(), (changed) => {
      changed.spec.nodeName = "elsewhere";
      changed.metadata.annotations = { a: "b" };
      changed.metadata.ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: "x", uid: "y" }];
      changed.status = { phase: "Running" };
    });
    assert.deepEqual(errors, []);
    assert.equal(object.spec.nodeName, undefined);
    assert.deepEqual(object.metadata.annotations, { a: "b" });
    assert.equal(object.metadata.ownerReferences, undefined);
    assert.deepEqual(object.status, { phase: "Running", qosClass: "BestEffort" });
  });

  it("status does not bring the dead back", () => {
    const old = running({ restartPolicy: "Never" });
    const ended = { name: "c", ready: false, restartCount: 0, image: "", imageID: "" };
    old.status = { phase: "Running", qosClass: "BestEffort", containerStatuses: [{ ...ended, state: { terminated: { exitCode: 1 } } }] };
    const { errors } = subresourceErrors(status, old, (changed) => {
      if (changed.status !== undefined) changed.status.containerStatuses = [{ ...ended, state: { running: {} } }];
    });
    assert.deepEqual(errors, ["status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"]);
  });

  it("ephemeralcontainers takes new containers and nothing else", () => {
    const view = subresources["ephemeralcontainers"]!;
    const { object, errors } = subresourceErrors(view, running(), (changed) => {
      changed.spec.ephemeralContainers = [{ name: "debug", image: "busybox:1" }];
      changed.spec.nodeName = "elsewhere";
    });
    assert.deepEqual(errors, []);
    assert.equal(object.spec.nodeName, undefined);
    assert.equal(object.metadata.generation, 2);
    const removed = subresourceErrors(view, object, (changed) => {
      delete changed.spec.ephemeralContainers;
    });
    assert.deepEqual(removed.errors, ['spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n']);
  });

  it("resize changes CPU and memory, and never the class", () => {
    const view = subresources["resize"]!;
    const old = created(pods, withContainer({ resources: { requests: { cpu: "1", memory: "1Gi" } } }));
    const resized = subresourceErrors(view, old, (changed) => {
      changed.spec.containers[0]!.resources = { requests: { cpu: "2", memory: "1Gi" } };
      changed.spec.containers[0]!.image = "other";
    });
    assert.deepEqual(resized.errors, []);
    assert.equal(resized.object.spec.containers[0]?.image, "busybox:1");
    assert.equal(resized.object.metadata.generation, 2);
    const guaranteed = subresourceErrors(view, old, (changed) => {
      changed.spec.containers[0]!.resources = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } };
    });
    assert.deepEqual(guaranteed.errors, ['spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing']);
    const removed = subresourceErrors(view, old, (changed) => {
      changed.spec.containers[0]!.resources = { requests: { cpu: "1" } };
    });
    assert.deepEqual(removed.errors, ["spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"]);
  });
});

it("a resource named like what every object has is refused like any other unknown one", () => {
  for (const list of ["requests", "limits"]) {
    const errors = createErrors(pods, withContainer({ resources: { [list]: { toString: "1" } } }, { resources: { limits: { cpu: "1" } } }));
    assert.ok(
      errors.some((text) => text.startsWith(`spec.containers[0].resources.${list}[toString]: Invalid value`)),
      errors.join("\n"),
    );
  }
});

it("a plain init container is not restarted for new resources: new pods do not ask for it, old ones cannot have it", () => {
  const restarting = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }];
  const init = (more: Sketch = {}) =>
    pod({ initContainers: [{ name: "i", image: "i", resizePolicy: restarting, resources: { requests: { cpu: "1" } }, ...more }] });
  assert.deepEqual(createErrors(pods, init()), [
    "spec.initContainers[0].resizePolicy[0].restartPolicy: Invalid value: \"RestartContainer\": must not be set to 'RestartContainer' for non-sidecar initContainers",
  ]);
  assert.deepEqual(createErrors(pods, init({ restartPolicy: "Always" })), []);
  const { errors } = subresourceErrors(pods.subresources!["resize"]!, created(pods, init()), ({ spec }) => {
    spec.initContainers![0]!.resources = { requests: { cpu: "2" } };
  });
  assert.deepEqual(errors, ["spec.initContainers[0]: Forbidden: non-sidecar init containers with a resize policy of RestartContainer cannot be resized"]);
});
