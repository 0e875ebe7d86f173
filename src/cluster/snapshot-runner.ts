/** Takes snapshots by schedule while the control plane runs, and removes those that are too many. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { ComponentHealth } from "./health.ts";
import { nextSnapshotAt, outlived, type SnapshotSchedule, scheduledName, scheduledSnapshots, type TakenSnapshot } from "./snapshot-schedule.ts";
import { snapshotsComponent } from "./status.ts";

export interface SnapshotRunnerOptions {
  readonly cluster: string;
  /** Where they go when the schedule does not say. */
  readonly defaultFolder: string;
  /** As it is now: `coracle snapshot schedule` changes it while the runner runs. */
  readonly schedule: () => Promise<SnapshotSchedule | undefined>;
  /** Writes one to this path, whole or not at all. */
  readonly take: (path: string, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often it looks whether one is due. Default 5 seconds. */
  readonly checkMs?: number;
}

const CHECK_MS = 5_000;

export class SnapshotRunner {
  readonly #options: SnapshotRunnerOptions;
  #health: ComponentHealth | undefined;
  #failedAt: number | undefined;
  #failure: string | undefined;

  constructor(options: SnapshotRunnerOptions) {
    this.#options = options;
  }

  /** For `coracle status`; undefined without a schedule. */
  get health(): ComponentHealth | undefined {
    return this.#health;
  }

  /** Settles when the signal has aborted; a snapshot that is being taken then is given up. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, checkMs = CHECK_MS } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#check(signal);
      } catch (error) {
        if (!signal.aborted) this.#failed(error, logger, clock.now());
      }
      await clock.sleep(checkMs, signal).catch(() => undefined); // Ends early only when the signal aborts.
    }
  }

  async #check(signal: AbortSignal): Promise<void> {
    const { clock, defaultFolder, schedule: read } = this.#options;
    const schedule = await read();
    if (schedule === undefined) {
      this.#health = undefined;
      this.#failedAt = undefined;
      this.#failure = undefined;
      return;
    }
    const folder = schedule.folder ?? defaultFolder;
    const before = await this.#taken(folder);
    this.#report(schedule, folder, before);
    if (nextSnapshotAt(schedule, before, this.#failedAt, clock.now()) > clock.now()) return;
    await this.#take(folder, signal);
    const taken = await this.#taken(folder);
    for (const name of outlived(schedule, taken)) await rm(join(folder, name));
    this.#report(schedule, folder, await this.#taken(folder));
  }

  async #take(folder: string, signal: AbortSignal): Promise<void> {
    const { cluster, clock, logger, take } = this.#options;
    const name = scheduledName(cluster, clock.now());
    await this.#removePartials(folder);
    await take(join(folder, name), signal);
    this.#failedAt = undefined;
    this.#failure = undefined;
    logger.info({ file: join(folder, name) }, "snapshot taken by schedule");
  }

  async #taken(folder: string): Promise<TakenSnapshot[]> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return scheduledSnapshots(this.#options.cluster, await readdir(folder));
  }

  /** What is left of those that were being taken when a control plane was killed. */
  async #removePartials(folder: string): Promise<void> {
    const partials = (await readdir(folder)).filter((name) => name.startsWith(`.${this.#options.cluster}-scheduled-`) && name.endsWith(".partial"));
    for (const name of partials) await rm(join(folder, name));
  }

  #failed(error: unknown, logger: Logger, now: number): void {
    this.#failedAt = now;
    this.#failure = error instanceof Error ? error.message : String(error);
    logger.error({ err: error }, "cannot take the scheduled snapshot; trying again later");
    const address = this.#health?.address ?? this.#options.defaultFolder;
    this.#health = { name: snapshotsComponent, healthy: false, address, message: this.#failure };
  }

  #report(schedule: SnapshotSchedule, folder: string, taken: readonly TakenSnapshot[]): void {
    const next = nextSnapshotAt(schedule, taken, this.#failedAt, this.#options.clock.now());
    const last = taken.length === 0 ? undefined : Math.max(...taken.map(({ at }) => at));
    const when = (at: number) => `${new Date(at).toISOString().slice(0, 16)}Z`;
    const message = this.#failure ?? `${last === undefined ? "none yet" : `last ${when(last)}`}, next ${when(next)}`;
    this.#health = { name: snapshotsComponent, healthy: this.#failure === undefined, address: folder, message };
  }
}
