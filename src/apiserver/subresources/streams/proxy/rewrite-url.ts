/** Links of a proxied page, so that they lead through the proxy (k8s.io/apimachinery/pkg/util/proxy Transport). */

export interface RewriteContext {
  /** Path under which the backend's root is seen: `/api/v1/…/proxy`. */
  readonly prefix: string;
  /** host:port of the backend. */
  readonly backendHost: string;
  /** Host header of the client's request. */
  readonly requestHost: string;
}

/** RFC 3986, appendix B: scheme, authority, path, and the rest. */
const urlShape = /^([^:/?#]+:)?(?:\/\/([^/?#]*))?([^?#]*)([\s\S]*)$/;

/** Links to other hosts and relative links stay as they are: they work already. */
export function rewriteUrl(url: string, { prefix, backendHost, requestHost }: RewriteContext): string {
  const [, scheme = "", host = "", path = "", rest = ""] = urlShape.exec(url) ?? [];
  if (host !== "" && host !== backendHost && host !== requestHost) return url;
  if (!path.startsWith("/")) return url;
  const origin = host !== "" && host === requestHost ? `${scheme}//${host}` : "";
  const prefixed = path.startsWith(prefix) ? path : `${prefix}${path}`;
  return `${origin}${prefixed}${rest}`;
}
