/** What the paths of the kubelet's HTTPS server mean (kubernetes/pkg/kubelet/server). */

export interface ContainerRoute<Type extends string> {
  readonly type: Type;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export type StreamRoute = ContainerRoute<"exec" | "attach"> | { readonly type: "portForward"; readonly namespace: string; readonly pod: string };

export type Route =
  | { readonly type: "healthz" | "pods" | "runningPods" | "configz" | "metrics" | "statsSummary" }
  | ContainerRoute<"containerLogs">
  /** `path` is below the folder of the node's logs, decoded; it ends with a slash where a folder was asked for. */
  | { readonly type: "systemLogs"; readonly path: string }
  | StreamRoute;

const plain: Readonly<Record<string, Route>> = {
  "/healthz": { type: "healthz" },
  "/healthz/ping": { type: "healthz" },
  "/pods": { type: "pods" },
  "/runningpods": { type: "runningPods" },
  "/configz": { type: "configz" },
  "/metrics": { type: "metrics" },
  "/stats/summary": { type: "statsSummary" },
};

/** `path` is without the query, still percent-encoded. Undefined for what is not served. */
export function routeOf(path: string): Route | undefined {
  const trimmed = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  if (Object.hasOwn(plain, trimmed)) return plain[trimmed];
  if (trimmed === "/logs" || path.startsWith("/logs/")) return systemLogs(path.slice("/logs".length));
  const [, type, ...segments] = trimmed.split("/");
  const names = segments.map(decoded);
  if (names.some((name) => name === undefined || name === "")) return undefined;
  const [namespace, pod, third, fourth] = names as string[];
  if (namespace === undefined || pod === undefined) return undefined;
  switch (type) {
    case "containerLogs":
      return third === undefined || fourth !== undefined ? undefined : { type, namespace, pod, container: third };
    case "exec":
    case "attach": {
      // Older callers put the pod's uid between the pod and the container.
      const container = fourth ?? third;
      return container === undefined || names.length > 4 ? undefined : { type, namespace, pod, container };
    }
    case "portForward":
      return names.length > 3 ? undefined : { type, namespace, pod };
    default:
      return undefined;
  }
}

function systemLogs(rest: string): Route | undefined {
  const path = decoded(rest);
  // URLs have lost their dots by now; whoever writes them as %2e%2e is after something else.
  if (path === undefined || path.includes("\0") || path.split("/").includes("..")) return undefined;
  return { type: "systemLogs", path: path === "" ? "/" : path };
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
