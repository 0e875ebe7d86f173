/** The API server as a client of kubelets: finds the node of a pod, and speaks TLS with a client certificate. */
import type { OutgoingHttpHeaders } from "node:http";
import { Agent } from "node:https";
import { type Node, nodes } from "../../../api/core/v1/node.ts";
import { type Pod, pods } from "../../../api/core/v1/pod.ts";
import { notFound, StatusError } from "../../../machinery/status.ts";
import type { ServerServices } from "../../contract.ts";
import { type KubeletAddress, kubeletAddress } from "./kubelet-address.ts";
import { hostPort, sendUpstream, type UpstreamAnswer } from "./upstream.ts";

export interface KubeletClientOptions {
  /** PEM of the client certificate that kubelets know the API server by (apiserver-kubelet-client), and its key. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the authority that signs kubelets' serving certificates. */
  readonly kubeletCa: string;
}

export interface KubeletCall {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: AsyncIterable<Uint8Array>;
  /** For logs only, where the client asked for it (insecureSkipTLSVerifyBackend). */
  readonly insecure?: boolean;
  readonly signal: AbortSignal;
}

export class Kubelets {
  readonly #services: ServerServices;
  /** Holds the API server's identity towards kubelets. */
  readonly agent: Agent;
  readonly #insecureAgent: Agent;

  constructor(services: ServerServices, { certificate, key, kubeletCa }: KubeletClientOptions) {
    this.#services = services;
    this.agent = new Agent({ cert: certificate, key, ca: kubeletCa, keepAlive: true, maxCachedSessions: 100 });
    // Whoever answers there is not known to be the node: it must not see our identity either.
    this.#insecureAgent = new Agent({ rejectUnauthorized: false });
    services.signal.addEventListener("abort", () => {
      this.agent.destroy();
      this.#insecureAgent.destroy();
    });
  }

  async pod(namespace: string, name: string): Promise<Pod> {
    const pod = await this.#services.reader.getFresh(pods, namespace, name);
    if (pod === undefined) throw notFound({ group: "", resource: "pods" }, name);
    return pod;
  }

  async node(name: string): Promise<Node> {
    const node = this.#services.reader.get(nodes, "", name) ?? (await this.#services.reader.getFresh(nodes, "", name));
    if (node === undefined) throw notFound({ group: "", resource: "nodes" }, name);
    return node;
  }

  async address(nodeName: string): Promise<KubeletAddress> {
    return kubeletAddress(await this.node(nodeName));
  }

  /** Rejects with a DialError. */
  async send(nodeName: string, call: KubeletCall): Promise<UpstreamAnswer> {
    const { insecure, ...request } = call;
    const { host, port } = await this.address(nodeName);
    const agent = insecure === true ? this.#insecureAgent : this.agent;
    return sendUpstream({ ...request, scheme: "https", host, port, headers: { host: hostPort(host, port), ...call.headers }, agent }, this.#services.clock);
  }
}

/** A failure that Kubernetes has no reason for: code 500 and the plain message. */
export function unknownError(message: string, cause?: unknown): StatusError {
  return new StatusError({ code: 500, reason: "", message }, cause === undefined ? undefined : { cause });
}
