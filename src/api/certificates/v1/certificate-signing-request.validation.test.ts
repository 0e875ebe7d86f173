/** The checks of pkg/apis/certificates/validation, and who may write what. */
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { examples } from "../../examples.ts";
import { type Change, probeCreates, probeSubresource, probeUpdates } from "../../probes.ts";
import { certificateSigningRequests as requests } from "./certificate-signing-request.ts";
import { certificateProblem, requestProblem } from "./pem.ts";

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const base = examples["certificates.k8s.io/certificatesigningrequests"]!;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const pem = (type: string, der: Buffer, headers = "") => base64(`-----BEGIN ${type}-----\n${headers}${der.toString("base64")}\n-----END ${type}-----\n`);
const derOf = (request: string) =>
  Buffer.from(
    Buffer.from(request, "base64")
      .toString()
      .replace(/-----[^-]+-----/g, ""),
    "base64",
  );

test("requests", () => {
  const signer = (name: string): Change => ({ "spec.signerName": name });
  const request = "a.example.com/b";
  assert.deepEqual(requests.strategy.validateName?.("any Name:1"), []);
  probeCreates(requests, base, [
    [{ "spec.request": base64("x") }, `spec.request: Invalid value: "${base64("x")}": PEM block type must be CERTIFICATE REQUEST`],
    [{ "spec.usages": [] }, "spec.usages: Required value"],
    [{ "spec.usages": ["client auth", "client auth"] }, 'spec.usages[1]: Duplicate value: "client auth"'],
    [{ "spec.expirationSeconds": 599 }, "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)"],
    [signer(""), "spec.signerName: Required value"],
    [signer(request)],
    [signer("a"), 'spec.signerName: Invalid value: "a": must be a fully qualified domain and path of the form "example.com/signer-name"'],
    [signer("a/b"), 'spec.signerName: Invalid value: "a": should be a domain with at least two segments separated by dots'],
    [signer("A.b/c"), `spec.signerName: Invalid value: "A.b": validating label "A": ${label}`],
    [signer("a.b/C"), `spec.signerName: Invalid value: "C": validating label "C": ${subdomain}`],
    [
      signer("kubernetes.io/legacy-unknown"),
      'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
    ],
  ]);
  probeUpdates(requests, base, [[{ "spec.signerName": "", "spec.request": "" }]]);
});

const condition = (type: string, status = "True") => ({ type, status });
const conditions = (...list: object[]): Change => ({ "status.conditions": list });

test("approval decides once, and both ways never", () => {
  const approval = requests.subresources?.["approval"];
  const at = "status.conditions";
  probeSubresource(requests, approval, base, {}, [
    [conditions(condition("Approved"))],
    [conditions(condition("")), `${at}[0].type: Required value`],
    [conditions(condition("Approved", "")), `${at}[0].status: Required value`],
    [conditions(condition("Approved", "False")), `${at}[0].status: Unsupported value: "False": supported values: "True"`],
    [conditions(condition("Other", "x")), `${at}[0].status: Unsupported value: "x": supported values: "False", "True", "Unknown"`],
    [conditions(condition("Approved"), condition("Denied")), `${at}[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive`],
    [conditions(condition("Other"), condition("Other")), `${at}[1].type: Duplicate value: "Other"`],
  ]);
  probeSubresource(requests, approval, base, conditions(condition("Approved")), [
    [conditions(), `${at}: Forbidden: updates may not remove a condition of type "Approved"`],
  ]);
});

test("signers issue once, and decide nothing", () => {
  const at = "status.conditions";
  probeSubresource(requests, requests.status, base, {}, [
    [conditions(condition("Failed"))],
    [conditions(condition("Approved")), `${at}: Forbidden: updates may not add a condition of type "Approved"`],
    [{ "status.certificate": base64("x") }, 'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block'],
  ]);
  probeSubresource(requests, requests.status, base, { status: { conditions: [condition("Approved")], certificate: base64("x") } }, [
    [conditions(condition("Approved", "Unknown"))],
    [{ "status.certificate": "" }, "status.certificate: Forbidden: updates may not modify existing certificate content"],
  ]);
});

test("what is no certificate request is told from what is", () => {
  const request = (base["spec"] as { request: string }).request;
  const der = derOf(request);
  const forged = Buffer.from(der);
  forged[forged.length - 1]! ^= 1;
  const table: [what: string, base64: string, problem: string | undefined][] = [
    ["one", request, undefined],
    ["one whose signature is another's", pem("CERTIFICATE REQUEST", forged), "x509: ECDSA verification failure"],
    ["something else", pem("CERTIFICATE", der), "PEM block type must be CERTIFICATE REQUEST"],
    ["one cut short", pem("CERTIFICATE REQUEST", der.subarray(0, 100)), "asn1: structure error: truncated element"],
    ["one with more behind", pem("CERTIFICATE REQUEST", Buffer.concat([der, Buffer.from([5, 0])])), "asn1: syntax error: trailing data"],
    ["nothing", pem("CERTIFICATE REQUEST", Buffer.from([5, 0])), "asn1: structure error: tags don't match (48 vs 5)"],
  ];
  for (const [what, text, problem] of table) assert.equal(requestProblem(text), problem, what);
});

/** A request by hand, for any kind of key: RFC 2986 without attributes. */
function requestOf(type: "rsa" | "ed25519", identifier: string, hash: string | null): string {
  const tlv = (tag: number, ...parts: Buffer[]) => {
    const content = Buffer.concat(parts);
    const length = content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 255];
    return Buffer.concat([Buffer.from([tag, ...length]), content]);
  };
  const pair = type === "rsa" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ed25519");
  const spki = pair.publicKey.export({ type: "spki", format: "der" });
  const info = tlv(0x30, tlv(2, Buffer.from([0])), tlv(0x30), spki, tlv(0xa0));
  const signature = sign(hash, info, pair.privateKey);
  return pem("CERTIFICATE REQUEST", tlv(0x30, info, tlv(0x30, tlv(6, Buffer.from(identifier, "hex"))), tlv(3, Buffer.from([0]), signature)));
}

test("requests are signed with RSA or Ed25519 too", () => {
  assert.equal(requestProblem(requestOf("rsa", "2a864886f70d01010b", "sha256")), undefined);
  assert.equal(requestProblem(requestOf("rsa", "2a864886f70d01010c", "sha256")), "crypto/rsa: verification error");
  assert.equal(requestProblem(requestOf("ed25519", "2b6570", null)), undefined);
  assert.equal(requestProblem(requestOf("ed25519", "2b6571", null)), "x509: cannot verify signature: algorithm unimplemented");
});

test("certificates are a chain in PEM", () => {
  const table: [base64: string, problem: string | undefined][] = [
    ["", undefined],
    [pem("CERTIFICATE", Buffer.from([5, 0])), "x509: malformed certificate"],
    [pem("CERTIFICATE", Buffer.from([5, 0]), "a: b\n\n"), "no PEM block headers are permitted"],
    [pem("PRIVATE KEY", Buffer.from([5, 0])), 'only CERTIFICATE PEM blocks are allowed, found "PRIVATE KEY"'],
  ];
  for (const [text, problem] of table) assert.equal(certificateProblem(text), problem);
});
