/** Requests, as kubelets and users make them, against the real API server and authority. */
import "reflect-metadata";
import assert from "node:assert/strict";
import { webcrypto, X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import * as x509 from "@peculiar/x509";
import type { Client } from "../../client/client.ts";
import { certificateSigningRequests, clusterRoleBindings, configMaps } from "../../client/resources.ts";
import { createCluster, type InProcessCluster } from "../../testing/create-cluster.ts";

let cluster: InProcessCluster;
before(async () => {
  cluster = await createCluster({ nodes: 1 });
  await cluster.ready();
});
after(() => cluster.stop());

async function eventually<T>(what: string, ready: () => Promise<T | undefined | false>, seconds = 10): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; ) {
    const found = await ready();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

const ec = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const rsa = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };

async function ask(
  client: Client,
  name: string,
  signer: string,
  subject: string,
  usages: string[],
  algorithm = ec as typeof rsa | typeof ec,
  dns: string[] = [],
) {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const names = dns.map((value) => ({ type: "dns" as const, value }));
  const extensions = names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: subject, keys, signingAlgorithm: algorithm, extensions });
  const spec = { request: btoa(request.toString("pem")), signerName: `kubernetes.io/${signer}`, usages, expirationSeconds: 3600 };
  await client.of(certificateSigningRequests).create({ metadata: { name }, spec });
}

const status = async (name: string) => (await cluster.client.of(certificateSigningRequests).get(name)).status;
const issued = (name: string) =>
  eventually(`certificate of ${name}`, async () => {
    const certificate = (await status(name))?.certificate ?? "";
    return certificate !== "" && new X509Certificate(atob(certificate));
  });

async function approve(name: string): Promise<void> {
  const condition = { type: "Approved", status: "True", reason: "Test", message: "by hand" };
  await cluster.client.of(certificateSigningRequests).patch(name, { status: { conditions: [condition] } }, { type: "merge" }, "approval");
}

test("a joining kubelet's request is approved and signed by itself once its group may ask", async () => {
  const kubelet = cluster.clientFor("system:bootstrap:abcdef", "system:bootstrappers");
  for (const role of ["system:node-bootstrapper", "system:certificates.k8s.io:certificatesigningrequests:nodeclient"]) {
    const subjects = [{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "system:bootstrappers" }];
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role };
    await cluster.client.of(clusterRoleBindings).create({ metadata: { name: `test:${role.split(":").at(-1)}` }, subjects, roleRef });
  }
  await eventually("permission", async () =>
    kubelet
      .of(certificateSigningRequests)
      .list()
      .then(
        () => true,
        () => false,
      ),
  );
  await ask(kubelet, "join", "kube-apiserver-client-kubelet", "O=system:nodes, CN=system:node:n9", ["digital signature", "client auth"]);
  const certificate = await issued("join");
  const ca = new X509Certificate((await cluster.client.of(configMaps).in("default").get("kube-root-ca.crt")).data?.["ca.crt"] ?? "");
  assert.ok(certificate.verify(ca.publicKey) && certificate.checkIssued(ca));
  assert.equal(certificate.subject, "O=system:nodes\nCN=system:node:n9");
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
  const left = certificate.validToDate.getTime() - Date.now();
  assert.ok(left > 3_500_000 && left <= 3_600_000, `${left}`);
  assert.equal((await status("join"))?.conditions?.[0]?.reason, "AutoApproved");
});

test("a user's request waits for approval; RSA keys are welcome", async () => {
  await ask(cluster.client, "jane", "kube-apiserver-client", "CN=jane", ["client auth"], rsa);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal((await status("jane"))?.conditions, undefined);
  await approve("jane");
  const certificate = await issued("jane");
  assert.deepEqual([certificate.subject, certificate.publicKey.asymmetricKeyType], ["CN=jane", "rsa"]);
});

test("a serving certificate has the names asked for; what the signer refuses fails", async () => {
  const usages = ["digital signature", "server auth"];
  await ask(cluster.client, "serving", "kubelet-serving", "O=system:nodes, CN=system:node:n9", usages, ec, ["n9"]);
  await ask(cluster.client, "nameless", "kubelet-serving", "O=system:nodes, CN=system:node:n9", usages);
  await Promise.all([approve("serving"), approve("nameless")]);
  assert.equal((await issued("serving")).subjectAltName, "DNS:n9");
  const failed = await eventually("failure", async () => (await status("nameless"))?.conditions?.find((condition) => condition.type === "Failed"));
  assert.deepEqual([failed.reason, failed.message], ["SignerValidationFailure", "at least one DNS or IP subjectAltName is required"]);
});
