/**
 * The keys of one issuer of ID tokens: found through its discovery document (OpenID Connect Discovery 1.0), fetched
 * again when a token names a key that is not among them, and now and then so that keys it has withdrawn stop counting.
 */
import { createLocalJWKSet, type JSONWebKeySet } from "jose";
import type { Clock } from "../../../machinery/clock.ts";
import { parseJson } from "../../../machinery/json-codec.ts";
import type { Logger } from "../../../machinery/logger.ts";
import type { RemoteCall } from "../../remote/remote-server.ts";

export type KeySet = ReturnType<typeof createLocalJWKSet>;

export interface IssuerKeysOptions {
  readonly issuer: string;
  readonly discoveryURL: string | undefined;
  readonly call: RemoteCall;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const discoveryRetryMs = 10_000;
const fetchTimeoutMs = 30_000;
/** Whoever sends tokens with keys of fantasy makes no more requests than this. */
const minRefetchMs = 1_000;
/** Older keys are still used, and fetched anew meanwhile. */
const staleMs = 10 * 60_000;
const maxRedirects = 5;

export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #jwksUri: string | undefined;
  #keys: KeySet | undefined;
  #fetching: Promise<void> | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #generation = 0;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
    void this.#discover();
  }

  /** Counts the key sets there have been: what was verified with an older one has to be verified again. */
  get generation(): number {
    return this.#generation;
  }

  /** Undefined until the issuer has answered. */
  get current(): KeySet | undefined {
    if (this.#jwksUri !== undefined && this.#age() > staleMs) void this.#fetch().catch((error: unknown) => this.#report(error));
    return this.#keys;
  }

  /** Keys as the issuer has them now, unless they were fetched a moment ago. Rejects when they cannot be had. */
  async renewed(): Promise<KeySet | undefined> {
    if (this.#jwksUri !== undefined && (this.#fetching !== undefined || this.#age() >= minRefetchMs)) await this.#fetch();
    return this.#keys;
  }

  #age(): number {
    return this.#options.clock.now() - this.#fetchedAt;
  }

  /** Until the issuer answers: it may run on this very cluster. */
  async #discover(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted && this.#keys === undefined) {
      try {
        this.#jwksUri = await this.#readDiscovery();
        await this.#fetch();
      } catch (error) {
        if (signal.aborted) return;
        this.#report(error);
        await clock.sleep(discoveryRetryMs, signal).catch(() => undefined);
      }
    }
  }

  #report(error: unknown): void {
    const { logger, issuer, signal } = this.#options;
    if (!signal.aborted) logger.error({ err: error, issuer }, "cannot get the keys of an issuer of tokens; will try again");
  }

  async #readDiscovery(): Promise<string> {
    const { issuer, discoveryURL } = this.#options;
    const document = (await this.#get(discoveryURL ?? `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`)) as Record<string, unknown>;
    const { issuer: named, jwks_uri: uri } = document;
    if (named !== issuer) throw new Error(`the discovery document is that of issuer ${JSON.stringify(named)}, not ${JSON.stringify(issuer)}`);
    if (typeof uri !== "string" || URL.parse(uri)?.protocol !== "https:")
      throw new Error(`the discovery document has no jwks_uri with https: ${JSON.stringify(uri)}`);
    return uri;
  }

  #fetch(): Promise<void> {
    this.#fetching ??= this.#fetchKeys().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchKeys(): Promise<void> {
    // Failures count too: an issuer that is away is not asked for every token.
    this.#fetchedAt = this.#options.clock.now();
    const keys = await this.#get(this.#jwksUri!);
    this.#keys = createLocalJWKSet(keys as unknown as JSONWebKeySet);
    this.#generation++;
  }

  async #get(url: string): Promise<object> {
    const { call, clock, signal } = this.#options;
    const life = new AbortController();
    using _timer = clock.after(fetchTimeoutMs, () => life.abort(new Error(`no answer within ${fetchTimeoutMs / 1000}s`)));
    const both = AbortSignal.any([signal, life.signal]);
    for (let target = url, redirects = 0; redirects <= maxRedirects; redirects++) {
      const { code, text, headers } = await call({ method: "GET", url: target }, both);
      const next = code >= 300 && code < 400 && headers.location !== undefined ? URL.parse(headers.location, target) : undefined;
      if (next?.protocol === "https:") {
        target = next.href;
        continue;
      }
      if (code !== 200) throw new Error(`cannot read ${target}: it answered ${code}`);
      const value = parseJson(text);
      if (typeof value !== "object" || value === null) throw new Error(`cannot read ${target}: it is no JSON object`);
      return value;
    }
    throw new Error(`cannot read ${url}: it redirects more than ${maxRedirects} times`);
  }
}
