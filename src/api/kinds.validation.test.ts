import assert from "node:assert/strict";
import { test } from "node:test";
import { jobs } from "./batch/v1/job.ts";
import { services } from "./core/v1/service.ts";
import { ingresses } from "./networking/v1/ingress.ts";
import { networkPolicies } from "./networking/v1/network-policy.ts";
import { serviceCIDRs } from "./networking/v1/service-cidr.ts";
import { created, createErrors, subresourceErrors, updateErrors } from "./testing.ts";

const negative = "Invalid value: -1: must be greater than or equal to 0";

test("counts in a status are never negative", () => {
  const job = created(jobs, { spec: { template: {} } });
  const ofJob = subresourceErrors(jobs.status!, job, (object) => {
    object.status = { active: -1, succeeded: 0, ready: -1 };
  });
  assert.deepEqual(ofJob.errors, [`status.active: ${negative}`, `status.ready: ${negative}`]);
});

test("an ingress has one class", () => {
  const ingress = (annotation: string) => ({
    metadata: { annotations: { "kubernetes.io/ingress.class": annotation } },
    spec: { ingressClassName: "a", defaultBackend: { service: { name: "s", port: { number: 80 } } } },
  });
  assert.deepEqual(createErrors(ingresses, ingress("a")), []);
  assert.deepEqual(createErrors(ingresses, ingress("b")), [
    'annotations.kubernetes.io/ingress.class: Invalid value: "b": must match `ingressClassName` when both are specified',
  ]);
});

test("the hosts of an ingress", () => {
  const text = (...hosts: string[]) => {
    const object = created(ingresses, { spec: { rules: hosts.map((host) => ({ host })) } });
    return ingresses.columns?.find(({ name }) => name === "Hosts")?.cell(object, 0);
  };
  assert.deepEqual(
    [text(), text("a", "b", "c"), text("a", "b", "c", "d"), text("a", "", "b", "c", "d")],
    ["*", "a,b,c", "a,b,c + 1 more...", "a,b,c + 2 more..."],
  );
});

test("service CIDRs have one spelling", () => {
  const errors = (...cidrs: string[]) => createErrors(serviceCIDRs, { spec: { cidrs } });
  assert.deepEqual(errors("10.0.0.0/8", "FD00::/64"), ['spec.cidrs[1]: Invalid value: "FD00::/64": must be in canonical form ("fd00::/64")']);
  assert.deepEqual(errors("10.0.0.1/8"), ['spec.cidrs[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length']);
  assert.match(errors("10.0.0.0/8", "11.0.0.0/8").join(), /^spec\.cidrs: Invalid value: .*may specify no more than one IP for each IP family/);
});

test("new addresses are written strictly, old ones stay (KEP-4858)", () => {
  const service = (...externalIPs: string[]) => ({ spec: { ports: [{ port: 80, targetPort: 80 }], externalIPs } });
  assert.deepEqual(createErrors(services, service("1.2.3.04")), ['spec.externalIPs[0]: Invalid value: "1.2.3.04": must not have leading 0s']);
  assert.deepEqual(createErrors(services, service("::ffff:1.2.3.4")), [
    'spec.externalIPs[0]: Invalid value: "::ffff:1.2.3.4": must not be an IPv4-mapped IPv6 address',
  ]);
  assert.deepEqual(updateErrors(services, service("1.2.3.04"), service("1.2.3.04", "1.2.3.5")), []);
  const policy = (cidr: string) => ({ spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr } }] }] } });
  assert.deepEqual(createErrors(networkPolicies, policy("10.0.0.1/8")), [
    'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
  ]);
  assert.deepEqual(updateErrors(networkPolicies, policy("10.0.0.1/8"), policy("10.0.0.1/8")), []);
});
