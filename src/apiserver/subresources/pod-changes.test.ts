/**
 * Pods through /resize and /ephemeralcontainers: what may change, what stays, what is refused and in which words, who
 * comes to own it, and what quotas and limit ranges say. As kube-apiserver v1.36 answers (KEP-1287, KEP-5419, KEP-277).
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type FullServer, startFullServer } from "../../testing/api-server/full-server.ts";
import { seededRandom } from "../../testing/api-server/seeded-random.ts";
import { silentLogger } from "../../testing/silent-logger.ts";

const core = "/api/v1/namespaces/default";
const types = {
  PUT: "application/json",
  POST: "application/json",
  strategic: "application/strategic-merge-patch+json",
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
};
type Kind = keyof typeof types;

// biome-ignore lint/suspicious/noExplicitAny: answers are read as the JSON they are
type Json = any;

let server: FullServer;
before(async () => {
  server = await startFullServer({ logger: silentLogger, random: seededRandom(1) });
});
after(async () => {
  await server.close();
});

async function send(kind: Kind, path: string, body: object): Promise<{ code: number; body: Json }> {
  const method = kind === "PUT" || kind === "POST" ? kind : "PATCH";
  const url = kind === "apply" ? `${path}?fieldManager=me` : path;
  const exchange = await server.exchange({
    method,
    url,
    headers: { accept: "application/json", "content-type": types[kind] },
    body: Buffer.from(JSON.stringify(body)),
  });
  return { code: exchange.code, body: JSON.parse(exchange.text) };
}

async function get(path: string): Promise<Json> {
  return JSON.parse((await server.exchange({ method: "GET", url: path, headers: { accept: "application/json" } })).text);
}

let made = 0;
async function create(spec: object, metadata: object = {}, namespace = core): Promise<Json> {
  const name = `p${made++}`;
  const answer = await send("POST", `${namespace}/pods`, { apiVersion: "v1", kind: "Pod", metadata: { name, ...metadata }, spec });
  assert.equal(answer.code, 201, JSON.stringify(answer.body));
  return answer.body;
}

const resources = (cpu: string, memory: string, limits?: object) => ({ requests: { cpu, memory }, ...(limits === undefined ? {} : { limits }) });
const main = (more: object = {}) => ({ name: "main", image: "i", ...more });
const burstable = main({ resources: resources("100m", "64Mi", { cpu: "200m", memory: "128Mi" }) });
const wholePod = { containers: [main()], resources: resources("100m", "64Mi", { cpu: "200m", memory: "128Mi" }) };

interface Refusal {
  readonly name: string;
  readonly spec: object;
  /** Changes the pod as it was read; what comes of it is PUT. */
  readonly change: (pod: Json) => void;
  readonly status?: object;
  readonly metadata?: object;
  readonly errors: readonly string[];
}

const onlyCompute = "spec: Forbidden: only cpu and memory resources are mutable";
const otherClass = (was: string) => `spec: Invalid value: "${was}": Pod QOS Class may not change as a result of resizing`;

