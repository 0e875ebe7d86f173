import assert from "node:assert/strict";
import { test } from "node:test";
import type { CertificateSigningRequest } from "../../api/certificates/v1/certificate-signing-request.ts";
import { recognize } from "./approving-controller.ts";
import { isOver } from "./cleaner-controller.ts";
import { lifetimeSeconds, refusal } from "./rules.ts";
import type { RequestedCertificate } from "./signer.ts";
import { awaitsSignature } from "./signing-controller.ts";

const node: RequestedCertificate = {
  commonName: "system:node:a",
  organizations: ["system:nodes"],
  dnsNames: [],
  ipAddresses: [],
  emailAddresses: [],
  uris: [],
};
const client = ["digital signature", "client auth"];
const serving = ["digital signature", "key encipherment", "server auth"];
const signer = (name: string) => `kubernetes.io/${name}`;

test("what each signer refuses", () => {
  const rows: [string, RequestedCertificate, string[], string | undefined][] = [
    ["kube-apiserver-client", { ...node, organizations: ["dev"] }, ["client auth"], undefined],
    ["kube-apiserver-client", node, ["digital signature"], "missing required usage for client certificate: client auth"],
    ["kube-apiserver-client", node, ["client auth", "server auth"], "invalid usage for client certificate: server auth"],
    ["kube-apiserver-client-kubelet", node, client, undefined],
    ["kube-apiserver-client-kubelet", { ...node, organizations: ["system:nodes", "b"] }, client, "subject organization is not system:nodes"],
    ["kube-apiserver-client-kubelet", { ...node, dnsNames: ["a"] }, client, "DNS subjectAltNames are not allowed"],
    ["kube-apiserver-client-kubelet", { ...node, commonName: "a" }, client, "subject common name does not begin with system:node:"],
    ["kube-apiserver-client-kubelet", node, serving, "usages did not match [digital signature client auth]"],
    ["kubelet-serving", { ...node, ipAddresses: ["10.0.0.1"] }, serving, undefined],
    ["kubelet-serving", node, serving, "at least one DNS or IP subjectAltName is required"],
    ["kubelet-serving", { ...node, dnsNames: ["a"], uris: ["x:y"] }, serving, "URI subjectAltNames are not allowed"],
  ];
  for (const [name, wanted, usages, expected] of rows) assert.equal(refusal(signer(name), wanted, usages), expected, `${name} ${JSON.stringify(wanted)}`);
});

test("lifetimes lie between ten minutes and a year", () => {
  assert.deepEqual([undefined, 1, 3600, 10 ** 9].map(lifetimeSeconds), [31_536_000, 600, 3600, 31_536_000]);
});

const request = (username: string, status: object = {}, name = "kube-apiserver-client-kubelet"): CertificateSigningRequest => ({
  apiVersion: "certificates.k8s.io/v1",
  kind: "CertificateSigningRequest",
  metadata: { name: "r", uid: "u", creationTimestamp: "2026-01-01T00:00:00Z" },
  spec: { request: "", signerName: signer(name), username, usages: client },
  status,
});

test("nodes' own requests and those of bootstrap tokens are recognized, others wait for a human", () => {
  const permissions = (subject: CertificateSigningRequest) => recognize(subject, node).map((item) => item.permission);
  assert.deepEqual(permissions(request("system:node:a")), ["selfnodeclient", "nodeclient"]);
  assert.deepEqual(permissions(request("system:bootstrap:abcdef")), ["nodeclient"]);
  assert.deepEqual(permissions(request("system:node:a", {}, "kube-apiserver-client")), []);
});

test("which requests await a signature, and which are over", () => {
  const at = (type: string, hour: number) => ({ type, status: "True", lastUpdateTime: `2026-01-01T0${hour}:00:00Z` });
  const now = Date.UTC(2026, 0, 1, 3);
  const expiry = () => Date.UTC(2027, 0, 1);
  const rows: [object, boolean, boolean][] = [
    [{}, false, false],
    [{ conditions: [at("Approved", 1)] }, true, false],
    [{ conditions: [at("Approved", 1), at("Failed", 1)] }, false, true],
    [{ conditions: [at("Denied", 1)] }, false, true],
    [{ conditions: [at("Denied", 2)] }, false, false],
    [{ conditions: [at("Approved", 1)], certificate: "YQ==" }, false, true],
    [{ conditions: [at("Approved", 2)], certificate: "YQ==" }, false, false],
  ];
  for (const [status, awaits, over] of rows) {
    const subject = request("u", status);
    assert.deepEqual([awaitsSignature(subject), isOver(subject, expiry, now)], [awaits, over], JSON.stringify(status));
  }
  assert.equal(isOver(request("u"), expiry, now + 24 * 3_600_000), true, "pending for a day");
  assert.equal(
    isOver(request("u", { conditions: [at("Approved", 2)], certificate: "YQ==" }), () => now - 1, now),
    true,
    "the certificate has ended",
  );
});
