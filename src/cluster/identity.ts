/** Who is who and who may do what: the authenticators and authorizers of a cluster's API server, and the reviews that ask them. */

import { tokenReview } from "../api/authentication/v1/token-review.ts";
import { subjectAccessReview } from "../api/authorization/v1/subject-access-review.ts";
import type { AuthenticationConfiguration } from "../apiserver/authentication/authentication-configuration.ts";
import { bootstrapTokens } from "../apiserver/authentication/bootstrap-token.ts";
import { clientCertificateAuthenticator } from "../apiserver/authentication/client-certificate.ts";
import { OidcAuthenticator } from "../apiserver/authentication/oidc/oidc-authenticator.ts";
import { discoveryRoutes } from "../apiserver/authentication/oidc-discovery.ts";
import { requestHeaderAuthenticator } from "../apiserver/authentication/request-header.ts";
import { selfSubjectReviewHandler, tokenReviewHandler } from "../apiserver/authentication/reviews.ts";
import { ServiceAccountTokens } from "../apiserver/authentication/service-account-token.ts";
import { bearerTokenAuthenticator, type TokenAuthenticator, unionOfTokens, withoutAudiences } from "../apiserver/authentication/token-authenticator.ts";
import { fileTokens } from "../apiserver/authentication/token-file.ts";
import { tokenRequestHandler } from "../apiserver/authentication/token-issuer.ts";
import type { SigningKey } from "../apiserver/authentication/token-keys.ts";
import { unionAuthenticator } from "../apiserver/authentication/union.ts";
import { webhookTokens } from "../apiserver/authentication/webhook-tokens.ts";
import { type AuthorizationConfiguration, type AuthorizerConfiguration, defaultAuthorization } from "../apiserver/authorization/authorization-configuration.ts";
import { NodeAuthorizer } from "../apiserver/authorization/node.ts";
import { RbacAuthorizer } from "../apiserver/authorization/rbac.ts";
import { accessReviewHandlers } from "../apiserver/authorization/reviews.ts";
import { ruleResolverOf } from "../apiserver/authorization/rule-resolvers.ts";
import { alwaysAllowAuthorizer, alwaysDenyAuthorizer, unionAuthorizer } from "../apiserver/authorization/union.ts";
import { WebhookAuthorizer } from "../apiserver/authorization/webhook.ts";
import type { Authenticator, Authorizer, HandlerFactory, ObjectReader, UserInfo } from "../apiserver/contract.ts";
import { remoteServer } from "../apiserver/remote/remote-server.ts";
import { webhook } from "../apiserver/remote/webhook.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { webhookServer } from "./webhook-server.ts";

/** What can be configured of identities, beyond what every cluster has. */
export interface IdentityOptions {
  /** PEM; absent where no client certificates are used (inside a test process). */
  readonly clientCA?: string;
  /** PEM of the authority of front proxies, whose word on users counts. */
  readonly requestHeaderCA?: string;
  /** Issuers of ID tokens, and where anonymous requests are let in. */
  readonly authentication?: AuthenticationConfiguration;
  /** Static tokens, as `parseTokenFile` gives them. */
  readonly tokenFile?: ReadonlyMap<string, UserInfo>;
  /** Knows tokens that nobody else does. */
  readonly authenticationWebhook?: AuthenticationWebhook;
  /** Default: Node, then RBAC. */
  readonly authorization?: AuthorizationConfiguration;
}

export interface AuthenticationWebhook {
  /** Path of a kubeconfig. */
  readonly kubeConfigFile: string;
  /** How long answers are kept. Default two minutes. */
  readonly cacheTtlMs?: number;
}

export interface IdentityContext extends IdentityOptions {
  /** Of service-account tokens; also the audience that is this API server. */
  readonly issuer: string;
  readonly key: SigningKey;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Common names of front proxies (--requestheader-allowed-names). */
export const frontProxyNames = ["front-proxy-client"] as const;

const authenticationTimeoutMs = 10_000;

/** Each must be one for the whole server, because each follows the watch cache. */
export class Identity {
  readonly #context: IdentityContext;
  readonly #now: () => number;
  readonly tokens: TokenAuthenticator;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly rbac: RbacAuthorizer;

