/** Who may use the kubelet's HTTPS server: users known by client certificate or token, as far as the API server allows. */
import type { TLSSocket } from "node:tls";
import type { Client } from "../../client/client.ts";
import { subjectAccessReviews, tokenReviews } from "../../client/resources.ts";
import type { Clock } from "../../machinery/clock.ts";

export interface KubeletUser {
  readonly name: string;
  readonly groups: readonly string[];
}

/** What a request asks of the node: a verb on nodes/{subresource}. */
export interface NodeAccess {
  readonly verb: string;
  readonly subresource: string;
}

/** Whether this user may do this to this node. */
export type Authorize = (user: KubeletUser, access: NodeAccess) => Promise<boolean>;

/** Who a bearer token belongs to; undefined when it is not valid. */
export type ReviewToken = (token: string) => Promise<KubeletUser | undefined>;

/** The user of a client certificate that the cluster's CA vouches for: common name and organizations. */
export function certificateUser(socket: TLSSocket): KubeletUser | undefined {
  if (!socket.authorized) return undefined;
  const { CN: name, O: groups } = socket.getPeerCertificate().subject as { CN?: string; O?: string | string[] };
  if (name === undefined) return undefined;
  return { name, groups: [...(groups === undefined ? [] : [groups].flat()), "system:authenticated"] };
}

const verbs: Readonly<Record<string, string>> = { POST: "create", GET: "get", HEAD: "get", PUT: "update", PATCH: "patch", DELETE: "delete" };

/** Subresources of nodes that a path may be granted by, most telling first (KubeletFineGrainedAuthz, KEP-2862). */
const subresources: readonly (readonly [path: string, subresources: readonly string[]])[] = [
  ["/stats", ["stats"]],
  ["/metrics", ["metrics"]],
  ["/logs", ["log"]],
  ["/pods", ["pods", "proxy"]],
  ["/runningpods", ["pods", "proxy"]],
  ["/healthz", ["healthz", "proxy"]],
  ["/configz", ["configz", "proxy"]],
];

/** Any one of these permissions is enough. */
export function accessesOf(method: string, path: string): NodeAccess[] {
  const verb = verbs[method] ?? "";
  const found = subresources.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
  return (found?.[1] ?? ["proxy"]).map((subresource) => ({ verb, subresource }));
}

/** The kubelet's defaults for decisions of the API server that it remembers. */
const allowedForMs = 5 * 60_000;
const deniedForMs = 30_000;
const tokenForMs = 2 * 60_000;

/** Asks the API server; members of system:masters need no asking. */
export function reviewingAuthorizer(client: Client, nodeName: string, clock: Clock): Authorize {
  const remembered = new Expiring<boolean>(clock);
  return async (user, { verb, subresource }) => {
    if (user.groups.includes("system:masters")) return true;
    const key = JSON.stringify([user.name, user.groups, verb, subresource]);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const review = await client.of(subjectAccessReviews).create({
      metadata: {},
      spec: {
        user: user.name,
        groups: [...user.groups],
        resourceAttributes: { verb, group: "", version: "v1", resource: "nodes", subresource, name: nodeName },
      },
    });
    const allowed = review.status?.allowed === true;
    remembered.set(key, allowed, allowed ? allowedForMs : deniedForMs);
    return allowed;
  };
}

export function tokenReviewer(client: Client, clock: Clock): ReviewToken {
  const remembered = new Expiring<KubeletUser>(clock);
  return async (token) => {
    const known = remembered.get(token);
    if (known !== undefined) return known;
    const { status } = await client.of(tokenReviews).create({ metadata: {}, spec: { token } });
    if (status?.authenticated !== true || status.user?.username === undefined) return undefined;
    const user = { name: status.user.username, groups: status.user.groups ?? [] };
    remembered.set(token, user, tokenForMs);
    return user;
  };
}

/** A small memory whose entries end by themselves; cleared when it grows beyond any honest use. */
class Expiring<T> {
  readonly #clock: Clock;
  readonly #entries = new Map<string, { readonly value: T; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > this.#clock.now() ? entry.value : undefined;
  }

  set(key: string, value: T, forMs: number): void {
    if (this.#entries.size >= 1000) this.#entries.clear();
    this.#entries.set(key, { value, until: this.#clock.now() + forMs });
  }
}
