/** The API server of a cluster: authenticators, authorizers, admission and handlers put together as Kubernetes has them by default. */
import { allDefinitions } from "../api/index.ts";
import type { AdmissionConfiguration } from "../apiserver/admission/admission-configuration.ts";
import { defaultAdmission } from "../apiserver/admission/default-admission.ts";
import { ipAddressClaims } from "../apiserver/allocation/address-claims.ts";
import { keepAllocationsInStep } from "../apiserver/allocation/repair.ts";
import { serviceAllocationHook } from "../apiserver/allocation/service-allocation.ts";
import type { AuditOptions } from "../apiserver/audit/trail.ts";
import { requestHeaderDefaults } from "../apiserver/authentication/request-header.ts";
import { signingKeyOf } from "../apiserver/authentication/token-keys.ts";
import { startRoleAggregation } from "../apiserver/authorization/aggregation.ts";
import { type BootstrapOptions, bootstrap } from "../apiserver/bootstrap/bootstrap.ts";
import type { HandlerFactory, ObjectReader, UserInfo } from "../apiserver/contract.ts";
import { keepFlowControlDefaults } from "../apiserver/flow-control/keep-defaults.ts";
import { type ApiServer, createApiServer } from "../apiserver/server.ts";
import type { Clock, Random } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Store } from "../storage/store.ts";
import type { ApiServerSettings } from "./api-server-settings.ts";
import { clientAuthorities, frontProxyNames, Identity, type IdentityOptions } from "./identity.ts";
import { Presence } from "./presence.ts";
import { serviceAccountIssuer } from "./service-account-issuer.ts";

export interface ApiServerOptions extends IdentityOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** PEM of the key that signs service-account tokens. */
  readonly serviceAccountKey: string;
  readonly serviceSubnet: string;
  readonly clusterDomain: string;
  /** Where the API server can be reached, for Service default/kubernetes. */
  readonly advertiseAddress: string;
  readonly advertisePort: number;
  /** The name of this server among several on one store; absent: it is the only one. */
  readonly hostname?: string;
  /** Handlers of the composition root: streams to kubelets and the like. */
  readonly handlers?: readonly HandlerFactory[];
  readonly audit?: AuditOptions;
  readonly admission?: AdmissionConfiguration;
  readonly settings?: ApiServerSettings;
}

/** Members of system:masters may do anything: for start-up work of the server itself. */
export const systemUser: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, clock, random, logger, signal } = options;
  const issuer = serviceAccountIssuer(options.clusterDomain);
  const { nodePorts, tolerationSeconds, disabledPlugins, features, ...limits } = options.settings ?? {};
  const { serverIdentity: _presence, ...answers } = features ?? {};
  const ports = nodePorts === undefined ? {} : { nodePorts };
  const key = signingKeyOf(options.serviceAccountKey);
  const identityOf = once((reader: ObjectReader) => new Identity({ ...options, issuer, key, logger: logger.child({ component: "kube-apiserver" }) }, reader));
  const server: ApiServer = await createApiServer({
    store,
    definitions: allDefinitions,
    clock,
    random,
    logger: logger.child({ component: "kube-apiserver" }),
    signal,
    authenticator: (reader) => identityOf(reader).authenticator,
    authorizer: (reader) => identityOf(reader).authorizer,
    admission: (reader) =>
      defaultAdmission(reader, {
        authorizer: identityOf(reader).authorizer,
        rules: identityOf(reader).rbac,
        clock,
        random,
        signal,
        transport: () => server.transport(systemUser, "kube-apiserver"),
        ...(options.admission === undefined ? {} : { configuration: options.admission }),
        ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
        ...(disabledPlugins === undefined ? {} : { disabledPlugins }),
      }),
    writeHooks: (reader) => [
      serviceAllocationHook(reader, {
        ...ports,
        store,
        random,
        signal,
        claims: ipAddressClaims(() => server.transport(systemUser, "kube-apiserver"), logger, signal),
      }),
    ],
    handlers: [(services) => identityOf(services.reader).handlers(services), ...(options.handlers ?? [])],
    ...(options.audit === undefined ? {} : { audit: options.audit }),
    ...limits,
    ...answers,
  });
  const presence = await prepare(server, options);
  const authorities = clientAuthorities(options);
  return {
    ...server,
    listen: (how) => server.listen({ ...(authorities.length === 0 ? {} : { clientCa: authorities }), ...how }),
    close: async () => {
      await presence.leave();
      await server.close();
    },
  };
}

function once<A, R>(make: (argument: A) => R): (argument: A) => R {
  let made: { readonly result: R } | undefined;
  return (argument) => {
    made ??= { result: make(argument) };
    return made.result;
  };
}

/** What extension API servers have to know, to believe the requests that this one passes on, and those of other front proxies. */
function publishedAuthorities({ clientCA, requestHeaderCA, frontProxy }: IdentityOptions): Pick<BootstrapOptions, "clientCA" | "requestHeader"> {
  const client = clientCA === undefined ? {} : { clientCA };
  if (requestHeaderCA === undefined) return client;
  const own = { ca: requestHeaderCA, allowedNames: frontProxyNames, ...requestHeaderDefaults };
  if (frontProxy === undefined) return { ...client, requestHeader: own };
  const other = { ...requestHeaderDefaults, ...frontProxy };
  const both = (field: keyof typeof requestHeaderDefaults) => [...new Set([...own[field], ...other[field]])];
  return {
    ...client,
    requestHeader: {
      ca: `${own.ca.trimEnd()}\n${other.ca}`,
      // No names at all stand for every name.
      allowedNames: other.allowedNames.length === 0 ? [] : [...new Set([...own.allowedNames, ...other.allowedNames])],
      usernameHeaders: both("usernameHeaders"),
      uidHeaders: both("uidHeaders"),
      groupHeaders: both("groupHeaders"),
      extraHeaderPrefixes: both("extraHeaderPrefixes"),
    },
  };
}

async function prepare(server: ApiServer, options: ApiServerOptions): Promise<Presence> {
  const { clock, logger, signal } = options;
  const transport = server.transport(systemUser, "kube-apiserver");
  const identity = options.settings?.features?.serverIdentity ?? true;
  const presence = new Presence({ ...options, transport, serviceCIDR: options.serviceSubnet, identity });
  const service = await presence.announce();
  await bootstrap(transport, { ...service, ...publishedAuthorities(options) }, signal);
  await keepFlowControlDefaults({ transport, reader: server.reader, clock, logger, signal });
  startRoleAggregation({ reader: server.reader, transport, clock, logger, signal });
  const ports = options.settings?.nodePorts;
  void keepAllocationsInStep({
    ...(ports === undefined ? {} : { nodePorts: ports }),
    store: options.store,
    reader: server.reader,
    transport,
    clock,
    logger,
    signal,
  });
  void presence.keep();
  return presence;
}
