/** Who is who and who may do what: the authenticators and authorizers of a cluster's API server, and the reviews that ask them. */

import { tokenReview } from "../api/authentication/v1/token-review.ts";
import { subjectAccessReview } from "../api/authorization/v1/subject-access-review.ts";
import type { AnonymousConfiguration, AuthenticationConfiguration } from "../apiserver/authentication/authentication-configuration.ts";
import { bootstrapTokens } from "../apiserver/authentication/bootstrap-token.ts";
import { clientCertificateAuthenticator } from "../apiserver/authentication/client-certificate.ts";
import { OidcAuthenticator } from "../apiserver/authentication/oidc/oidc-authenticator.ts";
import { discoveryRoutes } from "../apiserver/authentication/oidc-discovery.ts";
import { type RequestHeaderOptions, requestHeaderAuthenticator } from "../apiserver/authentication/request-header.ts";
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
import { type RulesForUser, ruleResolverOf } from "../apiserver/authorization/rule-resolvers.ts";
import { alwaysAllowAuthorizer, alwaysDenyAuthorizer, unionAuthorizer } from "../apiserver/authorization/union.ts";
import { WebhookAuthorizer } from "../apiserver/authorization/webhook.ts";
import type { Authenticator, Authorizer, HandlerFactory, ObjectReader, UserInfo } from "../apiserver/contract.ts";
import { remoteServer } from "../apiserver/remote/remote-server.ts";
import { webhook } from "../apiserver/remote/webhook.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { FollowOptions } from "./reloaded-file.ts";
import { webhookServer } from "./webhook-server.ts";

/** A configuration that may change while it is in force: a ReloadedFile, or a value. */
export interface Configured<T> {
  readonly value: T;
  follow?(options: FollowOptions, apply: (value: T) => void): Promise<void>;
}

/** What can be configured of identities, beyond what every cluster has. */
export interface IdentityOptions {
  /** PEM; absent where no client certificates are used (inside a test process). */
  readonly clientCA?: string;
  /** PEM of the authority of the cluster's own front proxies, whose word on users counts. */
  readonly requestHeaderCA?: string;
  /** Other front proxies. */
  readonly frontProxy?: FrontProxy;
  /** Issuers of ID tokens, and where anonymous requests are let in. */
  readonly authentication?: Configured<AuthenticationConfiguration>;
  /** Counts unless the configuration says something of it. */
  readonly anonymous?: AnonymousConfiguration;
  /** Static tokens, as `parseTokenFile` gives them. */
  readonly tokenFile?: ReadonlyMap<string, UserInfo>;
  /** Knows tokens that nobody else does. */
  readonly authenticationWebhook?: AuthenticationWebhook;
  /** Default: Node, then RBAC. */
  readonly authorization?: Configured<AuthorizationConfiguration>;
}

export type FrontProxy = Omit<RequestHeaderOptions, "now">;

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

/** Whose certificates clients may come with. */
export function clientAuthorities({ clientCA, requestHeaderCA, frontProxy }: IdentityOptions): string[] {
  return [clientCA, requestHeaderCA, frontProxy?.ca].filter((ca) => ca !== undefined);
}

/** Common names of front proxies (--requestheader-allowed-names). */
export const frontProxyNames = ["front-proxy-client"] as const;

const authenticationTimeoutMs = 10_000;

/** Each must be one for the whole server, because each follows the watch cache; configurations may change behind them. */
export class Identity {
  readonly #context: IdentityContext;
  readonly #reader: ObjectReader;
  readonly #now: () => number;
  /** Before those of the configuration, and after them, in the order of kube-apiserver. */
  readonly #tokensBefore: readonly TokenAuthenticator[];
  readonly #tokensAfter: readonly TokenAuthenticator[];
  readonly rbac: RbacAuthorizer;
  #node: NodeAuthorizer | undefined;
  #tokens: TokenAuthenticator;
  #authenticator: Authenticator;
  #authorizer: Authorizer;
  #rulesFor: RulesForUser;
  /** Ends the issuers of the configuration before. */
  #issuers = new AbortController();

