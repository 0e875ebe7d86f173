/** The two halves of a proxy path: up to `/proxy`, which is ours, and what the backend sees. */

export interface ProxyPath {
  /** `/api/v1/namespaces/default/pods/web:80/proxy`, as sent. */
  readonly prefix: string;
  /** Begins with a slash, or is "" when the URL ends at `/proxy`. Still percent-encoded. */
  readonly path: string;
  /** Begins with a question mark, or is "". */
  readonly query: string;
}

const shape = /^((?:\/+[^/?]+){2}(?:\/+namespaces\/+[^/?]+)?\/+(?:pods|services|nodes)\/+[^/?]+\/+proxy)(\/[^?]*)?(\?.*)?$/s;

/** `url` is the path and query of a proxy request. */
export function splitProxyUrl(url: string): ProxyPath {
  const match = shape.exec(url);
  if (match === null) throw new Error(`cannot read a proxy URL: ${JSON.stringify(url)}`);
  return { prefix: match[1]!, path: match[2] ?? "", query: match[3] ?? "" };
}