const refusals: readonly Refusal[] = [
  {
    name: "a request that is taken out",
    spec: { containers: [burstable] },
    change: ({ spec }) => delete spec.containers[0].resources.requests.cpu,
    // Requests are defaulted from limits, so that only without a limit is one missing.
    errors: [],
  },
  {
    name: "a limit that is taken out",
    spec: { containers: [burstable] },
    change: ({ spec }) => delete spec.containers[0].resources.limits.cpu,
    errors: ["spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"],
  },
  {
    name: "resources that are taken out",
    spec: { containers: [main({ resources: resources("1", "1Gi") }), { name: "b", image: "i", resources: resources("1", "1Gi") }] },
    change: ({ spec }) => delete spec.containers[0].resources,
    errors: ["spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"],
  },
  {
    name: "another class of service",
    spec: { containers: [burstable] },
    change: ({ spec }) => {
      spec.containers[0].resources.requests = spec.containers[0].resources.limits;
    },
    errors: [otherClass("Burstable")],
  },
  {
    name: "ephemeral storage",
    spec: { containers: [burstable] },
    change: ({ spec }) => {
      spec.containers[0].resources.limits["ephemeral-storage"] = "1Gi";
    },
    errors: [onlyCompute],
  },
  {
    name: "another resize policy",
    spec: { containers: [burstable] },
    change: ({ spec }) => {
      spec.containers[0].resizePolicy = [{ resourceName: "cpu", restartPolicy: "NotRequired" }];
    },
    errors: [onlyCompute],
  },
  {
    name: "a resize policy that is taken out",
    spec: { containers: [{ ...burstable, resizePolicy: [{ resourceName: "cpu", restartPolicy: "NotRequired" }] }] },
    change: ({ spec }) => delete spec.containers[0].resizePolicy,
    errors: [onlyCompute],
  },
  {
    name: "a request above its limit",
    spec: { containers: [burstable] },
    change: ({ spec }) => {
      spec.containers[0].resources.requests.cpu = "3";
    },
    errors: ['spec.containers[0].resources.requests: Invalid value: "3": must be less than or equal to cpu limit of 200m'],
  },
  {
    name: "one more container",
    spec: { containers: [burstable] },
    change: ({ spec }) => spec.containers.push({ ...spec.containers[0], name: "more" }),
    errors: ["spec.containers: Forbidden: containers may not be added or removed on resize"],
  },
  {
    name: "containers in another order",
    spec: { containers: [burstable, { ...burstable, name: "b" }] },
    change: ({ spec }) => spec.containers.reverse(),
    errors: [
      "spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize",
      "spec.containers[1].name: Forbidden: containers may not be renamed or reordered on resize",
    ],
  },
  {
    name: "another init container",
    spec: { containers: [burstable], initContainers: [main({ name: "init" })] },
    change: ({ spec }) => {
      spec.initContainers[0].name = "other";
    },
    errors: ["spec.initContainers[0].name: Forbidden: initContainers may not be renamed or reordered on resize"],
  },
  {
    name: "storage of a sidecar",
    spec: { containers: [burstable], initContainers: [main({ name: "side", restartPolicy: "Always" })] },
    change: ({ spec }) => {
      spec.initContainers[0].resources = { limits: { "ephemeral-storage": "1Gi" } };
    },
    errors: ["spec.initContainers[0]: Forbidden: only cpu and memory resources for init or sidecar containers are mutable"],
  },
  {
    name: "a pod on a node that does not say what it runs with",
    spec: { containers: [burstable] },
    status: { containerStatuses: [{ name: "main", image: "i", imageID: "", ready: true, restartCount: 0, state: { running: {} } }] },
    change: ({ spec }) => {
      spec.containers[0].resources.requests.cpu = "150m";
    },
    errors: ["spec: Forbidden: Pod running on node without support for resize"],
  },
  {
    name: "a pod on Windows",
    spec: { containers: [burstable], os: { name: "windows" } },
    change: ({ spec }) => {
      spec.containers[0].resources.requests.cpu = "150m";
    },
    errors: ["[]: Forbidden: windows pods cannot be resized"],
  },
  {
    name: "a pod that shares a claim of the node",
    spec: { containers: [burstable], resourceClaims: [{ name: "c", resourceClaimName: "claim" }] },
    status: { nodeAllocatableResourceClaimStatuses: [{ resourceClaimName: "claim", containers: ["main"], resources: { cpu: "1" } }] },
    change: ({ spec }) => {
      spec.containers[0].resources.requests.cpu = "150m";
    },
    errors: ["spec: Forbidden: pods with node allocatable resource claims cannot be resized"],
  },
  {
    name: "a container that uses a claim",
    spec: {
      containers: [main({ resources: { ...resources("1", "1Gi"), claims: [{ name: "c" }] } })],
      resourceClaims: [{ name: "c", resourceClaimName: "claim" }],
    },
    change: ({ spec }) => {
      spec.containers[0].resources.requests.cpu = "2";
    },
    errors: [onlyCompute],
  },
  {
    name: "resources of the pod that are taken out",
    spec: wholePod,
    change: ({ spec }) => delete spec.resources,
    errors: [otherClass("Burstable"), "spec.resources: Forbidden: pod-level resources cannot be removed"],
  },
  {
    name: "a request of the pod that is taken out",
    spec: { containers: [main()], resources: resources("100m", "64Mi") },
    change: ({ spec }) => delete spec.resources.requests.cpu,
    errors: ["spec.resources.requests: Forbidden: pod-level resource requests cannot be removed"],
  },
  {
    name: "limits of the pod that are taken out",
    spec: wholePod,
    change: ({ spec }) => delete spec.resources.limits,
    errors: ["spec.resources.limits: Forbidden: pod-level resource limits cannot be removed"],
  },
  {
    name: "huge pages of the pod",
    spec: { containers: [main()], resources: resources("100m", "64Mi", { cpu: "200m" }) },
    change: ({ spec }) => {
      spec.resources.limits["hugepages-2Mi"] = "2Mi";
      spec.resources.requests["hugepages-2Mi"] = "2Mi";
    },
    errors: ["spec: Forbidden: only cpu and memory resources are mutable at pod-level"],
  },
  {
    name: "a pod that becomes guaranteed as a whole",
    spec: wholePod,
    change: ({ spec }) => {
      spec.resources.requests = spec.resources.limits;
    },
    errors: [otherClass("Burstable")],
  },
  {
    name: "less for the pod than for its containers",
    spec: { ...wholePod, containers: [burstable] },
    change: ({ spec }) => {
      spec.resources.requests.cpu = "50m";
    },
    errors: ['spec.resources.requests[cpu]: Invalid value: "50m": must be greater than or equal to aggregate container requests of 100m'],
  },
  {
    name: "empty resources for a pod that had none",
    spec: { containers: [main()] },
    change: ({ spec }) => {
      spec.resources = {};
    },
    errors: [onlyCompute],
  },
];