  constructor(context: IdentityContext, reader: ObjectReader) {
    this.#context = context;
    this.#reader = reader;
    this.#now = () => context.clock.now();
    this.rbac = new RbacAuthorizer(reader, context.signal);
    [this.#tokensBefore, this.#tokensAfter] = this.#fixedTokens();
    ({ tokens: this.#tokens, authenticator: this.#authenticator } = this.#authentication(context.authentication?.value));
    ({ authorizer: this.#authorizer, rulesFor: this.#rulesFor } = this.#authorization(context.authorization?.value));
    void context.authentication?.follow?.(context, (changed) => this.#reauthenticate(changed));
    void context.authorization?.follow?.(context, (changed) => {
      ({ authorizer: this.#authorizer, rulesFor: this.#rulesFor } = this.#authorization(changed));
    });
  }

  readonly tokens: TokenAuthenticator = { authenticateToken: (token, audiences) => this.#tokens.authenticateToken(token, audiences) };
  readonly authenticator: Authenticator = { authenticate: (credentials) => this.#authenticator.authenticate(credentials) };
  readonly authorizer: Authorizer = { authorize: (attributes) => this.#authorizer.authorize(attributes) };

  get handlers(): HandlerFactory {
    const { issuer, key } = this.#context;
    const audiences = [issuer];
    return ({ reader, authorizer }) => ({
      subresources: [tokenRequestHandler({ issuer, key, audiences, reader, now: this.#now })],
      virtual: [
        tokenReviewHandler({ tokens: this.tokens, audiences }),
        selfSubjectReviewHandler(),
        ...accessReviewHandlers(authorizer, (user, namespace) => this.#rulesFor(user, namespace)),
      ],
      routes: discoveryRoutes({ issuer, keys: [key] }),
    });
  }

  #reauthenticate(configuration: AuthenticationConfiguration): void {
    const before = this.#issuers;
    this.#issuers = new AbortController();
    ({ tokens: this.#tokens, authenticator: this.#authenticator } = this.#authentication(configuration));
    before.abort(new Error("the authentication configuration has changed"));
  }

  #authentication(configuration: AuthenticationConfiguration | undefined): { tokens: TokenAuthenticator; authenticator: Authenticator } {
    const { clientCA, requestHeaderCA, frontProxy, issuer } = this.#context;
    const now = this.#now;
    const own = withoutAudiences.bind(undefined, [issuer]);
    const issuers = this.#oidc(configuration).map((oidc) => own((token) => oidc.userOf(token)));
    const tokens = unionOfTokens([...this.#tokensBefore, ...issuers, ...this.#tokensAfter]);
    const authenticators = [
      ...(requestHeaderCA === undefined ? [] : [requestHeaderAuthenticator({ ca: requestHeaderCA, allowedNames: frontProxyNames, now })]),
      ...(frontProxy === undefined ? [] : [requestHeaderAuthenticator({ ...frontProxy, now })]),
      ...(clientCA === undefined ? [] : [clientCertificateAuthenticator({ ca: clientCA, now })]),
      bearerTokenAuthenticator(tokens, [issuer]),
    ];
    const anonymous = configuration?.anonymous ?? this.#context.anonymous;
    return { tokens, authenticator: unionAuthenticator(authenticators, anonymous === undefined ? {} : { anonymous }) };
  }

  #fixedTokens(): [before: TokenAuthenticator[], after: TokenAuthenticator[]] {
    const { issuer, key, tokenFile, authenticationWebhook } = this.#context;
    const [own, reader] = [[issuer], this.#reader];
    const before = [
      ...(tokenFile === undefined ? [] : [withoutAudiences(own, fileTokens(tokenFile))]),
      new ServiceAccountTokens({ issuers: own, keys: [key], audiences: own, reader, now: this.#now }),
      withoutAudiences(own, bootstrapTokens(reader, this.#now)),
    ];
    return [before, authenticationWebhook === undefined ? [] : [this.#webhookTokens(authenticationWebhook)]];
  }

  #oidc(configuration: AuthenticationConfiguration | undefined): OidcAuthenticator[] {
    const { clock, logger } = this.#context;
    const signal = AbortSignal.any([this.#context.signal, this.#issuers.signal]);
    return (configuration?.jwt ?? []).map((each) => {
      const { certificateAuthority: ca } = each.issuer;
      const call = remoteServer({ tls: ca === undefined ? {} : { ca } });
      return new OidcAuthenticator(each, { call, clock, logger, signal });
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

  #authorization({ authorizers }: AuthorizationConfiguration = defaultAuthorization): { authorizer: Authorizer; rulesFor: RulesForUser } {
    const chain = authorizers.map((configuration) => this.#authorizerOf(configuration));
    const types = authorizers.map(({ type }) => type);
    return { authorizer: unionAuthorizer(chain), rulesFor: ruleResolverOf(types, this.rbac) };
  }

  #authorizerOf(configuration: AuthorizerConfiguration): Authorizer {
    const { clock, logger, signal } = this.#context;
    switch (configuration.type) {
      case "Node":
        this.#node ??= new NodeAuthorizer(this.#reader, signal);
        return this.#node;
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
