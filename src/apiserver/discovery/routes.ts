/** /api, /apis and below: which groups, versions and resources there are (AM-01, AM-02). */
import { PageNotFoundError, pathNotFound } from "../../machinery/status.ts";
import type { RouteHandler, RouteRequest } from "../contract.ts";
import { parseAccept } from "../http/accept.ts";
import type { ResourceTable } from "../served-resources.ts";
import {
  aggregatedDocument,
  apiVersionsDocument,
  type DiscoveredGroup,
  discover,
  groupDocument,
  groupListDocument,
  resourceListDocument,
} from "./documents.ts";
import { replyForm } from "./forms.ts";
import { jsonBody, replyTagged, requireGet, type TaggedDocument, tagged } from "./reply.ts";

const aggregatedVersions = ["v2", "v2beta1"];

export interface DiscoveryOptions {
  readonly resources: ResourceTable;
  serverAddress(): string;
  /** Whether resources tell which version of them is stored. */
  readonly storageVersionHash: boolean;
}

export function discoveryRoutes(options: DiscoveryOptions): RouteHandler[] {
  const documents = new Documents(options);
  const serve = (request: RouteRequest) => documents.serve(request);
  return ["/api", "/api/", "/apis", "/apis/"].map((path) => ({ path, serve }));
}

/** Built when first asked for; what is served does not change while the server runs. */
class Documents {
  readonly #options: DiscoveryOptions;
  readonly #aggregated = new Map<string, TaggedDocument>();
  #groups: readonly DiscoveredGroup[] | undefined;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  async serve(request: RouteRequest): Promise<void> {
    const [prefix, ...parts] = request.info.path.split("/").filter((part) => part !== "");
    const framed = prefix === "api" || parts.length > 1;
    const document = parts.length === 0 ? undefined : this.#below(prefix!, parts);
    if (framed) requireGet(request);
    if (document !== undefined) return replyForm(request, document, framed);
    const version = aggregatedVersion(request);
    if (version !== undefined) return this.#replyAggregated(request, prefix!, version);
    const list = prefix === "api" ? apiVersionsDocument(this.#all(), this.#options.serverAddress()) : groupListDocument(this.#all());
    return replyForm(request, list, framed);
  }

  #below(prefix: string, parts: readonly string[]): object {
    const [first = "", second] = parts;
    const groupName = prefix === "api" ? "" : first;
    const version = prefix === "api" ? first : second;
    const group = this.#all().find(({ group }) => group === groupName);
    if (prefix === "apis" && (group === undefined || groupName === "")) throw new PageNotFoundError();
    if (group === undefined || parts.length > (prefix === "api" ? 1 : 2)) throw pathNotFound();
    if (version === undefined) return groupDocument(group);
    const served = group.versions.find((candidate) => candidate.version === version);
    if (served === undefined) throw pathNotFound();
    return resourceListDocument(groupName, served);
  }

  #replyAggregated(request: RouteRequest, prefix: string, version: string): Promise<void> {
    const key = `${prefix} ${version}`;
    const groups = this.#all().filter(({ group }) => (group === "") === (prefix === "api"));
    const document = this.#aggregated.get(key) ?? tagged(jsonBody(aggregatedDocument(groups, `apidiscovery.k8s.io/${version}`)));
    this.#aggregated.set(key, document);
    // Clients tell the two forms apart by these parameters alone.
    return replyTagged(request, document, { contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList` });
  }

  #all(): readonly DiscoveredGroup[] {
    const { resources, storageVersionHash } = this.#options;
    this.#groups ??= discover(resources.definitions, (definition) => resources.subresourcesOf(definition), storageVersionHash);
    return this.#groups;
  }
}

/** The version of the aggregated form, if the client prefers that to the legacy one. */
function aggregatedVersion({ headers }: RouteRequest): string | undefined {
  const accept = headers["accept"];
  for (const { type, parameters } of parseAccept(typeof accept === "string" ? accept : "")) {
    if (type !== "application/json" && type !== "*/*" && type !== "application/vnd.kubernetes.protobuf") continue;
    const { g, v, as } = parameters;
    if (as === undefined) {
      if (type === "application/json" || type === "*/*") return undefined;
      continue;
    }
    if (type === "application/json" && as === "APIGroupDiscoveryList" && g === "apidiscovery.k8s.io" && v !== undefined && aggregatedVersions.includes(v))
      return v;
  }
  return undefined;
}
