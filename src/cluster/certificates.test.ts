import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { CertificateAuthority } from "./certificates.ts";

const now = Date.now();

test("a client certificate carries the user as CN and the groups as O, signed by its authority", async () => {
  const ca = await CertificateAuthority.create("coracle-ca", now);
  const pair = await ca.issue({ commonName: "system:node:node-1", organizations: ["system:nodes"], usage: "client" }, now);
  const leaf = new X509Certificate(pair.certificate);
  assert.equal(leaf.subject, "O=system:nodes\nCN=system:node:node-1");
  assert.ok(leaf.verify(new X509Certificate(ca.pem.certificate).publicKey));
  assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
});

test("an authority loaded from PEM signs certificates the original would have signed", async () => {
  const original = await CertificateAuthority.create("coracle-ca", now);
  const loaded = await CertificateAuthority.load(original.pem);
  const pair = await loaded.issue({ commonName: "kube-apiserver", usage: "server", dnsNames: ["kubernetes"], ipAddresses: ["10.96.0.1"] }, now);
  const leaf = new X509Certificate(pair.certificate);
  assert.ok(leaf.verify(new X509Certificate(original.pem.certificate).publicKey));
  assert.equal(leaf.subjectAltName, "DNS:kubernetes, IP Address:10.96.0.1");
  assert.ok(leaf.checkIP("10.96.0.1"));
});
