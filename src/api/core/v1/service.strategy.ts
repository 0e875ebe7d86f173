/** The life of a service in the registry (pkg/registry/core/service/strategy.go and storage.go). */
import type { Strategy } from "../../resource.ts";
import { ownedStatus } from "../../strategy.ts";
import { defaultService } from "./service.defaults.ts";
import type { Service, ServicePort } from "./service.ts";
import { serviceAddressErrors, serviceErrors, serviceNameErrors, serviceUpdateErrors } from "./service.validation.ts";
import { serviceWarnings } from "./service.warnings.ts";

const status = ownedStatus<Service>(() => ({ loadBalancer: {} }));

export const serviceStrategy: Strategy<Service> = {
  allowCreateOnUpdate: true,
  defaults: defaultService,
  validateName: serviceNameErrors,
  warnings: serviceWarnings,
  validate: serviceErrors,
  validateCreate: (service) => serviceAddressErrors(service),
  validateUpdate: (service, old) => [...serviceUpdateErrors(service, old), ...serviceAddressErrors(service, old)],
  returnsDeletedObject: true,
  prepareForCreate: (service, context) => {
    status.prepareForCreate(service, context);
    mirrorClusterIP(service);
  },
  prepareForUpdate: (service, old, context) => {
    status.prepareForUpdate(service, old, context);
    mirrorClusterIP(service, old);
    dropWhatTypeChangeFrees(service, old);
    keepAllocated(service, old);
    if (service.spec.type !== "LoadBalancer") service.status = { ...service.status, loadBalancer: {} };
  },
};

/**
 * clusterIPs is the list, clusterIP its first entry; clients that know one of the two set only that one. A client that
 * clears or changes the field it knows means both.
 */
function mirrorClusterIP({ spec }: Service, old?: Service): void {
  if (old === undefined) {
    if (spec.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const before = { ip: old.spec.clusterIP ?? "", ips: old.spec.clusterIPs ?? [] };
  const unchangedList = (spec.clusterIPs ?? []).join() === before.ips.join();
  if ((spec.clusterIP ?? "") === before.ip || !unchangedList) return;
  if (!spec.clusterIP) delete spec.clusterIPs;
  else spec.clusterIPs = [spec.clusterIP];
}

/** Values that the API server allocated stay, when an update that needs them does not name them. */
function keepAllocated(service: Service, old: Service): void {
  const { spec } = service;
  if (needsClusterIP(service) && needsClusterIP(old)) {
    if (!spec.clusterIP && old.spec.clusterIP !== undefined) spec.clusterIP = old.spec.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && old.spec.clusterIPs !== undefined && spec.clusterIP === old.spec.clusterIP) {
      spec.clusterIPs = [...old.spec.clusterIPs];
    }
  }
  if (needsNodePort(service) && needsNodePort(old)) keepNodePorts(spec.ports ?? [], old.spec.ports ?? []);
  if (needsHealthCheckPort(service) && needsHealthCheckPort(old) && !spec.healthCheckNodePort && old.spec.healthCheckNodePort !== undefined) {
    spec.healthCheckNodePort = old.spec.healthCheckNodePort;
  }
}

/** By protocol and port; a node port that another entry of the new list claims is not given out twice. */
function keepNodePorts(ports: readonly ServicePort[], old: readonly ServicePort[]): void {
  const key = ({ port, protocol = "TCP" }: ServicePort) => `${protocol}/${port}`;
  const claimed = new Set(ports.map(({ nodePort }) => nodePort));
  const before = new Map(old.map((port) => [key(port), port.nodePort]));
  for (const port of ports) {
    const nodePort = before.get(key(port));
    if (!port.nodePort && nodePort && !claimed.has(nodePort)) port.nodePort = nodePort;
  }
}

/** A change of type frees what the old type had allocated, unless the writer changed it to another value. */
function dropWhatTypeChangeFrees(service: Service, old: Service): void {
  const { spec } = service;
  if (needsClusterIP(old) && !needsClusterIP(service)) {
    if (sameClusterIPs(service, old)) for (const field of ["clusterIP", "clusterIPs"] as const) delete spec[field];
    if ((spec.ipFamilies ?? []).join() === (old.spec.ipFamilies ?? []).join()) delete spec.ipFamilies;
    if (spec.ipFamilyPolicy === old.spec.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  }
  if (needsNodePort(old) && !needsNodePort(service) && samePorts(spec.ports, old.spec.ports)) for (const port of spec.ports ?? []) delete port.nodePort;
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(service) && spec.healthCheckNodePort === old.spec.healthCheckNodePort) {
    delete spec.healthCheckNodePort;
  }
  if (old.spec.type === "LoadBalancer" && spec.type !== "LoadBalancer") dropLoadBalancerFields(service, old);
  if (old.spec.externalTrafficPolicy && !takesExternalTraffic(service) && spec.externalTrafficPolicy === old.spec.externalTrafficPolicy) {
    delete spec.externalTrafficPolicy;
  }
}

function dropLoadBalancerFields({ spec }: Service, old: Service): void {
  if (spec.allocateLoadBalancerNodePorts === old.spec.allocateLoadBalancerNodePorts) delete spec.allocateLoadBalancerNodePorts;
  if (spec.loadBalancerClass === old.spec.loadBalancerClass) delete spec.loadBalancerClass;
}

function needsClusterIP({ spec }: Service): boolean {
  return spec.type !== "ExternalName";
}

function needsNodePort({ spec }: Service): boolean {
  return spec.type === "NodePort" || (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
}

function takesExternalTraffic({ spec }: Service): boolean {
  return spec.type === "NodePort" || spec.type === "LoadBalancer" || (spec.type === "ClusterIP" && (spec.externalIPs ?? []).length > 0);
}

function needsHealthCheckPort({ spec }: Service): boolean {
  return spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

function sameClusterIPs(service: Service, old: Service): boolean {
  return (service.spec.clusterIP ?? "") === (old.spec.clusterIP ?? "") && (service.spec.clusterIPs ?? []).join() === (old.spec.clusterIPs ?? []).join();
}

function samePorts(ports: readonly ServicePort[] = [], old: readonly ServicePort[] = []): boolean {
  return ports.length === old.length && ports.every(({ nodePort }, index) => nodePort === old[index]?.nodePort);
}
