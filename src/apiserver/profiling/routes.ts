/** /debug/pprof/: where the server spends its time and memory, for `go tool pprof` (kube-apiserver --profiling). */
import { Session } from "node:inspector/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Clock } from "../../machinery/clock.ts";
import { PageNotFoundError, StatusError } from "../../machinery/status.ts";
import type { RouteHandler, RouteRequest } from "../contract.ts";
import { replyText } from "../discovery/reply.ts";
import { cpuProfile, heapProfile } from "./engine-profiles.ts";
import { encodeProfile, type Profile } from "./pprof.ts";

const gzipAsync = promisify(gzip);
const cpuIntervalUs = 1_000;
const heapIntervalBytes = 32 * 1024;

type Take = (session: Session, seconds: number, clock: Clock, signal: AbortSignal) => Promise<Profile>;

const takers: Readonly<Record<string, { readonly seconds: number; readonly about: string; readonly take: Take }>> = {
  profile: { seconds: 30, about: "where time goes, over ?seconds=30", take: takeCpu },
  heap: { seconds: 10, about: "what is allocated over ?seconds=10, and stays", take: takeHeap },
};

export function profilingRoutes(clock: Clock): RouteHandler[] {
  const page = Object.entries(takers).map(([name, { about }]) => `/debug/pprof/${name}: ${about}\n`);
  let busy = false;
  const serve = async (request: RouteRequest): Promise<void> => {
    const name = request.info.path.slice("/debug/pprof/".length);
    if (name === "") return replyText(request, 200, `${page.join("")}/debug/pprof/cmdline: what this server was started with\n`);
    if (name === "cmdline") return replyText(request, 200, process.argv.join("\0"));
    const taker = Object.hasOwn(takers, name) ? takers[name] : undefined;
    if (taker === undefined) throw new PageNotFoundError();
    const seconds = secondsOf(request.query, taker.seconds);
    if (busy) throw new StatusError({ code: 409, reason: "Conflict", message: "cannot take a profile: one is being taken already" });
    busy = true;
    try {
      await send(request, name, await taken(taker.take, seconds, clock, request.signal));
    } finally {
      busy = false;
    }
  };
  return [
    { path: "/debug/pprof", serve: (request) => serve({ ...request, info: { ...request.info, path: "/debug/pprof/" } }) },
    { path: "/debug/pprof/", serve },
  ];
}

/** As in Go, what is no number above 0 stands for the usual time. */
function secondsOf(query: URLSearchParams, usual: number): number {
  const asked = Number(query.get("seconds") ?? "");
  return Number.isFinite(asked) && asked > 0 ? asked : usual;
}

async function taken(take: Take, seconds: number, clock: Clock, signal: AbortSignal): Promise<Profile> {
  const session = new Session();
  session.connect();
  try {
    return await take(session, seconds, clock, signal);
  } finally {
    // Ends what it has begun, too.
    session.disconnect();
  }
}

async function takeCpu(session: Session, seconds: number, clock: Clock, signal: AbortSignal): Promise<Profile> {
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: cpuIntervalUs });
  await session.post("Profiler.start");
  const startedAt = clock.now();
  await clock.sleep(seconds * 1000, signal);
  const { profile } = await session.post("Profiler.stop");
  return cpuProfile(profile, cpuIntervalUs, { startedAt, durationMs: clock.now() - startedAt });
}

async function takeHeap(session: Session, seconds: number, clock: Clock, signal: AbortSignal): Promise<Profile> {
  await session.post("HeapProfiler.enable");
  await session.post("HeapProfiler.startSampling", { samplingInterval: heapIntervalBytes });
  const startedAt = clock.now();
  await clock.sleep(seconds * 1000, signal);
  const { profile } = await session.post("HeapProfiler.stopSampling");
  return heapProfile(profile, heapIntervalBytes, { startedAt, durationMs: clock.now() - startedAt });
}

async function send({ response }: RouteRequest, name: string, profile: Profile): Promise<void> {
  const body = await gzipAsync(encodeProfile(profile));
  response.start(200, {
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename="${name}"`,
    "x-content-type-options": "nosniff",
    "content-length": String(body.length),
  });
  await response.end(body);
}
