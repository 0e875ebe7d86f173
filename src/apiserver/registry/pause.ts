/**
 * Large writes let others have the event loop between their steps (parse, decode, record fields, admit, validate, encode):
 * each step of the largest body there may be takes some tens of milliseconds, all of them in one go would take a few
 * hundred.
 */

/** Lets everything that waits have its turn; undefined where none is due. */
export type Pause = () => Promise<void> | undefined;

const largeBytes = 64 * 1024;

/** Of by far the most writes. Even to await nothing takes time, several times a write: see to it that this one is not awaited. */
export const noPause: Pause = () => undefined;
const turn: Pause = () => new Promise((resolve) => setImmediate(resolve));

/** For work on so many bytes of JSON, or what was made of them. */
export function pauseFor(bytes: number): Pause {
  return bytes < largeBytes ? noPause : turn;
}
