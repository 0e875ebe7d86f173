/** Progress of long work, step by step with times: live on a terminal, one line a step when piped. */
import { systemClock } from "./system-clock.ts";

export interface Progress {
  /**
   * Runs a step and shows how long it took. A failure is shown and passed on, with the step's name in front. `tell` shows
   * how far it has come, on a terminal only.
   */
  step<T>(title: string, work: (tell: (detail: string) => void) => Promise<T>): Promise<T>;
  /** A line of its own. */
  note(text: string): void;
}

export class StepError extends Error {
  override readonly name = "StepError";
  readonly step: string;

  constructor(step: string, cause: unknown) {
    super(`${step}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.step = step;
  }
}

export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export function progressTo(output: ProgressOutput, now: () => number): Progress {
  const live = output.isTTY === true;
  const line = (mark: string, title: string, ms: number) => `${live ? "\r\x1b[2K" : ""}${mark} ${title} (${seconds(ms)})\n`;
  return {
    async step(title, work) {
      const start = now();
      if (live) output.write(`… ${title}`);
      const tell = (detail: string) => {
        if (live) output.write(`\r\x1b[2K… ${title}: ${detail}`);
      };
      try {
        const result = await work(tell);
        output.write(line("✓", title, now() - start));
        return result;
      } catch (error) {
        output.write(line("✗", title, now() - start));
        throw error instanceof StepError ? error : new StepError(title, error);
      }
    },
    note: (text) => {
      output.write(`${text}\n`);
    },
  };
}

/** What commands show. */
export function consoleProgress(): Progress {
  return progressTo(process.stdout, systemClock.now);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
