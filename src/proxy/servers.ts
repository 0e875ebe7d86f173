/** kube-proxy's own two servers: health for load balancers, and metrics for those on the node. */
import type { Node } from "../api/core/v1/node.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { type Answers, type BindAddress, type HttpServer, jsonAnswer, serveHttp, textAnswer } from "./health/http-server.ts";
import { isEligible, type ProxyHealth } from "./health/proxy-health.ts";
import type { ProxyMetrics } from "./metrics.ts";

export interface ProxyServerOptions {
  /** kube-proxy --healthz-bind-address; 0.0.0.0:10256 with kube-proxy. */
  readonly healthz: BindAddress;
  /** --metrics-bind-address; 127.0.0.1:10249 with kube-proxy. */
  readonly metrics: BindAddress;
}

export interface ServedProxy {
  readonly health: ProxyHealth;
  readonly metrics: ProxyMetrics;
  /** Of the backend, such as nftables. */
  readonly mode: string;
  /** The node that this proxy is for; undefined when there is none. */
  node(): Node | undefined;
}

const retryMs = 5_000;

export function healthAnswers({ health, metrics, node }: ServedProxy, clock: Clock): Answers {
  const answer = (path: "healthz" | "livez", healthy: boolean, body: object) => {
    const code = healthy ? 200 : 503;
    metrics.probed(path, code);
    return jsonAnswer(code, JSON.stringify(body));
  };
  return (path) => {
    const report = health.report(clock.now());
    if (path === "/livez") return answer("livez", report.healthy, report);
    if (path !== "/healthz") return undefined;
    // Load balancers ask here; to restart a proxy because its node is going would help nobody.
    const nodeEligible = isEligible(node());
    return answer("healthz", report.healthy && nodeEligible, { ...report, nodeEligible });
  };
}

export function metricsAnswers({ metrics, mode }: ServedProxy): Answers {
  return async (path) => {
    if (path === "/healthz") return textAnswer(200, "ok");
    if (path === "/proxyMode") return textAnswer(200, mode);
    if (path === "/metrics") return { code: 200, headers: { "content-type": metrics.contentType }, body: await metrics.text() };
    return undefined;
  };
}

/** Serves until the signal aborts. A port that cannot be had is tried again: a proxy without it still proxies. */
export async function serveProxy(proxy: ServedProxy, options: ProxyServerOptions, clock: Clock, logger: Logger, signal: AbortSignal): Promise<void> {
  await Promise.all([keepServing("healthz", options.healthz, healthAnswers(proxy, clock)), keepServing("metrics", options.metrics, metricsAnswers(proxy))]);

  async function keepServing(name: string, address: BindAddress, answers: Answers): Promise<void> {
    let server: HttpServer | undefined;
    while (!signal.aborted && server === undefined) {
      try {
        server = await serveHttp(address, answers);
        logger.debug({ server: name, host: address.host, port: server.port }, "kube-proxy serves");
      } catch (error) {
        logger.error({ err: error, server: name }, "cannot start a server of kube-proxy; trying again");
        await clock.sleep(retryMs, signal).catch(() => undefined);
      }
    }
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await server?.close();
  }
}
