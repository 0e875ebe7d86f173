/**
 * What a cluster holds before anyone has written anything: system namespaces, default roles and bindings, priority
 * classes, the range of cluster IPs, Service default/kubernetes and the authentication ConfigMap. Runs at every start
 * of an API server, as a member of system:masters; two servers may run it at once.
 */
import { type ConfigMap, configMaps } from "../../api/core/v1/config-map.ts";
import { type Endpoints, endpoints } from "../../api/core/v1/endpoints.ts";
import { type Namespace, namespaces } from "../../api/core/v1/namespace.ts";
import { type Service, services } from "../../api/core/v1/service.ts";
import { type EndpointSlice, endpointSlices } from "../../api/discovery/v1/endpoint-slice.ts";
import { type ServiceCIDR, serviceCIDRs } from "../../api/networking/v1/service-cidr.ts";
import { type ClusterRole, clusterRoles } from "../../api/rbac/v1/cluster-role.ts";
import { type ClusterRoleBinding, clusterRoleBindings } from "../../api/rbac/v1/cluster-role-binding.ts";
import { type Role, roles } from "../../api/rbac/v1/role.ts";
import { type RoleBinding, roleBindings } from "../../api/rbac/v1/role-binding.ts";
import { type PriorityClass, priorityClasses } from "../../api/scheduling/v1/priority-class.ts";
import { sameJson } from "../../machinery/json.ts";
import type { KubeObject, ResourceRef } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status.ts";
import type { Target, Transport } from "../../machinery/transport.ts";
import { type KubernetesServiceOptions, planKubernetesService } from "./kubernetes-service.ts";
import { planRbac, type Write } from "./reconcile-rbac.ts";

export interface BootstrapOptions extends KubernetesServiceOptions {
  /** PEM of the client CA, published for extension API servers. */
  readonly clientCA?: string;
  /** Published beside it, for servers behind the aggregation layer. */
  readonly requestHeader?: {
    /** PEM. */
    readonly ca: string;
    readonly allowedNames: readonly string[];
    readonly usernameHeaders: readonly string[];
    readonly groupHeaders: readonly string[];
    readonly extraHeaderPrefixes: readonly string[];
    readonly uidHeaders: readonly string[];
  };
}

const systemNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"] as const;
const priorityClassDefaults: Readonly<Record<string, { value: number; description: string }>> = {
  "system-node-critical": { value: 2_000_001_000, description: "Used for system critical pods that must not be moved from their current node." },
  "system-cluster-critical": {
    value: 2_000_000_000,
    description: "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  },
};

/** Idempotent: writes only what is missing or has changed. */
export async function bootstrap(transport: Transport, options: BootstrapOptions, signal: AbortSignal): Promise<void> {
  const store = new Store(transport, signal);
  const [existing, ranges] = await Promise.all([store.names(namespaces), store.names(serviceCIDRs)]);
  // Namespaces before what lies in them, the service range before the Service that takes its first address.
  await store.apply([...planNamespaces(existing), ...planServiceCIDR(options, ranges)]);
  const [rbac, others] = await Promise.all([rbacWrites(store), otherWrites(store, options)]);
  await store.apply([...rbac, ...others]);
}

/**
 * Writes Service default/kubernetes and its endpoints again where they differ: someone may delete them, and addresses
 * of API servers come and go. To be called every ten seconds or so.
 */
export async function reconcileKubernetesService(transport: Transport, options: KubernetesServiceOptions, signal: AbortSignal): Promise<void> {
  const store = new Store(transport, signal);
  await store.apply(planNamespaces(await store.names(namespaces)));
  await store.apply(await serviceWrites(store, options));
}

async function rbacWrites(store: Store): Promise<Write[]> {
  const [clusterRoleItems, clusterRoleBindingItems, roleItems, roleBindingItems] = await Promise.all([
    store.list<ClusterRole>(clusterRoles),
    store.list<ClusterRoleBinding>(clusterRoleBindings),
    store.list<Role>(roles),
    store.list<RoleBinding>(roleBindings),
  ]);
  return planRbac({ clusterRoles: clusterRoleItems, clusterRoleBindings: clusterRoleBindingItems, roles: roleItems, roleBindings: roleBindingItems });
}

async function otherWrites(store: Store, options: BootstrapOptions): Promise<Write[]> {
  const [classes, configMap, service] = await Promise.all([
    store.names(priorityClasses),
    store.find<ConfigMap>({ resource: configMaps, namespace: "kube-system", name: authenticationConfigName }),
    serviceWrites(store, options),
  ]);
  return [...planPriorityClasses(classes), ...planAuthenticationConfig(options, configMap), ...service];
}

async function serviceWrites(store: Store, options: KubernetesServiceOptions): Promise<Write[]> {
  const where = { namespace: "default", name: "kubernetes" };
  const [service, slice, legacy] = await Promise.all([
    store.find<Service>({ resource: services, ...where }),
    store.find<EndpointSlice>({ resource: endpointSlices, ...where }),
    store.find<Endpoints>({ resource: endpoints, ...where }),
  ]);
  return planKubernetesService(options, { service, slice, endpoints: legacy });
}

function planNamespaces(existing: ReadonlySet<string>): Write[] {
  const missing = systemNamespaces.filter((name) => !existing.has(name));
  return missing.map((name) => ({ verb: "create", resource: namespaces, object: draft<Namespace>("v1", "Namespace", name, "", { spec: {} }) }));
}

function planPriorityClasses(existing: ReadonlySet<string>): Write[] {
  const missing = Object.entries(priorityClassDefaults).filter(([name]) => !existing.has(name));
  return missing.map(([name, { value, description }]) => ({
    verb: "create",
    resource: priorityClasses,
    object: draft<PriorityClass>("scheduling.k8s.io/v1", "PriorityClass", name, "", { value, description }),
  }));
}

/** The range of `kubernetes` is the administrator's once it exists: a changed flag does not change it (KEP-1880). */
function planServiceCIDR({ serviceCIDRs: cidrs }: BootstrapOptions, existing: ReadonlySet<string>): Write[] {
  if (existing.has("kubernetes")) return [];
  const object = draft<ServiceCIDR>("networking.k8s.io/v1", "ServiceCIDR", "kubernetes", "", { spec: { cidrs: [...cidrs] } });
  return [{ verb: "create", resource: serviceCIDRs, object }];
}

const authenticationConfigName = "extension-apiserver-authentication";

function planAuthenticationConfig({ clientCA, requestHeader }: BootstrapOptions, found: ConfigMap | undefined): Write[] {
  const data = {
    ...(clientCA === undefined ? {} : { "client-ca-file": clientCA }),
    ...(requestHeader === undefined
      ? {}
      : {
          "requestheader-client-ca-file": requestHeader.ca,
          "requestheader-allowed-names": JSON.stringify(requestHeader.allowedNames),
          "requestheader-username-headers": JSON.stringify(requestHeader.usernameHeaders),
          "requestheader-group-headers": JSON.stringify(requestHeader.groupHeaders),
          "requestheader-extra-headers-prefix": JSON.stringify(requestHeader.extraHeaderPrefixes),
          "requestheader-uid-headers": JSON.stringify(requestHeader.uidHeaders),
        }),
  };
  if (found === undefined) {
    return [{ verb: "create", resource: configMaps, object: draft<ConfigMap>("v1", "ConfigMap", authenticationConfigName, "kube-system", { data }) }];
  }
  const merged = { ...found.data, ...data };
  return sameJson(merged, found.data ?? {}) ? [] : [{ verb: "update", resource: configMaps, object: { ...found, data: merged } as ConfigMap }];
}

function draft<T extends KubeObject>(apiVersion: string, kind: string, name: string, namespace: string, rest: Omit<T, keyof KubeObject>): T {
  return { apiVersion, kind, metadata: { name, ...(namespace === "" ? {} : { namespace }) }, ...rest } as unknown as T;
}

/** Reads and writes through the transport, tolerant of another server doing the same at the same time. */
class Store {
  readonly #transport: Transport;
  readonly #signal: AbortSignal;

  constructor(transport: Transport, signal: AbortSignal) {
    this.#transport = transport;
    this.#signal = signal;
  }

  async list<T extends KubeObject>(resource: ResourceRef<T>): Promise<readonly T[]> {
    return (await this.#transport.list<T>({ resource }, {}, this.#signal)).items;
  }

  async names(resource: ResourceRef): Promise<ReadonlySet<string>> {
    return new Set((await this.list(resource)).map((object) => object.metadata.name));
  }

  async find<T extends KubeObject>(target: Target<T>): Promise<T | undefined> {
    try {
      return await this.#transport.get<T>(target, {}, this.#signal);
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** All at once: the store groups them into few commits. */
  async apply(writes: readonly Write[]): Promise<void> {
    await Promise.all(writes.map((write) => this.#write(write)));
  }

  async #write({ verb, resource, object }: Write): Promise<void> {
    const { namespace, name } = object.metadata;
    const target: Target = { resource, ...(namespace === undefined ? {} : { namespace }), name };
    try {
      if (verb === "replace") await this.#transport.delete(target, {}, this.#signal);
      if (verb === "update") await this.#transport.update(target, object, {}, this.#signal);
      else await this.#transport.create({ resource, ...(namespace === undefined ? {} : { namespace }) }, object, {}, this.#signal);
    } catch (cause) {
      // Somebody else was faster; what they wrote is looked at with the next start.
      if (cause instanceof StatusError && cause.code === 409) return;
      throw new Error(`cannot ${verb} ${resource.resource} "${name}" at start: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}
