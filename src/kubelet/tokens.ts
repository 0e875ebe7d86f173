/** Service account tokens bound to pods, asked for once and renewed in good time. */
import type { TokenRequest } from "../api/authentication/v1/token-request.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import type { ComponentContext } from "../client/component.ts";
import { serviceAccounts } from "../client/resources.ts";
import { timeMs } from "../machinery/time.ts";
import type { TokenRequestKey } from "./volumes/payload.ts";

interface CachedToken {
  readonly token: string;
  readonly refreshAtMs: number;
}

const dayMs = 24 * 3600_000;

/** After 80 % of its life, or a day, a token is replaced (KEP-1205); `jitter` in [0, 1) spreads kubelets' requests. */
export function tokenRefreshAtMs(issuedMs: number, expiresMs: number, jitter: number): number {
  const life = expiresMs - issuedMs;
  return issuedMs + Math.min(life * 0.8, dayMs) - jitter * 10_000;
}

export class TokenManager {
  readonly #context: ComponentContext;
  readonly #tokens = new Map<string, CachedToken>();

  constructor(context: ComponentContext) {
    this.#context = context;
  }

  /** Fetches what is missing or due. A token that cannot be renewed stays in use while it is valid. */
  async ensure(pod: Pod, key: TokenRequestKey): Promise<void> {
    const cached = this.#tokens.get(cacheKey(pod, key));
    if (cached !== undefined && this.#context.clock.now() < cached.refreshAtMs) return;
    this.#tokens.set(cacheKey(pod, key), await this.#request(pod, key));
  }

  /** Throws unless `ensure` has succeeded for the key before. */
  token(pod: Pod, key: TokenRequestKey): string {
    const cached = this.#tokens.get(cacheKey(pod, key));
    if (cached === undefined) throw new Error(`no token of service account ${pod.spec.serviceAccountName} has been requested for pod ${pod.metadata.name}`);
    return cached.token;
  }

  isDue(pod: Pod, key: TokenRequestKey): boolean {
    const cached = this.#tokens.get(cacheKey(pod, key));
    return cached === undefined || this.#context.clock.now() >= cached.refreshAtMs;
  }

  forget(podUid: string): void {
    for (const key of this.#tokens.keys()) if (key.startsWith(`${podUid}/`)) this.#tokens.delete(key);
  }

  async #request(pod: Pod, { audience, expirationSeconds }: TokenRequestKey): Promise<CachedToken> {
    const { client, clock, random } = this.#context;
    const { name, namespace = "", uid } = pod.metadata;
    const body = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: {},
      spec: {
        ...(audience === undefined ? {} : { audiences: [audience] }),
        expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    };
    const account = pod.spec.serviceAccountName ?? "default";
    const answer = (await client.of(serviceAccounts).in(namespace).createSubresource(account, "token", body)) as TokenRequest;
    const token = answer.status?.token;
    if (token === undefined) throw new Error(`cannot use the token of service account ${namespace}/${account}: the server sent none`);
    const now = clock.now();
    const expiresMs = timeMs(answer.status?.expirationTimestamp) ?? now + expirationSeconds * 1000;
    return { token, refreshAtMs: tokenRefreshAtMs(now, expiresMs, random()) };
  }
}

function cacheKey(pod: Pod, { audience, expirationSeconds }: TokenRequestKey): string {
  return `${pod.metadata.uid}/${pod.spec.serviceAccountName}/${audience ?? ""}/${expirationSeconds}`;
}