describe("/resize", () => {
  for (const { name, spec, change, status, errors } of refusals) {
    test(errors.length === 0 ? `takes ${name}` : `refuses ${name}`, async () => {
      const created = await create(spec);
      const path = `${core}/pods/${created.metadata.name}`;
      if (status !== undefined) assert.equal((await send("merge", `${path}/status`, { status })).code, 200);
      const pod = await get(path);
      change(pod);
      const answer = await send("PUT", `${path}/resize`, pod);
      if (errors.length === 0) return assert.equal(answer.code, 200, answer.body.message);
      const said = errors.length === 1 ? errors[0] : `[${errors.join(", ")}]`;
      assert.deepEqual([answer.code, answer.body.message], [422, `Pod "${created.metadata.name}" is invalid: ${said}`]);
      assert.deepEqual((await get(path)).spec, created.spec);
    });
  }

  const wanted = { cpu: "150m", memory: "96Mi" };
  const patches: readonly (readonly [Kind, (pod: Json) => object])[] = [
    ["PUT", (pod) => ({ ...pod, spec: { ...pod.spec, resources: { ...pod.spec.resources, requests: wanted } } })],
    ["strategic", () => ({ spec: { resources: { requests: wanted } } })],
    ["merge", () => ({ spec: { resources: { requests: wanted } } })],
    ["json", () => [{ op: "replace", path: "/spec/resources/requests", value: wanted }]],
    ["apply", ({ metadata: { name } }) => ({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { resources: { requests: wanted } } })],
  ];
  for (const [kind, patch] of patches) {
    test(`gives a pod other resources as a whole by ${kind}, and changes nothing else`, async () => {
      const pod = await create(wholePod, { labels: { a: "b" } });
      const path = `${core}/pods/${pod.metadata.name}`;
      const sent = patch(pod) as Json;
      if (!Array.isArray(sent) && kind !== "apply") {
        sent.metadata = { ...sent.metadata, labels: { a: "c" }, annotations: { x: "y" } };
        sent.status = { phase: "Running" };
        sent.spec.nodeName = "elsewhere";
      }
      const answer = await send(kind, `${path}/resize`, sent);
      const resized = answer.code === 409 ? (await force(`${path}/resize`, sent)).body : answer.body;
      assert.deepEqual(resized.spec, { ...pod.spec, resources: { ...pod.spec.resources, requests: wanted } }, JSON.stringify(answer.body));
      assert.deepEqual([resized.metadata.labels, resized.metadata.annotations, resized.metadata.generation], [{ a: "b" }, undefined, 2]);
      assert.deepEqual(resized.status, pod.status);
      const entry = resized.metadata.managedFields.find(({ subresource }: Json) => subresource === "resize");
      const cpuAndMemory = { "f:requests": { "f:cpu": {}, "f:memory": {} } };
      assert.deepEqual(entry.fieldsV1, { "f:spec": { "f:resources": cpuAndMemory } });
      assert.equal((await get(`${path}/resize`)).metadata.generation, 2);
    });
  }

  async function force(path: string, body: object) {
    const exchange = await server.exchange({
      method: "PATCH",
      url: `${path}?fieldManager=me&force=true`,
      headers: { accept: "application/json", "content-type": types.apply },
      body: Buffer.from(JSON.stringify(body)),
    });
    return { code: exchange.code, body: JSON.parse(exchange.text) };
  }

  test("resizes containers, sidecars, init containers and the pod at once", async () => {
    const more = { cpu: "150m", memory: "96Mi" };
    const spec = {
      containers: [burstable],
      initContainers: [
        { ...burstable, name: "init" },
        { ...burstable, name: "side", restartPolicy: "Always" },
      ],
      resources: resources("500m", "512Mi"),
    };
    const pod = await create(spec);
    const path = `${core}/pods/${pod.metadata.name}/resize`;
    const list = (names: string[]) => names.map((name) => ({ name, resources: { requests: more } }));
    const answer = await send("strategic", path, {
      spec: { containers: list(["main"]), initContainers: list(["init", "side"]), resources: { requests: { cpu: "600m" } } },
    });
    assert.equal(answer.code, 200, answer.body.message);
    const all = [...answer.body.spec.containers, ...answer.body.spec.initContainers];
    assert.deepEqual(
      all.map((container: Json) => container.resources.requests),
      [more, more, more],
    );
    assert.deepEqual(answer.body.spec.resources, { requests: { cpu: "600m", memory: "512Mi" } });
    const entry = answer.body.metadata.managedFields.find(({ subresource }: Json) => subresource === "resize");
    assert.deepEqual(Object.keys(entry.fieldsV1["f:spec"]["f:containers"]['k:{"name":"main"}']), ["f:resources"]);
  });

  test("gives pod-level resources to a pod that had none", async () => {
    const pod = await create({ containers: [burstable] });
    const whole = resources("300m", "256Mi", { cpu: "1", memory: "1Gi" });
    const answer = await send("merge", `${core}/pods/${pod.metadata.name}/resize`, { spec: { resources: whole } });
    assert.deepEqual([answer.code, answer.body.spec?.resources], [200, whole], answer.body.message);
  });

  test("does not change what the pod itself refuses to change", async () => {
    const pod = await create(wholePod);
    const answer = await send("merge", `${core}/pods/${pod.metadata.name}`, { spec: { resources: { requests: { cpu: "150m" } } } });
    assert.equal(answer.code, 422);
    assert.match(answer.body.message, /^Pod "p\d+" is invalid: spec: Forbidden: pod updates may not change fields other than/);
  });

  test("asks the pod's node whether its kubelet can do it", async () => {
    const node = (name: string, declaredFeatures: string[]) =>
      send("POST", "/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name }, status: { declaredFeatures } });
    const whole = "InPlacePodLevelResourcesVerticalScaling";
    const init = "InPlacePodVerticalScalingInitContainers";
    await node("old", []);
    await node("half", [init]);
    await node("new", [whole, init]);
    const answers = [];
    for (const nodeName of ["old", "half", "new", "none"]) {
      const pod = await create({ ...wholePod, nodeName, initContainers: [{ ...burstable, name: "init" }] });
      const spec = { resources: { requests: { cpu: "150m" } }, initContainers: [{ name: "init", resources: { requests: { cpu: "90m" } } }] };
      const { code, body } = await send("strategic", `${core}/pods/${pod.metadata.name}/resize`, { spec });
      answers.push([code, body.message?.replace(/^pods "p\d+" is forbidden: /, "")]);
    }
    assert.deepEqual(answers, [
      [403, `pod update requires features ${whole}, ${init} which are not available on node "old"`],
      [403, `pod update requires features ${whole} which are not available on node "half"`],
      [200, undefined],
      [403, 'node "none" not found'],
    ]);
  });

  test("is counted by quotas and bounded by limit ranges", async () => {
    const namespace = "/api/v1/namespaces/counted";
    await send("POST", "/api/v1/namespaces", { metadata: { name: "counted" } });
    await send("POST", `${namespace}/serviceaccounts`, { metadata: { name: "default" } });
    await send("POST", `${namespace}/resourcequotas`, { metadata: { name: "q" }, spec: { hard: { "requests.cpu": "1", "limits.memory": "1Gi" } } });
    await send("POST", `${namespace}/limitranges`, { metadata: { name: "l" }, spec: { limits: [{ type: "Pod", max: { memory: "512Mi" } }] } });
    const pod = await create(wholePod, {}, namespace);
    const path = `${namespace}/pods/${pod.metadata.name}/resize`;
    const ask = (whole: object) => send("merge", path, { spec: { resources: whole } });
    const { code, body } = await ask({ requests: { cpu: "1100m" }, limits: { cpu: "2" } });
    const asked = `pods "${pod.metadata.name}" is forbidden`;
    assert.deepEqual([code, body.message], [403, `${asked}: exceeded quota: q, requested: requests.cpu=1, used: requests.cpu=100m, limited: requests.cpu=1`]);
    const large = await ask({ limits: { memory: "768Mi" } });
    assert.deepEqual([large.code, large.body.message], [403, `${asked}: maximum memory usage per Pod is 512Mi, but limit is 768Mi`]);
    assert.equal((await ask({ requests: { cpu: "1" }, limits: { cpu: "2" } })).code, 200);
  });

  test("gives containers what a limit range has by default, as creating the pod would have", async () => {
    const namespace = "/api/v1/namespaces/ranged";
    await send("POST", "/api/v1/namespaces", { metadata: { name: "ranged" } });
    await send("POST", `${namespace}/serviceaccounts`, { metadata: { name: "default" } });
    const pod = await create({ containers: [main({ resources: { requests: { memory: "64Mi" } } })] }, {}, namespace);
    const limits = [{ type: "Container", default: { cpu: "500m" }, defaultRequest: { cpu: "100m" } }];
    await send("POST", `${namespace}/limitranges`, { metadata: { name: "l" }, spec: { limits } });
    const containers = [{ name: "main", resources: { requests: { memory: "96Mi" } } }];
    const { code, body } = await send("strategic", `${namespace}/pods/${pod.metadata.name}/resize`, { spec: { containers } });
    assert.deepEqual([code, body.spec?.containers[0].resources], [200, { requests: { cpu: "100m", memory: "96Mi" }, limits: { cpu: "500m" } }], body.message);
    assert.equal(body.metadata.annotations, undefined);
  });
});

const debug = (more: object = {}) => ({ name: "debug", image: "i", ...more });

describe("/ephemeralcontainers", () => {
  const forbiddenFields = "cannot be set for an Ephemeral Container";
  const cases: readonly (readonly [name: string, containers: readonly object[], errors: readonly string[]])[] = [
    ["resources", [debug({ resources: { requests: { cpu: "1" } } })], [`spec.ephemeralContainers[0].resources: Forbidden: ${forbiddenFields}`]],
    ["ports", [debug({ ports: [{ containerPort: 1 }] })], [`spec.ephemeralContainers[0].ports: Forbidden: ${forbiddenFields}`]],
    ["probes", [debug({ livenessProbe: { exec: { command: ["a"] } } })], [`spec.ephemeralContainers[0].livenessProbe: Forbidden: ${forbiddenFields}`]],
    [
      "a lifecycle",
      [debug({ lifecycle: { preStop: { exec: { command: ["a"] } } } })],
      [`spec.ephemeralContainers[0].lifecycle: Forbidden: ${forbiddenFields}`],
    ],
    ["a name twice", [debug(), debug()], ['spec.ephemeralContainers[1].name: Duplicate value: "debug"']],
    ["a container's name", [debug({ name: "main" })], ['spec.ephemeralContainers[0].name: Duplicate value: "main"']],
    ["an unknown target", [debug({ targetContainerName: "nobody" })], ['spec.ephemeralContainers[0].targetContainerName: Not found: "nobody"']],
    ["no image", [{ name: "debug" }], ["spec.ephemeralContainers[0].image: Required value"]],
    ["no name", [{ image: "i" }], ["spec.ephemeralContainers[0].name: Required value"]],
  ];
  for (const [name, ephemeralContainers, errors] of cases) {
    test(`refuses ${name}`, async () => {
      const pod = await create({ containers: [main()] });
      const path = `${core}/pods/${pod.metadata.name}/ephemeralcontainers`;
      const answer = await send("PUT", path, { ...pod, spec: { ...pod.spec, ephemeralContainers } });
      assert.deepEqual([answer.code, answer.body.message], [422, `Pod "${pod.metadata.name}" is invalid: ${errors.join(", ")}`]);
    });
  }

  test("adds one after the other, whatever the form, and keeps those there are", async () => {
    const pod = await create({ containers: [main()] }, { labels: { a: "b" } });
    const path = `${core}/pods/${pod.metadata.name}/ephemeralcontainers`;
    const named = (...names: string[]) => names.map((name) => ({ name, image: "i" }));
    const stored = async () => (await get(path)).spec.ephemeralContainers.map(({ name }: Json) => name);
    assert.equal((await send("strategic", path, { metadata: { labels: { a: "c" } }, spec: { nodeName: "n", ephemeralContainers: named("one") } })).code, 200);
    const withOne = (await get(path)).spec.ephemeralContainers;
    assert.equal((await send("merge", path, { spec: { ephemeralContainers: [...withOne, ...named("two")] } })).code, 200);
    assert.equal((await send("json", path, [{ op: "add", path: "/spec/ephemeralContainers/-", value: named("three")[0] }] as object)).code, 200);
    const applied = { apiVersion: "v1", kind: "Pod", metadata: { name: pod.metadata.name }, spec: { ephemeralContainers: named("four") } };
    assert.equal((await send("apply", path, applied)).code, 200);
    assert.deepEqual((await stored()).sort(), ["four", "one", "three", "two"]);
    const { metadata, spec } = await get(path);
    assert.deepEqual([metadata.labels, spec.nodeName, metadata.generation], [{ a: "b" }, undefined, 5]);
    for (const entry of metadata.managedFields.filter(({ subresource }: Json) => subresource === "ephemeralcontainers")) {
      assert.deepEqual(Object.keys(entry.fieldsV1["f:spec"]), ["f:ephemeralContainers"]);
    }
    const removed = await send("apply", path, { ...applied, spec: {} });
    assert.equal(
      removed.body.message,
      `Pod "${metadata.name}" is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers "four" may not be removed\n`,
    );
    const changed = await send("json", path, [{ op: "replace", path: "/spec/ephemeralContainers/0/image", value: "other" }] as object);
    assert.match(changed.body.message, /spec\.ephemeralContainers: Forbidden: existing ephemeral containers "\w+" may not be changed\n/);
  });
});

test("mirror pods are neither resized nor debugged", async () => {
  const annotations = { "kubernetes.io/config.mirror": "x" };
  const pod = await create({ containers: [main()], nodeName: "n" }, { annotations });
  const path = `${core}/pods/${pod.metadata.name}`;
  const said = async (kind: Kind, name: string, body: object) => (await send(kind, `${path}/${name}`, body)).body.message;
  assert.equal(
    await said("merge", "resize", { spec: { resources: resources("1", "1Gi") } }),
    `Pod "${pod.metadata.name}" is invalid: []: Forbidden: static pods cannot be resized`,
  );
  assert.equal(
    await said("strategic", "ephemeralcontainers", { spec: { ephemeralContainers: [debug()] } }),
    `Pod "${pod.metadata.name}" is invalid: []: Forbidden: static pods do not support ephemeral containers`,
  );
});

test("whoever is late, means another pod or asks for what cannot be done is refused", async () => {
  const pod = await create({ containers: [burstable] });
  const path = `${core}/pods/${pod.metadata.name}`;
  assert.equal((await send("merge", path, { metadata: { labels: { a: "b" } } })).code, 200);
  const changed = `Operation cannot be fulfilled on pods "${pod.metadata.name}": the object has been modified; please apply your changes to the latest version and try again`;
  for (const name of ["resize", "ephemeralcontainers"]) {
    const late = await send("PUT", `${path}/${name}`, pod);
    assert.deepEqual([late.code, late.body.message], [409, changed]);
    const misled = await send("PUT", `${path}/${name}`, { ...pod, metadata: { name: "other" } });
    assert.deepEqual([misled.code, misled.body.message], [400, `the name of the object (other) does not match the name on the URL (${pod.metadata.name})`]);
    const absent = await send("merge", `${core}/pods/none/${name}`, {});
    assert.deepEqual([absent.code, absent.body.message], [404, 'pods "none" not found']);
    assert.equal((await send("POST", `${path}/${name}`, pod)).code, 405);
    assert.deepEqual((await get(`${path}/${name}`)).metadata.generation, 1);
    // A body without any change writes nothing.
    const same = await send("PUT", `${path}/${name}`, await get(path));
    assert.deepEqual([same.code, same.body.metadata.resourceVersion], [200, (await get(path)).metadata.resourceVersion]);
  }
});
