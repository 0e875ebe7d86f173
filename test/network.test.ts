/** Pod network, Services and DNS as pods on two nodes see them, with real packets. Row ids are those of the conformance tests' behaviours. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import dnsPacket from "dns-packet";
import { agentPod, agentPort, ask, type Dialled, dial } from "./support/agent-pod.ts";
import { eventually, startTestCluster, type TestCluster, whyNoCluster } from "./support/cluster.ts";

const domain = "cluster.local";
const udpPort = agentPort + 1;
const web = { app: "web" };

const service = (name: string, spec: object, more: object = {}) => ({ apiVersion: "v1", kind: "Service", metadata: { name, ...more }, spec });
const webPorts = [
  { name: "http", port: 80, targetPort: "http" },
  { name: "dgram", port: 80, protocol: "UDP", targetPort: udpPort },
];
const webContainer = { ports: [{ name: "http", containerPort: agentPort }] };

const objects = [
  agentPod("client", { app: "client" }, { nodeName: "node-1" }),
  agentPod("web-1", web, { nodeName: "node-1", hostname: "first", subdomain: "peers" }, webContainer),
  agentPod("web-2", web, { nodeName: "node-2", hostname: "second", subdomain: "peers" }, webContainer),
  agentPod("on-host", { app: "on-host" }, { nodeName: "node-1", hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }, {}, { PORT: "7080" }),
  service("web", { selector: web, ports: webPorts }),
  service("node-web", { type: "NodePort", selector: web, ports: webPorts }),
  service("peers", { clusterIP: "None", selector: web, ports: [{ name: "http", port: agentPort }] }),
  service("self", { selector: { app: "client" }, ports: [{ port: 80, targetPort: agentPort }] }),
  service("empty", { selector: { app: "nobody" }, ports: [{ port: 80 }] }),
  service("elsewhere", { type: "ExternalName", externalName: "web.default.svc.cluster.local" }),
];

describe("network", { skip: whyNoCluster(), concurrency: false }, () => {
  let cluster: TestCluster;
  const k = (args: string | readonly string[], options = {}) => cluster.kubectl(args, options);
  const field = (object: string, path: string) => k(["get", ...object.split(" "), "-o", `jsonpath={${path}}`]);
  const apply = (...items: object[]) => k("apply -f -", { input: items.map((item) => JSON.stringify(item)).join("\n") });
  const hears = (target: Dialled, from = "client") => dial(cluster, from, target);
  /** Until every one of `count` tries is answered by exactly these. */
  const settles = (target: Dialled, answers: readonly string[], from = "client") =>
    eventually(async () => {
      const heard = [...new Set(await hears({ count: 12, ...target }, from))].sort();
      assert.deepEqual(heard, [...answers].sort());
      return true;
    }, 15_000);
  const patch = (name: string, spec: object) => k(["patch", "service", name, "--type=merge", "-p", JSON.stringify({ spec })]);

  before(async () => {
    cluster = await startTestCluster("network", 2);
    await eventually(async () => (await apply(...objects)) || undefined);
    await k("wait --for=condition=Ready pod --all --timeout=60s");
  });
  after(async () => {
    await cluster?.remove();
  });

  // NE-11
  test("pods reach pods on their own and on the other node over TCP and UDP, and are seen under their own address", async () => {
    const own = await field("pod client", ".status.podIP");
    for (const [pod, name] of [["web-1", "first"] as const, ["web-2", "second"] as const]) {
      const host = await field(`pod ${pod}`, ".status.podIP");
      assert.deepEqual(await hears({ host, port: agentPort }), [name]);
      assert.deepEqual(await hears({ host, port: udpPort, protocol: "udp" }), [name]);
      assert.deepEqual(await hears({ host, port: agentPort, request: "clientip" }), [own]);
      assert.deepEqual(await hears({ host, port: udpPort, protocol: "udp", request: "clientip" }), [own]);
    }
  });

  test("a pod on the host's network has its node's name, and a cluster IP that no Service has leads nowhere", async () => {
    assert.equal((await k("exec on-host -- hostname")).trim(), "node-1");
    const { stdout } = await cluster.tryKubectl([
      "exec",
      "client",
      "--",
      "sh",
      "-c",
      "timeout 2 wget -q -O- http://10.96.250.250/ && echo answered || echo nobody",
    ]);
    assert.equal(stdout.trim(), "nobody");
  });

  // NE-11
  test("a node reaches pods on both nodes", async () => {
    for (const [pod, name] of [["web-1", "first"] as const, ["web-2", "second"] as const]) {
      const host = await field(`pod ${pod}`, ".status.podIP");
      const { stdout } = await cluster.tryKubectl(["exec", "on-host", "--", "wget", "-q", "-O-", `http://${host}:${agentPort}/hostname`]);
      assert.equal(stdout, name);
    }
  });

  // NE-14
  test("a ClusterIP spreads over the Service's pods by address and by name, TCP and UDP on the same port", async () => {
    const host = await field("service web", ".spec.clusterIP");
    const both = ["first", "second"];
    await settles({ host, port: 80, count: 16 }, both);
    await settles({ host, port: 80, protocol: "udp", count: 16 }, both);
    for (const name of ["web", "web.default", "web.default.svc", `web.default.svc.${domain}`]) await settles({ host: name, port: 80 }, both);
    assert.ok((await hears({ host, port: 80, request: "clientip", count: 4 })).every((address) => address.startsWith("10.")));
    assert.deepEqual(new Set(await hears({ host, port: 80, request: "clientip", count: 4 })), new Set([await field("pod client", ".status.podIP")]));
  });

  // NE-14
  test("a node port answers on every node, and its Service's ClusterIP too", async () => {
    const port = Number(await field("service node-web", ".spec.ports[0].nodePort"));
    const dgram = Number(await field("service node-web", ".spec.ports[1].nodePort"));
    for (const node of ["node-1", "node-2"]) {
      const host = await field(`node ${node}`, ".status.addresses[0].address");
      await settles({ host, port, count: 16 }, ["first", "second"]);
      await settles({ host, port: dgram, protocol: "udp", count: 16 }, ["first", "second"]);
    }
  });

  // NE-14
  test("a pod reaches itself through its own Service", async () => {
    await settles({ host: "self", port: 80, count: 3 }, ["client"]);
  });

  // NE-14
  test("a Service without endpoints refuses at once", async () => {
    const host = await field("service empty", ".spec.clusterIP");
    const start = performance.now();
    assert.deepEqual(await hears({ host, port: 80 }), ["error: ECONNREFUSED"]);
    assert.ok(performance.now() - start < 1_500, "it took too long");
  });

  // NE-15
  test("session affinity keeps a client at one pod, on ClusterIP and node port, until it is switched off", async () => {
    const host = await field("service node-web", ".spec.clusterIP");
    const nodePort = Number(await field("service node-web", ".spec.ports[0].nodePort"));
    const node = await field("node node-1", ".status.addresses[0].address");
    for (const target of [
      { host, port: 80 },
      { host: node, port: nodePort },
    ]) {
      await patch("node-web", { sessionAffinity: "ClientIP" });
      assert.equal(await field("service node-web", ".spec.sessionAffinityConfig.clientIP.timeoutSeconds"), "10800");
      await eventually(async () => {
        assert.equal(new Set(await hears({ ...target, count: 20 })).size, 1);
        return true;
      });
      await patch("node-web", { sessionAffinity: "None" });
      await settles({ ...target, count: 20 }, ["first", "second"]);
    }
  });

  // NE-14
  test("UDP flows are cut when their port goes, and find the new pod when theirs went", async () => {
    const host = await field("service web", ".spec.clusterIP");
    const flow = { host, port: 80, protocol: "udp", localPort: 4_321 } as const;
    await k("label pod web-1 app=away --overwrite");
    await settles({ ...flow, count: 3 }, ["second"]);
    await k("label pod web-1 app=web --overwrite");
    await k("label pod web-2 app=away --overwrite");
    await settles({ ...flow, count: 3 }, ["first"]);
    await k("label pod web-2 app=web --overwrite");
    await patch("web", { ports: [webPorts[0]] });
    await eventually(async () => {
      assert.match((await hears(flow)).join(), /error/);
      return true;
    });
    await settles({ host, port: 80 }, ["first", "second"]);
    await patch("web", { ports: webPorts });
    await eventually(async () => (/first|second/.test((await hears(flow)).join()) ? true : undefined));
  });

  // NE-14
  test("a Service changes its type there and back, and gives its address and node ports up on the way", async () => {
    await apply(service("changing", { selector: web, type: "NodePort", ports: [{ port: 80, targetPort: agentPort }] }));
    await settles({ host: "changing", port: 80 }, ["first", "second"]);
    await patch("changing", { type: "ExternalName", externalName: `peers.default.svc.${domain}` });
    assert.equal(await field("service changing", ".spec.clusterIP"), "");
    assert.equal(await field("service changing", ".spec.ports[0].nodePort"), "");
    // A resolver may prefer one of a headless Service's addresses for good.
    await eventually(async () => (/^(first|second)$/.test((await hears({ host: "changing", port: agentPort }))[0] ?? "") ? true : undefined));
    await patch("changing", { type: "ClusterIP", externalName: null });
    assert.match(await field("service changing", ".spec.clusterIP"), /^10\.96\./);
    await settles({ host: "changing", port: 80 }, ["first", "second"]);
    await k("delete service changing");
  });

  // NE-02, NE-06
  test("a Service without selector leads to hand-written slices, and to Endpoints through their mirror", async () => {
    const address = await field("pod web-2", ".status.podIP");
    const ports = [{ name: "a", port: 81 }];
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "hand-1", labels: { "kubernetes.io/service-name": "hand", "endpointslice.kubernetes.io/managed-by": "test" } },
      addressType: "IPv4",
      ports: [{ name: "a", port: agentPort }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    };
    const endpoints = {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: { name: "mirrored" },
      subsets: [{ addresses: [{ ip: address }], ports: [{ name: "a", port: agentPort }] }],
    };
    await apply(service("hand", { ports }), slice, service("mirrored", { ports }), endpoints);
    await settles({ host: "hand", port: 81, count: 2 }, ["second"]);
    await settles({ host: "mirrored", port: 81, count: 2 }, ["second"]);
    await k("delete endpoints mirrored");
    await eventually(async () => ((await k("get endpointslice -l kubernetes.io/service-name=mirrored -o name")) === "" ? true : undefined));
    await k("delete service hand mirrored");
  });

  // NE-05, NE-07
  test("Endpoints and slices follow selectors, named ports and the Service's end", async () => {
    assert.match(await field("endpointslice -l kubernetes.io/service-name=web", ".items[*].endpoints[*].targetRef.name"), /web-1.*web-2|web-2.*web-1/);
    assert.equal(await field("endpoints web", ".subsets[0].addresses[*].targetRef.kind"), "Pod Pod");
    const empty = JSON.parse(await k("get endpointslice -l kubernetes.io/service-name=empty -o json")).items;
    assert.equal(empty.length, 1);
    assert.deepEqual(empty[0].endpoints ?? [], []);
    assert.equal(empty[0].metadata.labels["endpointslice.kubernetes.io/managed-by"], "endpointslice-controller.k8s.io");
    await k("delete service empty");
    await eventually(async () => ((await k("get endpoints,endpointslice -l kubernetes.io/service-name=empty -o name")) === "" ? true : undefined));
    await eventually(async () => ((await cluster.tryKubectl("get endpoints empty")).code !== 0 ? true : undefined));
  });

  // NE-01
  test("a pod asks the API server as kubernetes.default.svc, with its mounted token and CA", async () => {
    for (const host of ["", "kubernetes.default.svc"]) {
      const answer = await ask(cluster, "client", "api", { path: "/version", ...(host === "" ? {} : { host }) });
      assert.match(answer, /^200 /);
      assert.equal(JSON.parse(answer.slice(4)).major, "1");
    }
    assert.match(await ask(cluster, "client", "api", { path: "/api/v1/namespaces/default/secrets" }), /^403 .*system:serviceaccount:default:default/s);
    assert.equal(await field("endpoints kubernetes", ".subsets[0].addresses[0].ip"), await field("endpointslice kubernetes", ".endpoints[0].addresses[0]"));
  });

  // NE-14
  test("a pod's environment names the Services that were there before it", async () => {
    await apply(agentPod("late", { app: "late" }));
    await k("wait --for=condition=Ready pod/late --timeout=30s");
    const env = JSON.parse(await ask(cluster, "late", "env"));
    assert.equal(env.WEB_SERVICE_HOST, await field("service web", ".spec.clusterIP"));
    assert.equal(env.WEB_SERVICE_PORT, "80");
    assert.equal(env.WEB_SERVICE_PORT_HTTP, "80");
    assert.equal(env.KUBERNETES_SERVICE_HOST, "10.96.0.1");
    assert.equal(env.PEERS_SERVICE_HOST, undefined);
    await k("delete pod late --wait=false");
  });

  describe("DNS", () => {
    let server = "";
    before(async () => {
      server = /nameserver (\S+)/.exec(await ask(cluster, "client", "file", { path: "/etc/resolv.conf" }))?.[1] ?? "";
    });
    /** The records' data as text, as a pod gets them from its own name server. */
    async function resolve(name: string, type: string, protocol: "tcp" | "udp"): Promise<string[]> {
      const query = { type: "query", id: 7, flags: dnsPacket.RECURSION_DESIRED, questions: [{ type, name }] } as dnsPacket.Packet;
      const bytes = protocol === "tcp" ? dnsPacket.streamEncode(query) : dnsPacket.encode(query);
      const answer = Buffer.from(await ask(cluster, "client", "send", { protocol, host: server, port: 53, bytes: bytes.toString("base64") }), "base64");
      const { answers = [] } = protocol === "tcp" ? dnsPacket.streamDecode(answer) : dnsPacket.decode(answer);
      const words = answers.map((record) => {
        const { data } = record as { data: string | { port: number; target: string } };
        return typeof data === "string" ? data : `${data.port} ${data.target}`;
      });
      return words.sort();
    }

    // NE-03, NE-04
    test("a pod's resolv.conf has the name server and its namespace's search domains", async () => {
      assert.equal(server, await field("service kube-dns -n kube-system", ".spec.clusterIP"));
      const text = await ask(cluster, "client", "file", { path: "/etc/resolv.conf" });
      assert.match(text, /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local/m);
      assert.match(text, /^options ndots:5$/m);
    });

    // NE-03
    test("names of Services, of their ports and of pods resolve over UDP and TCP", async () => {
      const [first, second, address, kubernetes] = await Promise.all([
        field("pod web-1", ".status.podIP"),
        field("pod web-2", ".status.podIP"),
        field("service web", ".spec.clusterIP"),
        field("service kubernetes", ".spec.clusterIP"),
      ]);
      const reverse = `${address.split(".").reverse().join(".")}.in-addr.arpa`;
      const zone = `default.svc.${domain}`;
      const table: readonly [name: string, type: string, answers: string[]][] = [
        [`kubernetes.${zone}`, "A", [kubernetes]],
        [`web.${zone}`, "A", [address]],
        [`peers.${zone}`, "A", [first, second].sort()],
        [`first.peers.${zone}`, "A", [first]],
        [`${first.replaceAll(".", "-")}.default.pod.${domain}`, "A", [first]],
        [`_http._tcp.web.${zone}`, "SRV", [`80 web.${zone}`]],
        [`_dgram._udp.web.${zone}`, "SRV", [`80 web.${zone}`]],
        [`_http._tcp.peers.${zone}`, "SRV", [`${agentPort} first.peers.${zone}`, `${agentPort} second.peers.${zone}`]],
        [reverse, "PTR", [`web.${zone}`]],
        [`${first.split(".").reverse().join(".")}.in-addr.arpa`, "PTR", [`first.peers.${zone}`]],
        [`nothing.${zone}`, "A", []],
      ];
      for (const [name, type, answers] of table)
        for (const protocol of ["udp", "tcp"] as const) assert.deepEqual(await resolve(name, type, protocol), answers, `${type} ${name} over ${protocol}`);
    });

    // NE-03
    test("an ExternalName is an alias that follows its Service", async () => {
      assert.ok((await resolve(`elsewhere.default.svc.${domain}`, "CNAME", "udp")).includes(`web.default.svc.${domain}`));
      await patch("elsewhere", { externalName: "bar.example.com" });
      await eventually(async () => ((await resolve(`elsewhere.default.svc.${domain}`, "CNAME", "udp")).join() === "bar.example.com" ? true : undefined));
      await patch("elsewhere", { type: "ClusterIP", externalName: null, ports: [{ port: 80 }] });
      const address = await field("service elsewhere", ".spec.clusterIP");
      await eventually(async () => ((await resolve(`elsewhere.default.svc.${domain}`, "A", "udp")).join() === address ? true : undefined));
    });

    // NE-03
    test("a pod knows itself by its host name and its full name", async () => {
      const hosts = await ask(cluster, "web-1", "file", { path: "/etc/hosts" });
      assert.match(hosts, new RegExp(`^${await field("pod web-1", ".status.podIP")}\\s+first\\.peers\\.default\\.svc\\.cluster\\.local\\s+first$`, "m"));
    });
  });

  // NE-08
  test("host ports differ by address and protocol, 127.0.0.1 among them", async () => {
    const host = await field("node node-1", ".status.addresses[0].address");
    const hostPort = 54_323;
    const on = (name: string, hostIP: string, protocol: string) => {
      const containerPort = protocol === "UDP" ? udpPort : agentPort;
      return agentPod(name, { app: "host-port" }, { nodeName: "node-1" }, { ports: [{ containerPort, hostPort, hostIP, protocol }] });
    };
    await apply(on("port-local", "127.0.0.1", "TCP"), on("port-tcp", host, "TCP"), on("port-udp", host, "UDP"));
    await k("wait --for=condition=Ready pod -l app=host-port --timeout=30s");
    const node = async (...command: string[]) => (await k(["exec", "on-host", "--", ...command])).trim();
    const asked = async (query: string) => JSON.parse(await node("wget", "-q", "-O-", `http://127.0.0.1:7080/dial?${query}`));
    assert.deepEqual(await asked(`host=127.0.0.1&port=${hostPort}`), ["port-local"]);
    assert.deepEqual(await asked(`host=${host}&port=${hostPort}`), ["port-tcp"]);
    assert.deepEqual(await asked(`host=${host}&port=${hostPort}&protocol=udp`), ["port-udp"]);
    assert.deepEqual(await asked(`host=127.0.0.1&port=${hostPort}&localAddress=${host}`), ["port-local"]);
    await k("delete pod -l app=host-port --wait=false");
  });

  // NE-12
  test("the API server is a proxy to pods and Services, by name and port", async () => {
    const raw = (path: string) => k(["get", "--raw", `/api/v1/namespaces/default/${path}`]);
    for (const pod of ["pods/web-1/proxy", `pods/web-1:${agentPort}/proxy`, `pods/http:web-1:${agentPort}/proxy`])
      assert.equal(await raw(`${pod}/hostname`), "first");
    for (const name of ["services/web:http/proxy", "services/web:80/proxy", "services/http:web:http/proxy"])
      assert.match(await raw(`${name}/hostname`), /^(first|second)$/);
    assert.match(await raw("pods/web-1/proxy/page"), /href="\/api\/v1\/namespaces\/default\/pods\/web-1\/proxy\/elsewhere"/);
    const sent = await k(["create", "--raw", "/api/v1/namespaces/default/pods/web-1/proxy/any?method=POST", "-f", "-"], { input: "{}" });
    assert.deepEqual(JSON.parse(sent), { method: "POST", url: "/any?method=POST", body: "{}" });
  });

  // NE-13 in small
  test("a hundred Services get their slices within seconds", async () => {
    const names = Array.from({ length: 100 }, (_, index) => `many-${index}`);
    const start = performance.now();
    await apply(...names.map((name) => service(name, { selector: web, ports: [{ port: 80 }] }, { labels: { many: "yes" } })));
    await eventually(async () => {
      const slices = JSON.parse(await k("get endpointslice -l many=yes -o json")).items as { endpoints?: unknown[] }[];
      return slices.length === names.length && slices.every(({ endpoints }) => endpoints?.length === 2) ? true : undefined;
    });
    assert.ok(performance.now() - start < 15_000);
    await settles({ host: "many-99", port: 80, count: 1 }, ["error: ECONNREFUSED"]);
    // Unlike kubectl's own `delete -l`, which deletes one by one and throttles itself.
    await k(["delete", "--raw", "/api/v1/namespaces/default/services?labelSelector=many%3Dyes"]);
    assert.equal(await k("get service -l many=yes -o name"), "", "DELETECOLLECTION leaves none");
    assert.match(await k("get service -A"), /default +kubernetes/);
  });

  test("balancers ask nodes for their health, and whether they have endpoints of a Service with local traffic (KEP-3836)", async () => {
    const [here, there] = await Promise.all(["node-1", "node-2"].map((node) => field(`node ${node}`, ".status.addresses[0].address")));
    const fetched = (url: string, from = "client") => k(["exec", from, "--", "wget", "-q", "-O-", url]);
    assert.deepEqual(Object.keys(JSON.parse(await fetched(`http://${here}:10256/healthz`))), [
      "lastUpdated",
      "currentTime",
      "healthy",
      "status",
      "nodeEligible",
    ]);
    assert.equal(JSON.parse(await fetched(`http://${there}:10256/livez`)).healthy, true);
    assert.equal(await fetched("http://127.0.0.1:10249/proxyMode", "on-host"), "nftables");
    assert.match(await fetched("http://127.0.0.1:10249/metrics", "on-host"), /^kubeproxy_sync_proxy_rules_last_timestamp_seconds\{ip_family="IPv4"\} \d/m);
    await apply(service("balanced", { type: "LoadBalancer", externalTrafficPolicy: "Local", selector: { app: "client" }, ports: [{ port: 80 }] }));
    const port = await field("service balanced", ".spec.healthCheckNodePort");
    await eventually(async () => {
      assert.equal(JSON.parse(await fetched(`http://${here}:${port}/`)).localEndpoints, 1);
      return true;
    });
    // wget prints no body with what is no success.
    const refusal = (url: string) => cluster.tryKubectl(["exec", "client", "--", "wget", "-O-", url]).then(({ stderr }) => stderr);
    assert.match(await refusal(`http://${there}:${port}/`), /503 Service Unavailable/);
    await k("delete service balanced");
    await eventually(async () => {
      assert.match(await refusal(`http://${here}:${port}/`), /refused/);
      return true;
    });
  });

  // NE-16
  test("a load balancer of another class is left alone", async () => {
    const spec = { type: "LoadBalancer", loadBalancerClass: "example.com/internal-vip", selector: web, ports: [{ port: 80, targetPort: agentPort }] };
    await apply(service("foreign", spec));
    assert.match(await field("service foreign", ".spec.ports[0].nodePort"), /^3\d+$/);
    assert.equal(await field("service foreign", ".status.loadBalancer.ingress"), "");
    await k(["patch", "service", "foreign", "--subresource=status", "--type=merge", "-p", '{"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.1"}]}}}']);
    assert.equal(await field("service foreign", ".status.loadBalancer.ingress[0].ip"), "203.0.113.1");
    await settles({ host: "203.0.113.1", port: 80, count: 6 }, ["first", "second"]);
    await k("delete service foreign");
  });
});
