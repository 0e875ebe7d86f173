/** A server for each health check node port: load balancers ask it whether the node has endpoints of the Service. */
import type { EventRecorder } from "../../client/events.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { HealthCheck } from "./health-checks.ts";
import { type HttpServer, jsonAnswer, serveHttp, type TextAnswer } from "./http-server.ts";

export interface ServiceHealthOptions {
  readonly nodeName: string;
  /** Address to listen on; default all. */
  readonly host?: string;
  readonly events: EventRecorder;
  readonly logger: Logger;
  /** Whether rules are kept up to date: traffic to a node whose proxy is stuck may go astray. */
  isProxyHealthy(): boolean;
}

/** One that listens. Its check is the newest that is known. */
interface Open {
  check: HealthCheck;
  readonly server: HttpServer;
}

export class ServiceHealthServers {
  readonly #options: ServiceHealthOptions;
  readonly #open = new Map<string, Open>();

  constructor(options: ServiceHealthOptions) {
    this.#options = options;
  }

  /**
   * Opens, closes and leaves alone, so that there is a server for each of `checks`. Ports that cannot be had are told by an
   * Event and tried again at the next call. Not to be called again before it has settled; never rejects.
   */
  async sync(checks: ReadonlyMap<string, HealthCheck>): Promise<void> {
    // A port may go from one Service to another.
    const closing = [...this.#open].filter(([key, { check }]) => checks.get(key)?.port !== check.port);
    await Promise.all(closing.map(([key, { server }]) => this.#close(key, server)));
    for (const [key, check] of checks) {
      const open = this.#open.get(key);
      if (open === undefined) await this.#listen(key, check);
      else open.check = check;
    }
  }

  async close(): Promise<void> {
    await this.sync(new Map());
  }

  async #close(key: string, server: HttpServer): Promise<void> {
    this.#open.delete(key);
    await server.close();
  }

  async #listen(key: string, check: HealthCheck): Promise<void> {
    const { host = "0.0.0.0", logger } = this.#options;
    try {
      const server = await serveHttp({ host, port: check.port }, () => this.#answer(key));
      this.#open.set(key, { check, server });
    } catch (error) {
      logger.error({ err: error, service: key, port: check.port }, "cannot start a service's health check");
      this.#tell(key, check, error);
    }
  }

  /** The same on all paths. */
  #answer(key: string): TextAnswer | undefined {
    const open = this.#open.get(key);
    if (open === undefined) return undefined;
    const { namespace, name, localEndpoints } = open.check;
    const serviceProxyHealthy = this.#options.isProxyHealthy();
    const body = JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy }, undefined, "\t");
    const code = localEndpoints > 0 && serviceProxyHealthy ? 200 : 503;
    return jsonAnswer(code, body, { "x-load-balancing-endpoint-weight": String(localEndpoints) });
  }

  #tell(key: string, { namespace, name, port }: HealthCheck, error: unknown): void {
    const { nodeName, events } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    const about = { apiVersion: "v1", kind: "Service", namespace, name, uid: key };
    const message = `node ${nodeName} failed to start healthcheck ${JSON.stringify(key)} on port ${port}: ${reason}`;
    events.event(about, "Warning", "FailedToStartServiceHealthcheck", message);
  }
}
