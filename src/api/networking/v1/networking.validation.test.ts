/** The checks of pkg/apis/networking/validation, one change at a time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Change, probeCreates, probeSubresource, probeUpdates } from "../../probes.ts";
import { ingresses } from "./ingress.ts";
import { ingressClasses } from "./ingress-class.ts";
import { ipAddresses } from "./ip-address.ts";
import { networkPolicies } from "./network-policy.ts";
import { serviceCIDRs } from "./service-cidr.ts";

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const wildcard =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const label1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const labelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const ports = "must be between 1 and 65535, inclusive";

const service = { service: { name: "s", port: { number: 80 } } };
const ingress = { spec: { rules: [{ host: "a.example.com", http: { paths: [{ path: "/", pathType: "Exact", backend: service }] } }] } };
const rule = "spec.rules[0]";
const path = `${rule}.http.paths[0]`;

test("ingresses", () => {
  probeCreates(ingresses, ingress, [
    [{ "spec.rules": undefined }, "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
    [{ "spec.rules": undefined, "spec.defaultBackend": service }],
    [{ "spec.defaultBackend": {} }, 'spec.defaultBackend: Invalid value: "": resource or service backend is required'],
    [{ [`${rule}.host`]: "1.2.3.4" }, `${rule}.host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address`],
    [
      { [`${rule}.host`]: "::1" },
      `${rule}.host: Invalid value: "::1": must be a DNS name, not an IP address`,
      `${rule}.host: Invalid value: "::1": ${subdomain}`,
    ],
    [{ [`${rule}.host`]: "*.example.com" }],
    [{ [`${rule}.host`]: "a.*.com" }, `${rule}.host: Invalid value: "a.*.com": ${wildcard}`],
    [{ [`${rule}.http.paths`]: [] }, `${rule}.http.paths: Required value`],
    [{ [`${path}.pathType`]: undefined, [`${path}.backend`]: {} }, `${path}.pathType: Required value: pathType must be specified`],
    [{ [`${path}.pathType`]: "Regex" }, `${path}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    [{ [`${path}.path`]: "" }, `${path}.path: Invalid value: "": must be an absolute path`],
    [{ [`${path}.path`]: "", [`${path}.pathType`]: "ImplementationSpecific" }],
    [{ [`${path}.path`]: "a", [`${path}.pathType`]: "ImplementationSpecific" }, `${path}.path: Invalid value: "a": must be an absolute path`],
    [
      { [`${path}.path`]: "/a//b/.." },
      `${path}.path: Invalid value: "/a//b/..": must not contain '//'`,
      `${path}.path: Invalid value: "/a//b/..": cannot end with '/..'`,
    ],
    [
      { [`${path}.backend`]: { ...service, resource: { kind: "K", name: "n" } } },
      `${path}.backend: Invalid value: "": cannot set both resource and service backends`,
    ],
    [
      { [`${path}.backend`]: { resource: { apiGroup: "", kind: "", name: "" } } },
      `${path}.backend.resource.apiGroup: Invalid value: "": ${subdomain}`,
      `${path}.backend.resource.kind: Required value: kind is required`,
      `${path}.backend.resource.name: Required value: name is required`,
    ],
    [
      { [`${path}.backend`]: { resource: { kind: "a/b", name: "." } } },
      `${path}.backend.resource.kind: Invalid value: "a/b": may not contain '/'`,
      `${path}.backend.resource.name: Invalid value: ".": may not be '.'`,
    ],
    [{ [`${path}.backend.service.name`]: "" }, `${path}.backend.service.name: Required value`],
    [{ [`${path}.backend.service.name`]: "1" }, `${path}.backend.service.name: Invalid value: "1": ${label1035}`],
    [{ [`${path}.backend.service.port`]: {} }, `${path}.backend: Required value: port name or number is required`],
    [{ [`${path}.backend.service.port`]: { name: "a", number: 1 } }, `${path}.backend: Invalid value: "": cannot set both port name & port number`],
    [{ [`${path}.backend.service.port`]: { number: 70000 } }, `${path}.backend.service.port.number: Invalid value: 70000: ${ports}`],
    [{ [`${path}.backend.service.port`]: { name: "1" } }, `${path}.backend.service.port.name: Invalid value: "1": must contain at least one letter (a-z)`],
    [{ "spec.tls": [{ hosts: ["A"] }] }, `spec.tls[0].hosts[0]: Invalid value: "A": ${subdomain}`],
    [{ "spec.tls": [{ secretName: "A" }] }, `spec.tls[0].secretName: Invalid value: "A": ${subdomain}`],
    [{ "spec.ingressClassName": "A" }, `spec.ingressClassName: Invalid value: "A": ${subdomain}`],
  ]);
  const stored = (change: Change) => ({ spec: { ...ingress.spec, ...change } });
  probeUpdates(ingresses, stored({ tls: [{ secretName: "A" }] }), [[{ "spec.tls[1]": { secretName: "B" } }]]);
  const wild = { host: "*.example.com", http: { paths: [] } };
  probeUpdates(ingresses, stored({ rules: [wild] }), [
    [{ "spec.rules[1]": wild }],
    [{ "spec.rules[1]": { ...wild, host: "a.b" } }, "spec.rules[1].http.paths: Required value"],
  ]);
  probeSubresource(ingresses, ingresses.status, ingress, { "status.loadBalancer.ingress": [{ ip: "1.2.3.04" }] }, [
    [{ "metadata.labels": { a: "b" } }],
    [{ "status.loadBalancer.ingress[1]": { ip: "1.2.3.05" } }, 'status.loadBalancer.ingress[1].ip: Invalid value: "1.2.3.05": must not have leading 0s'],
    [
      { "status.loadBalancer.ingress": [{ ip: "x" }] },
      'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      { "status.loadBalancer.ingress": [{ hostname: "1.2.3.4" }] },
      'status.loadBalancer.ingress[0].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
    ],
  ]);
});

test("ingress classes", () => {
  const parameters = { kind: "K", name: "n" };
  const at = "spec.parameters";
  probeCreates(ingressClasses, { spec: { controller: "example.com/a", parameters } }, [
    [{ "spec.controller": "" }, "spec.controller: Required value"],
    [{ "spec.controller": "example.com" }, 'spec.controller: Invalid value: "example.com": must be a domain-prefixed path (such as "acme.io/foo")'],
    [{ "spec.controller": "A/b" }, `spec.controller: Invalid value: "A": ${subdomain}`],
    [{ "spec.controller": "a/b c" }, "spec.controller: Invalid value: \"b c\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"],
    [{ "spec.controller": `a/${"b".repeat(249)}` }, "spec.controller: Too long: may not be more than 250 bytes"],
    [{ [`${at}.scope`]: "x" }, `${at}.scope: Unsupported value: "x": supported values: "Cluster", "Namespace"`],
    [{ [`${at}.namespace`]: "n" }, `${at}.namespace: Forbidden: \`parameters.scope\` is set to 'Cluster'`],
    [{ [`${at}.scope`]: "Namespace" }, `${at}.namespace: Required value: \`parameters.scope\` is set to 'Namespace'`],
    [{ [`${at}.kind`]: "" }, `${at}.kind: Required value: kind is required`],
  ]);
  probeUpdates(ingressClasses, { spec: { controller: "example.com/a" } }, [
    [{ "spec.controller": "example.com/b" }, 'spec.controller: Invalid value: "example.com/b": field is immutable'],
  ]);
});

test("network policies", () => {
  const peer = (value: object): Change => ({ "spec.ingress": [{ from: [value] }] });
  const port = (value: object): Change => ({ "spec.egress": [{ ports: [value] }] });
  const [from, at] = ["spec.ingress[0].from[0]", "spec.egress[0].ports[0]"];
  probeCreates(networkPolicies, { spec: { podSelector: {} } }, [
    [{ "spec.podSelector": { matchLabels: { a: "-" } } }, `spec.podSelector.matchLabels: Invalid value: "-": ${labelValue}`],
    [{ "spec.policyTypes": ["Other"] }, 'spec.policyTypes[0]: Unsupported value: "Other": supported values: "Ingress", "Egress"'],
    [{ "spec.policyTypes": ["a", "b", "c"] }, 'spec.policyTypes: Invalid value: ["a","b","c"]: may not specify more than two policyTypes'],
    [peer({}), `${from}: Required value: must specify a peer`],
    [peer({ podSelector: {}, ipBlock: { cidr: "10.0.0.0/8" } }), `${from}: Forbidden: may not specify both ipBlock and another peer`],
    [peer({ ipBlock: { cidr: "" } }), `${from}.ipBlock.cidr: Required value`],
    [peer({ ipBlock: { cidr: "x" } }), `${from}.ipBlock.cidr: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`],
    [
      peer({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.0.0.0/8"] } }),
      `${from}.ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of \`cidr\``,
    ],
    [port({ protocol: "ICMP" }), `${at}.protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"`],
    [port({ port: 0 }), `${at}.port: Invalid value: 0: ${ports}`],
    [
      port({ port: "UPPER" }),
      `${at}.port: Invalid value: "UPPER": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
      `${at}.port: Invalid value: "UPPER": must contain at least one letter (a-z)`,
    ],
    [port({ endPort: 5 }), `${at}.port: Required value: must be specified when \`endPort\` is specified`],
    [port({ port: 6, endPort: 5 }), `${at}.endPort: Invalid value: 5: must be greater than or equal to \`port\``],
    [port({ port: "a", endPort: 5 }), `${at}.endPort: Invalid value: 5: may not be specified when \`port\` is non-numeric`],
  ]);
  const invalid = { podSelector: { matchExpressions: [{ key: "a", operator: "In", values: ["-"] }] } };
  probeUpdates(networkPolicies, { spec: invalid }, [[peer(invalid)]]);
});

test("addresses and their ranges", () => {
  const base = { metadata: { name: "10.0.0.1" }, spec: { parentRef: { resource: "services", namespace: "n", name: "s" } } };
  const at = "spec.parentRef";
  probeCreates(ipAddresses, base, [
    [{ [at]: undefined }, `${at}: Required value`],
    [{ [at]: {} }, `${at}.resource: Required value`, `${at}.name: Required value`],
    [{ [`${at}.group`]: "A" }, `${at}.group: Invalid value: "A": ${subdomain}`],
    [{ [`${at}.resource`]: "a/b" }, `${at}.resource: Invalid value: "a/b": may not contain '/'`],
    [{ [`${at}.namespace`]: "a%" }, `${at}.namespace: Invalid value: "a%": may not contain '%'`],
  ]);
  probeUpdates(ipAddresses, base, [[{ [`${at}.name`]: "t" }, `${at}: Invalid value: {"resource":"services","namespace":"n","name":"t"}: field is immutable`]]);
  const rule = ipAddresses.strategy.validateName!;
  assert.deepEqual([rule("10.0.0.1"), rule("FD00::1")], [[], ['must be in canonical form ("fd00::1")']]);
  probeCreates(serviceCIDRs, { spec: { cidrs: ["10.0.0.0/8"] } }, [
    [{ "spec.cidrs": [] }, "spec.cidrs: Required value: at least one CIDR required"],
    [{ "spec.cidrs": ["a", "b", "c"] }, 'spec.cidrs: Invalid value: {"cidrs":["a","b","c"]}: may only hold up to 2 values'],
    [{ "spec.cidrs": ["10.0.0.0"] }, 'spec.cidrs[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
  ]);
});
