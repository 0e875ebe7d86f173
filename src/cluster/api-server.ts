/** The API server of a cluster: authenticators, authorizers, admission and handlers put together as Kubernetes has them by default. */
import { allDefinitions } from "../api/index.ts";
import { defaultAdmission } from "../apiserver/admission/default-admission.ts";
import { ipAddressClaims } from "../apiserver/allocation/address-claims.ts";
import { keepAddressesInStep } from "../apiserver/allocation/repair.ts";
import { serviceAllocationHook } from "../apiserver/allocation/service-allocation.ts";
import type { AuditOptions } from "../apiserver/audit/trail.ts";
import { bootstrapTokens } from "../apiserver/authentication/bootstrap-token.ts";
import { clientCertificateAuthenticator } from "../apiserver/authentication/client-certificate.ts";
import { discoveryRoutes } from "../apiserver/authentication/oidc-discovery.ts";
import { requestHeaderAuthenticator } from "../apiserver/authentication/request-header.ts";
import { selfSubjectReviewHandler, tokenReviewHandler } from "../apiserver/authentication/reviews.ts";
import { ServiceAccountTokens } from "../apiserver/authentication/service-account-token.ts";
import { bearerTokenAuthenticator, unionOfTokens, withoutAudiences } from "../apiserver/authentication/token-authenticator.ts";
import { tokenRequestHandler } from "../apiserver/authentication/token-issuer.ts";
import { signingKeyOf } from "../apiserver/authentication/token-keys.ts";
import { unionAuthenticator } from "../apiserver/authentication/union.ts";
import { startRoleAggregation } from "../apiserver/authorization/aggregation.ts";
import { NodeAuthorizer } from "../apiserver/authorization/node.ts";
import { RbacAuthorizer } from "../apiserver/authorization/rbac.ts";
import { accessReviewHandlers } from "../apiserver/authorization/reviews.ts";
import { unionAuthorizer } from "../apiserver/authorization/union.ts";
import { bootstrap } from "../apiserver/bootstrap/bootstrap.ts";
import type { HandlerFactory, ObjectReader, UserInfo } from "../apiserver/contract.ts";
import { keepFlowControlDefaults } from "../apiserver/flow-control/keep-defaults.ts";
import { type ApiServer, createApiServer } from "../apiserver/server.ts";
import type { Clock, Random } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Store } from "../storage/store.ts";
import { Presence } from "./presence.ts";

export interface ApiServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** PEM; absent where no client certificates are used (inside a test process). */
  readonly clientCA?: string;
  readonly requestHeaderCA?: string;
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
}

/** Members of system:masters may do anything: for start-up work of the server itself. */
export const systemUser: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };

export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, clock, random, logger, signal } = options;
  const issuer = `https://kubernetes.default.svc.${options.clusterDomain}`;
  const key = signingKeyOf(options.serviceAccountKey);
  const now = () => clock.now();
  const tokensOf = once((reader: ObjectReader) =>
    unionOfTokens([
      new ServiceAccountTokens({ issuers: [issuer], keys: [key], audiences: [issuer], reader, now }),
      withoutAudiences([issuer], bootstrapTokens(reader, now)),
    ]),
  );
  // The server asks for these in several places; each must be one, because each follows the watch cache.
  const rbacOf = once((reader: ObjectReader) => new RbacAuthorizer(reader, signal));
  const authorizerOf = once((reader: ObjectReader) => unionAuthorizer([new NodeAuthorizer(reader, signal), rbacOf(reader)]));
  const authenticatorOf = (reader: ObjectReader) =>
    unionAuthenticator([
      ...(options.requestHeaderCA === undefined
        ? []
        : [requestHeaderAuthenticator({ ca: options.requestHeaderCA, allowedNames: ["front-proxy-client"], now })]),
      ...(options.clientCA === undefined ? [] : [clientCertificateAuthenticator({ ca: options.clientCA, now })]),
      bearerTokenAuthenticator(tokensOf(reader), [issuer]),
    ]);
  const identity: HandlerFactory = ({ reader, authorizer }) => ({
    subresources: [tokenRequestHandler({ issuer, key, audiences: [issuer], reader, now })],
    virtual: [
      tokenReviewHandler({ tokens: tokensOf(reader), audiences: [issuer] }),
      selfSubjectReviewHandler(),
      ...accessReviewHandlers(authorizer, rbacOf(reader)),
    ],
    routes: discoveryRoutes({ issuer, keys: [key] }),
  });
  const server: ApiServer = await createApiServer({
    store,
    definitions: allDefinitions,
    clock,
    random,
    logger: logger.child({ component: "kube-apiserver" }),
    signal,
    authenticator: authenticatorOf,
    authorizer: authorizerOf,
    admission: (reader) => defaultAdmission(reader, { authorizer: authorizerOf(reader), rules: rbacOf(reader), clock, random, signal }),
    writeHooks: (reader) => [serviceAllocationHook(reader, { random, signal, claims: ipAddressClaims(() => server.transport(systemUser), logger, signal) })],
    handlers: [identity, ...(options.handlers ?? [])],
    ...(options.audit === undefined ? {} : { audit: options.audit }),
  });
  const presence = await prepare(server, options);
  return {
    ...server,
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

async function prepare(server: ApiServer, options: ApiServerOptions): Promise<Presence> {
  const { clock, logger, signal } = options;
  const transport = server.transport(systemUser);
  const presence = new Presence({ ...options, transport, serviceCIDR: options.serviceSubnet });
  const service = await presence.announce();
  await bootstrap(transport, { ...service, ...(options.clientCA === undefined ? {} : { clientCA: options.clientCA }) }, signal);
  await keepFlowControlDefaults({ transport, clock, logger, signal });
  startRoleAggregation({ reader: server.reader, transport, clock, logger, signal });
  void keepAddressesInStep({ reader: server.reader, transport, clock, logger, signal });
  void presence.keep();
  return presence;
}
