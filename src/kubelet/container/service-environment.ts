/** Docker-links-style variables of Services, as every container gets them unless enableServiceLinks is false. */
import type { Service } from "../../api/core/v1/service.ts";

/**
 * Variables for the Services of the pod's namespace, and always for `kubernetes` in `default`. Services without a
 * cluster IP have none. A name in both namespaces means the pod's own.
 */
export function serviceEnvironment(services: Iterable<Service>, namespace: string, links: boolean): Map<string, string> {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { name, namespace: home } = service.metadata;
    const { clusterIP } = service.spec ?? {};
    if (clusterIP === undefined || clusterIP === "" || clusterIP === "None") continue;
    if (home === namespace && links) chosen.set(name, service);
    else if (home === "default" && name === "kubernetes" && !chosen.has(name)) chosen.set(name, service);
  }
  const variables = new Map<string, string>();
  for (const service of [...chosen.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) addService(variables, service);
  return variables;
}

function addService(variables: Map<string, string>, service: Service): void {
  const prefix = variableName(service.metadata.name);
  const address = service.spec!.clusterIP!;
  const ports = service.spec!.ports ?? [];
  if (ports[0] === undefined) return;
  variables.set(`${prefix}_SERVICE_HOST`, address);
  variables.set(`${prefix}_SERVICE_PORT`, String(ports[0].port));
  for (const port of ports)
    if (port.name !== undefined && port.name !== "") variables.set(`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
  ports.forEach((port, index) => {
    const protocol = port.protocol ?? "TCP";
    const url = `${protocol.toLowerCase()}://${address.includes(":") ? `[${address}]` : address}:${port.port}`;
    const portPrefix = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
    if (index === 0) variables.set(`${prefix}_PORT`, url);
    variables.set(portPrefix, url);
    variables.set(`${portPrefix}_PROTO`, protocol.toLowerCase());
    variables.set(`${portPrefix}_PORT`, String(port.port));
    variables.set(`${portPrefix}_ADDR`, address);
  });
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}