  constructor(context: IdentityContext, reader: ObjectReader) {
    this.#context = context;
    this.#now = () => context.clock.now();
    this.rbac = new RbacAuthorizer(reader, context.signal);
    this.tokens = unionOfTokens(this.#tokenAuthenticators(reader));
    this.authenticator = this.#requestAuthenticator();
    this.authorizer = unionAuthorizer(this.#authorizers.map((configuration) => this.#authorizerOf(configuration, reader)));
  }

  get handlers(): HandlerFactory {
    const { issuer, key } = this.#context;
    const audiences = [issuer];
    const types = this.#authorizers.map(({ type }) => type);
    return ({ reader, authorizer }) => ({
      subresources: [tokenRequestHandler({ issuer, key, audiences, reader, now: this.#now })],
      virtual: [
        tokenReviewHandler({ tokens: this.tokens, audiences }),
        selfSubjectReviewHandler(),
        ...accessReviewHandlers(authorizer, ruleResolverOf(types, this.rbac)),
      ],
      routes: discoveryRoutes({ issuer, keys: [key] }),
    });
  }

  get #authorizers(): readonly AuthorizerConfiguration[] {
    return (this.#context.authorization ?? defaultAuthorization).authorizers;
  }

  #requestAuthenticator(): Authenticator {
    const { clientCA, requestHeaderCA, authentication, issuer } = this.#context;
    const now = this.#now;
    const authenticators = [
      ...(requestHeaderCA === undefined ? [] : [requestHeaderAuthenticator({ ca: requestHeaderCA, allowedNames: frontProxyNames, now })]),
      ...(clientCA === undefined ? [] : [clientCertificateAuthenticator({ ca: clientCA, now })]),
      bearerTokenAuthenticator(this.tokens, [issuer]),
    ];
    const anonymous = authentication?.anonymous;
    return unionAuthenticator(authenticators, anonymous === undefined ? {} : { anonymous });
  }

  /** In the order of kube-apiserver. */
  #tokenAuthenticators(reader: ObjectReader): TokenAuthenticator[] {
    const { issuer, key, tokenFile, authentication, authenticationWebhook } = this.#context;
    const own = [issuer];
    return [
      ...(tokenFile === undefined ? [] : [withoutAudiences(own, fileTokens(tokenFile))]),
      new ServiceAccountTokens({ issuers: own, keys: [key], audiences: own, reader, now: this.#now }),
      withoutAudiences(own, bootstrapTokens(reader, this.#now)),
      ...this.#oidc(authentication).map((oidc) => withoutAudiences(own, (token) => oidc.userOf(token))),
      ...(authenticationWebhook === undefined ? [] : [this.#webhookTokens(authenticationWebhook)]),
    ];
  }

  #oidc(authentication: AuthenticationConfiguration | undefined): OidcAuthenticator[] {
    const { clock, logger, signal } = this.#context;
    return (authentication?.jwt ?? []).map((configuration) => {
      const { certificateAuthority: ca } = configuration.issuer;
      const call = remoteServer({ tls: ca === undefined ? {} : { ca } });
      return new OidcAuthenticator(configuration, { call, clock, logger, signal });
    });
  }

  #webhookTokens({ kubeConfigFile, cacheTtlMs }: AuthenticationWebhook): TokenAuthenticator {
    const { clock, logger, signal, issuer } = this.#context;
    return webhookTokens({
      webhook: webhook(webhookServer(kubeConfigFile, clock, authenticationTimeoutMs), tokenReview),
      audiences: [issuer],
      now: this.#now,
      logger,
      signal,
      ...(cacheTtlMs === undefined ? {} : { cacheTtlMs }),
    });
  }

  #authorizerOf(configuration: AuthorizerConfiguration, reader: ObjectReader): Authorizer {
    const { clock, logger, signal } = this.#context;
    switch (configuration.type) {
      case "Node":
        return new NodeAuthorizer(reader, signal);
      case "RBAC":
        return this.rbac;
      case "AlwaysAllow":
        return alwaysAllowAuthorizer;
      case "AlwaysDeny":
        return alwaysDenyAuthorizer;
      case "Webhook": {
        const { kubeConfigFile, timeoutMs } = configuration.webhook;
        const asked = webhook(webhookServer(kubeConfigFile, clock, timeoutMs), subjectAccessReview);
        return new WebhookAuthorizer({ name: configuration.name, configuration: configuration.webhook, webhook: asked, now: this.#now, logger, signal });
      }
    }
  }
}
