/** Every command of the real kubectl that users reach for, against a running cluster with real containers. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { eventually, startTestCluster, type TestCluster, whyNoCluster } from "./support/cluster.ts";

const image = "coracle.local/busybox:1";
const folder = mkdtempSync(join(tmpdir(), "coracle-kubectl-"));

/** A manifest as a file, for -f. */
function manifest(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const web = manifest(
  "web.yaml",
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: httpd
        image: ${image}
        command: [httpd, -f, -p, "8080", -h, /etc]
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {tcpSocket: {port: http}, periodSeconds: 1}
`,
);

describe("kubectl", { skip: whyNoCluster(), concurrency: false }, () => {
  let cluster: TestCluster;
  const k = (args: string, options = {}) => cluster.kubectl(args, options);
  const fails = async (args: string, pattern: RegExp) => {
    const { code, stderr } = await cluster.tryKubectl(args);
    assert.notEqual(code, 0, `kubectl ${args} succeeded`);
    assert.match(stderr, pattern);
  };

  before(async () => {
    cluster = await startTestCluster("kubectl", 2);
  });
  after(async () => {
    await cluster?.remove();
    rmSync(folder, { recursive: true });
  });

  test("version, api-versions, api-resources, cluster-info", async () => {
    assert.match(await k("version"), /Server Version: v1\.36\.\d+\+coracle/);
    const versions = (await k("api-versions")).trim().split("\n");
    for (const version of ["v1", "apps/v1", "batch/v1", "rbac.authorization.k8s.io/v1"]) assert.ok(versions.includes(version), version);
    assert.match(await k("api-resources"), /^deployments +deploy +apps\/v1 +true +Deployment$/m);
    assert.match(await k("api-resources --verbs=list --namespaced -o name"), /^pods$/m);
    assert.match(await k("cluster-info"), /control plane.* is running at/);
  });

  test("get nodes shows both Ready, wide with addresses and runtime", async () => {
    const output = await k("get nodes -o wide");
    assert.equal(output.match(/^node-\d +Ready /gm)?.length, 2, output);
    assert.match(output, /containerd:\/\/\d/);
  });

  test("apply creates, changes and finds nothing to change", async () => {
    assert.equal(await k(`apply -f ${web}`), "deployment.apps/web created\n");
    assert.equal(await k(`apply -f ${web}`), "deployment.apps/web unchanged\n");
    const changed = manifest("web3.yaml", readFileSync(web, "utf8").replace("replicas: 2", "replicas: 3"));
    assert.equal(await k(`apply -f ${changed}`), "deployment.apps/web configured\n");
    assert.equal(await k(`apply --server-side --force-conflicts --field-manager tester -f ${web}`), "deployment.apps/web serverside-applied\n");
    assert.match(await k("rollout status deployment/web --timeout=60s"), /successfully rolled out/);
  });

  test("get in every output form", async () => {
    assert.match(await k("get deployment web"), /^web +2\/2 +2 +2 /m);
    assert.match(await k("get pods -l app=web -o wide"), /10\.\d+\.\d+\.\d+ +node-\d/);
    assert.equal(JSON.parse(await k("get deployment web -o json")).spec.replicas, 2);
    assert.match(await k("get deployment web -o yaml"), /^ {2}replicas: 2$/m);
    assert.equal(await k("get deployment web -o name"), "deployment.apps/web\n");
    assert.equal(await k("get deployment web -o jsonpath={.spec.replicas}"), "2");
    assert.match(await k("get pods -l app=web -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName"), /^NAME +NODE\nweb-/);
    assert.match(await k("get pods -A --field-selector spec.nodeName=node-1,status.phase=Running"), /^NAMESPACE/);
    assert.equal(await k("get pods -l app=nothing --no-headers --ignore-not-found"), "");
    assert.match(await k("get all"), /service\/kubernetes/);
    await fails("get pod missing", /Error from server \(NotFound\): pods "missing" not found/);
  });

  test("get -w streams changes", async () => {
    const child = spawn("kubectl", ["get", "configmap", "-w", "-o", "name"], { env: { ...process.env, KUBECONFIG: cluster.kubeconfig } });
    let seen = "";
    child.stdout.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
    });
    await k("create configmap watched --from-literal=a=b");
    await eventually(async () => (seen.includes("configmap/watched") ? true : undefined));
    child.kill();
    await k("delete configmap watched");
  });

  test("describe every kind", async () => {
    const pod = (await k("get pods -l app=web -o name")).split("\n")[0] ?? "";
    const described = await k(`describe ${pod}`);
    for (const pattern of [
      /^Name: +web-/m,
      /^Status: +Running$/m,
      /Controlled By: +ReplicaSet\/web-/,
      /Normal +Scheduled/,
      /Normal +Pulled/,
      /Normal +Started/,
      /QoS Class: +BestEffort/,
    ]) {
      assert.match(described, pattern);
    }
    assert.match(await k("describe node node-1"), /Kernel Version:.*\n[\s\S]*Non-terminated Pods/);
    assert.match(await k("describe deployment web"), /Replicas: +2 desired \| 2 updated \| 2 total \| 2 available/);
    assert.match(await k("describe service kubernetes"), /Endpoints: +10\.89\.\d+\.1:6443/);
    const kinds = [
      "namespace default",
      "replicaset",
      "serviceaccount default",
      "configmap kube-root-ca.crt",
      "endpoints kubernetes",
      "endpointslice",
      "clusterrole view",
      "clusterrolebinding cluster-admin",
      "priorityclass",
      "role -n kube-system",
      "rolebinding -n kube-system",
      "lease -n kube-node-lease",
      "events",
    ];
    for (const kind of kinds) assert.notEqual(await k(`describe ${kind}`), "", kind);
  });

  test("create the common kinds", async () => {
    await k("create namespace made");
    await k("create configmap conf -n made --from-literal=key=value");
    await k("create secret generic creds -n made --from-literal=password=s3cret");
    await k("create serviceaccount robot -n made");
    await k(`create deployment hello -n made --image=${image} -- sh -c 'trap exit TERM; while true; do sleep 1; done'`);
    await k(`create job once -n made --image=${image} -- echo done`);
    assert.equal(await k("get secret creds -n made -o jsonpath={.data.password}"), Buffer.from("s3cret").toString("base64"));
    await k("wait --for=condition=complete job/once -n made --timeout=30s");
    assert.equal(await k("logs job/once -n made"), "done\n");
    assert.match(await k("create token robot -n made"), /^ey[\w-]+\.[\w-]+\.[\w-]+\s*$/);
    await fails("create namespace made", /AlreadyExists.*namespaces "made" already exists/);
    await k("delete namespace made --timeout=60s");
    await fails("get namespace made", /NotFound/);
  });

  test("run, logs, exec, attach and cp", async () => {
    await k(`run box --image=${image} --restart=Never -- sh -c 'echo one; echo two; echo three; sleep 3600'`);
    await k("wait --for=condition=Ready pod/box --timeout=30s");
    assert.equal(await k("logs box"), "one\ntwo\nthree\n");
    assert.equal(await k("logs box --tail=1"), "three\n");
    assert.equal(await k("logs box -c box --limit-bytes=3"), "one");
    assert.match(await k("logs box --timestamps --tail=1"), /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d) three\n$/);
    assert.equal(await k("logs box --since=1h"), "one\ntwo\nthree\n");

    assert.equal(await k("exec box -- echo hello"), "hello\n");
    assert.equal((await cluster.tryKubectl("exec box -- sh -c 'exit 7'")).code, 7);
    assert.equal(await k("exec -i box -- cat", { input: "through stdin" }), "through stdin");
    const large = await k("exec box -- sh -c 'yes 0123456789abcdef | head -c 5000000'");
    assert.equal(large.length, 5_000_000);

    const file = join(folder, "random.bin");
    writeFileSync(file, randomBytes(300_000));
    await k(`cp ${file} box:/tmp/copied.bin`);
    await k(`cp box:/tmp/copied.bin ${file}.back`);
    assert.deepEqual(readFileSync(`${file}.back`), readFileSync(file));
    await fails("logs box -c other", /container other is not valid for pod box/);
  });

  test("exec -t has a terminal of the client's size, and attach joins the running process", async () => {
    const typescript = join(folder, "typescript");
    const child = spawn("script", ["-qfec", "stty rows 33 cols 99; kubectl exec -it box -- sh -c 'sleep 1; stty size'", typescript], {
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
      stdio: ["pipe", "pipe", "pipe"],
    });
    await new Promise((resolve) => child.on("close", resolve));
    assert.match(readFileSync(typescript, "utf8"), /33 99/);
    await k(`run reader --image=${image} --restart=Never -i --rm -- sh -c 'read line; echo got $line'`, { input: "a line\n" }).then((output) =>
      assert.match(output, /got a line/),
    );
  });

  test("logs -f follows, and -p shows the container before", async () => {
    await k(`run ticker --image=${image} -- sh -c 'echo start; sleep 2; echo end; exit 1'`);
    await k("wait --for=condition=Ready pod/ticker --timeout=30s");
    assert.equal(await k("logs -f ticker"), "start\nend\n");
    await eventually(async () => ((await k("get pod ticker -o jsonpath={.status.containerStatuses[0].restartCount}")) >= "1" ? true : undefined));
    assert.equal(await k("logs -p ticker"), "start\nend\n");
    await k("delete pod ticker --now");
  });

  test("expose, port-forward to pod and service, and proxy", async () => {
    await k("expose deployment web --port=80 --target-port=http");
    assert.match(await k("get service web"), /ClusterIP +10\.96\./);
    for (const target of ["service/web 18080:80", `${(await k("get pods -l app=web -o name")).split("\n")[0]} 18080:8080`]) {
      await withBackground(["port-forward", ...target.split(" ")], /Forwarding from 127/, async () => {
        assert.match(await (await fetch("http://127.0.0.1:18080/hostname")).text(), /web-/);
      });
    }
    await withBackground(["proxy", "--port=18081"], /Starting to serve/, async () => {
      const base = "http://127.0.0.1:18081/api/v1/namespaces/default";
      assert.equal(((await (await fetch("http://127.0.0.1:18081/api/")).json()) as { kind: string }).kind, "APIVersions");
      assert.match(await (await fetch(`${base}/services/web:80/proxy/hostname`)).text(), /web-/);
    });
  });

  test("scale, set image, rollout history, undo, restart and status", async () => {
    await k("scale deployment web --replicas=1");
    await k("wait --for=jsonpath={.status.replicas}=1 deployment/web --timeout=30s");
    await k(`set image deployment/web httpd=${image}-missing`);
    await k("annotate deployment web kubernetes.io/change-cause=broken");
    assert.match(await k("rollout history deployment/web"), /^2 +broken$/m);
    await eventually(async () => (/ErrImagePull|ImagePullBackOff/.test(await k("get pods -l app=web")) ? true : undefined));
    await k("rollout undo deployment/web");
    assert.match(await k("rollout status deployment/web --timeout=60s"), /successfully rolled out/);
    assert.equal(await k("get deployment web -o jsonpath={.spec.template.spec.containers[0].image}"), image);
    await k("rollout restart deployment/web");
    assert.match(await k("rollout status deployment/web --timeout=60s"), /successfully rolled out/);
    assert.match(await k("rollout history deployment/web --revision=4"), /restartedAt/);
  });

  test("label, annotate, patch in all forms, edit and replace", async () => {
    await k("label deployment web tier=front");
    await k("label deployment web tier=back --overwrite");
    await k("label deployment web tier-");
    await k("annotate deployment web note=hi");
    await k(`patch deployment web -p '{"spec":{"revisionHistoryLimit":5}}'`);
    await k(`patch deployment web --type=merge -p '{"spec":{"minReadySeconds":1}}'`);
    await k(`patch deployment web --type=json -p '[{"op":"replace","path":"/spec/minReadySeconds","value":0}]'`);
    const editor = join(folder, "editor.sh");
    writeFileSync(editor, 'sed -i "s/revisionHistoryLimit: 5/revisionHistoryLimit: 6/" "$1"\n');
    assert.match(await k("edit deployment web", { env: { EDITOR: `sh ${editor}` } }), /edited/);
    assert.equal(await k("get deployment web -o jsonpath={.spec.revisionHistoryLimit}"), "6");
    const object = JSON.parse(await k("get deployment web -o json"));
    object.spec.revisionHistoryLimit = 7;
    assert.equal(await k("replace -f -", { input: JSON.stringify(object) }), "deployment.apps/web replaced\n");
    object.metadata.resourceVersion = "1";
    await cluster
      .tryKubectl("replace -f -", { input: JSON.stringify(object) })
      .then(({ stderr }) => assert.match(stderr, /Conflict|the object has been modified/));
  });

  test("explain reads the schema", async () => {
    assert.match(await k("explain pod.spec.containers.livenessProbe"), /FIELD: livenessProbe <Probe>/);
    assert.match(await k("explain deployment --recursive"), /maxUnavailable\s+<IntOrString>/);
    await fails("explain pod.spec.nothing", /field "nothing" does not exist/);
  });

  test("auth can-i and whoami", async () => {
    assert.equal(await k("auth can-i delete nodes"), "yes\n");
    const { stdout } = await cluster.tryKubectl("auth can-i list secrets --as=system:serviceaccount:default:default");
    assert.equal(stdout, "no\n");
    assert.match(await k("auth whoami"), /kubernetes-admin/);
    assert.match(await k("auth can-i --list"), /selfsubjectaccessreviews/);
    await fails("get secrets --as=nobody", /secrets is forbidden: User "nobody" cannot list resource "secrets" in API group "" in the namespace "default"/);
  });

  test("events tell what happened", async () => {
    assert.match(await k("events --types=Warning"), /Failed/);
    assert.match(await k("get events --field-selector reason=Scheduled"), /Successfully assigned/);
  });

  test("cordon, uncordon, taint and drain", async () => {
    await k("cordon node-2");
    assert.match(await k("get node node-2"), /Ready,SchedulingDisabled/);
    await k("uncordon node-2");
    await k("taint nodes node-2 dedicated=db:NoSchedule");
    await k("taint nodes node-2 dedicated-");
    await k("scale deployment web --replicas=4");
    await k("rollout status deployment/web --timeout=60s");
    await k("drain node-2 --ignore-daemonsets --delete-emptydir-data --force --grace-period=1 --timeout=60s");
    assert.equal(await k("get pods -l app=web --field-selector spec.nodeName=node-2 --no-headers"), "");
    await k("uncordon node-2");
  });

  test("validation errors say what Kubernetes says", async () => {
    const refused = async (text: string, pattern: RegExp) => {
      const { code, stderr } = await cluster.tryKubectl("apply -f -", { input: text });
      assert.notEqual(code, 0);
      assert.match(stderr, pattern);
    };
    await refused("apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\nspec: {containers: []}\n", /spec\.containers: Required value/);
    await refused(
      `apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\nspec: {containers: [{name: a, image: x, unknown: 1}]}\n`,
      /unknown field "spec\.containers\[0\]\.unknown"/,
    );
    await refused(
      "apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {ports: [{port: 70000}]}\n",
      /spec\.ports\[0\]\.port: Invalid value: 70000: must be between 1 and 65535, inclusive/,
    );
    await refused("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\n", /a lowercase RFC 1123 subdomain must consist of/);
  });

  test("delete: foreground, orphan, grace, force and by label", async () => {
    await k("delete deployment web --cascade=orphan");
    assert.match(await k("get replicasets -l app=web"), /web-/);
    await k("delete replicasets -l app=web --cascade=foreground --timeout=60s");
    await eventually(async () => ((await k("get pods -l app=web --no-headers")) === "" ? true : undefined));
    await k(`run gentle --image=${image} -- sleep 3600`);
    await k("wait --for=condition=Ready pod/gentle --timeout=30s");
    await k("delete pod gentle --grace-period=1 --timeout=30s");
    await k(`run blunt --image=${image} -- sleep 3600`);
    await k("wait --for=condition=Ready pod/blunt --timeout=30s");
    await k("delete pod blunt --grace-period=0 --force");
    await fails("get pod blunt", /NotFound/);
    await k("delete service web");
  });

  /** Runs a kubectl that stays, until `work` is done. */
  async function withBackground(args: string[], ready: RegExp, work: () => Promise<void>): Promise<void> {
    const child = spawn("kubectl", args, { env: { ...process.env, KUBECONFIG: cluster.kubeconfig } });
    const closed = new Promise((resolve) => child.once("close", resolve));
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    try {
      await eventually(async () => (ready.test(output) ? true : undefined), 10_000);
      await work();
    } finally {
      child.kill();
      await closed;
    }
  }
});
