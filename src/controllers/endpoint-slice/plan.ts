/**
 * How endpoints are spread over EndpointSlices: one address type and one set of ports a slice, at most 100 endpoints each,
 * with as few writes as possible, because every node watches every slice.
 */
import type { Endpoint, EndpointPort, EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts";
import { sameJson } from "../../machinery/json.ts";
import type { Draft } from "../../machinery/object.ts";
import type { AddressType } from "../endpoints/pod-endpoint.ts";
import { canonicalJson } from "../shared/hash.ts";

/** What every slice of one owner has in common. */
export interface SliceTemplate {
  readonly generateName: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences: NonNullable<EndpointSlice["metadata"]["ownerReferences"]>;
}

/** Endpoints that offer one set of ports. */
export interface EndpointGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

export interface SlicePlan {
  readonly create: readonly Draft<EndpointSlice>[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
}

export interface SliceState {
  readonly template: SliceTemplate;
  readonly addressType: AddressType;
  readonly groups: readonly EndpointGroup[];
  /** The owner's slices of this address type. */
  readonly slices: readonly EndpointSlice[];
  readonly maxPerSlice: number;
  /** A Service without endpoints keeps one empty slice, so that clients can tell "none" from "not yet". */
  readonly placeholder: boolean;
}

export function portsKey(ports: readonly EndpointPort[] | undefined): string {
  return [...(ports ?? [])].map(canonicalJson).sort().join();
}

/** One slice on its way to what it should hold. */
interface Fill {
  readonly slice: EndpointSlice | undefined;
  readonly ports: readonly EndpointPort[];
  endpoints: Endpoint[];
  changed: boolean;
}

export function planSlices(state: SliceState): SlicePlan {
  const unclaimed = new Set(state.slices);
  const fills: Fill[] = [];
  for (const group of state.groups) {
    const mine = [...unclaimed].filter((slice) => portsKey(slice.ports) === portsKey(group.ports));
    for (const slice of mine) unclaimed.delete(slice);
    fills.push(...fillGroup(state, group, mine));
  }
  const kept = fills.filter((fill) => fill.endpoints.length > 0);
  const spare = [...fills.filter((fill) => fill.endpoints.length === 0).flatMap((fill) => fill.slice ?? []), ...unclaimed];
  if (kept.length === 0 && state.placeholder) kept.push(placeholder(spare));
  return finish(state, kept, spare);
}

/** First what is there keeps its place, then new endpoints fill slices that change anyway, then others, then new ones. */
function fillGroup(state: SliceState, group: EndpointGroup, slices: readonly EndpointSlice[]): Fill[] {
  const missing = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const fills = slices.map((slice): Fill => {
    const endpoints: Endpoint[] = [];
    let changed = false;
    for (const old of slice.endpoints ?? []) {
      const wanted = missing.get(endpointKey(old));
      changed ||= wanted === undefined || !sameJson(wanted, old);
      if (wanted === undefined) continue;
      missing.delete(endpointKey(old));
      endpoints.push(wanted);
    }
    return { slice, ports: group.ports, endpoints, changed };
  });
  const left = [...missing.values()];
  for (const fill of fills) if (fill.changed) take(fill, left, state.maxPerSlice);
  const roomy = fills.find((fill) => !fill.changed && left.length > 0 && fill.endpoints.length + left.length <= state.maxPerSlice);
  if (roomy !== undefined) take(roomy, left, state.maxPerSlice);
  while (left.length > 0) {
    const fill: Fill = { slice: undefined, ports: group.ports, endpoints: [], changed: true };
    take(fill, left, state.maxPerSlice);
    fills.push(fill);
  }
  return fills;
}

function take(fill: Fill, from: Endpoint[], max: number): void {
  const taken = from.splice(0, Math.max(0, max - fill.endpoints.length));
  if (taken.length === 0) return;
  fill.endpoints = [...fill.endpoints, ...taken];
  fill.changed = true;
}

/** The same address of another pod is another endpoint. */
function endpointKey({ addresses, targetRef }: Endpoint): string {
  return `${addresses.join()}/${targetRef?.uid ?? targetRef?.name ?? ""}`;
}

function placeholder(spare: EndpointSlice[]): Fill {
  const empty = spare.findIndex((slice) => (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0);
  const slice = empty >= 0 ? spare.splice(empty, 1)[0] : spare.shift();
  return { slice, ports: [], endpoints: [], changed: empty < 0 };
}

/** Slices to create take over ones to delete: one update instead of two writes. */
function finish(state: SliceState, kept: readonly Fill[], spare: EndpointSlice[]): SlicePlan {
  const create: Draft<EndpointSlice>[] = [];
  const update: EndpointSlice[] = [];
  for (const fill of kept) {
    const slice = fill.slice ?? spare.shift();
    if (slice === undefined) create.push(draft(state, fill));
    else if (fill.changed || fill.slice === undefined || !isDressed(state.template, slice)) update.push({ ...slice, ...content(state, fill, slice) });
  }
  return { create, update, delete: spare };
}

function isDressed(template: SliceTemplate, slice: EndpointSlice): boolean {
  return sameJson(slice.metadata.labels ?? {}, template.labels) && sameJson(slice.metadata.ownerReferences ?? [], template.ownerReferences);
}

function content({ template, addressType }: SliceState, fill: Fill, slice: EndpointSlice) {
  const metadata = { ...slice.metadata, labels: { ...template.labels }, ownerReferences: [...template.ownerReferences] };
  return { metadata, addressType, endpoints: fill.endpoints, ports: [...fill.ports] };
}

function draft({ template, addressType }: SliceState, fill: Fill): Draft<EndpointSlice> {
  const { generateName, namespace, labels, annotations, ownerReferences } = template;
  return {
    metadata: {
      generateName,
      namespace,
      labels: { ...labels },
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ownerReferences: [...ownerReferences],
    },
    addressType,
    endpoints: fill.endpoints,
    ports: [...fill.ports],
  };
}
