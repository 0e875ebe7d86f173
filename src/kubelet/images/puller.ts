/** Sees to it that an image is on the node before a container needs it. */
import type { Secret } from "../../api/core/v1/secret.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { ImageUser } from "../container/security.ts";
import { rpcText } from "../cri/errors.ts";
import type { ImageService } from "../cri/service.ts";
import type { Image, PodSandboxConfig } from "../cri/types.ts";
import { type BackOffEntry, goSeconds, nextBackOff, restartBackOff, retryAtMs } from "../pod/back-off.ts";
import { imageNameError } from "./image-name.ts";
import { pullAuth } from "./pull-auth.ts";

export type ImageFailure = "ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull" | "InvalidImageName" | "ImageInspectError";

/** Why a container cannot have its image yet. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  readonly reason: ImageFailure;
  readonly retryAtMs: number;

  constructor(reason: ImageFailure, message: string, retryAt: number) {
    super(message);
    this.reason = reason;
    this.retryAtMs = retryAt;
  }
}

export interface ImageRequest {
  readonly podUid: string;
  readonly image: string;
  readonly policy: string;
  readonly secrets: readonly Secret[];
  readonly sandbox: PodSandboxConfig | undefined;
  readonly signal: AbortSignal;
  event(type: "Normal" | "Warning", reason: string, message: string): void;
}

export interface PresentImage {
  /** What the runtime is to be given. */
  readonly ref: string;
  readonly user: ImageUser;
}

/** ErrImagePull shows for as long before it turns into ImagePullBackOff. */
const showErrorMs = 3000;

export class ImagePuller {
  readonly #images: ImageService;
  readonly #clock: Clock;
  readonly #backOff = new Map<string, BackOffEntry & { readonly failedAtMs: number; readonly error: string }>();
  readonly #queue: (() => void)[] = [];
  #free: number;

  constructor(images: ImageService, clock: Clock, parallel: number) {
    this.#images = images;
    this.#clock = clock;
    this.#free = parallel;
  }

  async ensure(request: ImageRequest): Promise<PresentImage> {
    const { image, policy } = request;
    const present = await this.#inspect(request);
    if (present !== undefined && policy !== "Always") {
      request.event("Normal", "Pulled", `Container image ${JSON.stringify(image)} already present on machine and can be accessed by the pod`);
      return presentImage(present);
    }
    if (policy === "Never") throw this.#never(request);
    this.#refuseWhileBackingOff(request);
    return this.#pull(request);
  }

  forget(podUid: string): void {
    for (const key of this.#backOff.keys()) if (key.startsWith(`${podUid}_`)) this.#backOff.delete(key);
  }

  async #inspect(request: ImageRequest): Promise<Image | undefined> {
    const name = JSON.stringify(request.image);
    const invalid = imageNameError(request.image);
    if (invalid !== undefined) {
      throw this.#inspectFailed(request, "InvalidImageName", `Failed to apply default image tag ${name}: couldn't parse image name ${name}: ${invalid}`);
    }
    try {
      return await this.#images.imageStatus(request.image);
    } catch (error) {
      throw this.#inspectFailed(request, "ImageInspectError", `Failed to inspect image ${name}: ${rpcText(error)}`);
    }
  }

  #inspectFailed(request: ImageRequest, reason: ImageFailure, message: string): ImageError {
    request.event("Warning", "InspectFailed", message);
    return new ImageError(reason, message, this.#clock.now() + 10_000);
  }

  #never(request: ImageRequest): ImageError {
    const message = `Container image ${JSON.stringify(request.image)} is not present with pull policy of Never`;
    request.event("Warning", "ErrImageNeverPull", message);
    return new ImageError("ErrImageNeverPull", message, this.#clock.now() + 10_000);
  }

  #refuseWhileBackingOff(request: ImageRequest): void {
    const entry = this.#backOff.get(keyOf(request));
    if (entry === undefined) return;
    const retryAt = retryAtMs(entry, entry.failedAtMs, restartBackOff);
    if (retryAt <= this.#clock.now()) return;
    const message = `Back-off pulling image ${JSON.stringify(request.image)}`;
    request.event("Normal", "BackOff", message);
    throw new ImageError("ImagePullBackOff", `${message}: ErrImagePull: ${entry.error}`, retryAt);
  }

  async #pull(request: ImageRequest): Promise<PresentImage> {
    const { image } = request;
    request.event("Normal", "Pulling", `Pulling image ${JSON.stringify(image)}`);
    const askedAt = this.#clock.now();
    await this.#turn(request.signal);
    const startedAt = this.#clock.now();
    try {
      const ref = await this.#pullWithAnyAuth(request);
      const pulled = await this.#images.imageStatus(ref);
      const now = this.#clock.now();
      const size = pulled === undefined ? "" : ` Image size: ${pulled.size} bytes.`;
      const times = `in ${duration(now - startedAt)} (${duration(now - askedAt)} including waiting).`;
      request.event("Normal", "Pulled", `Successfully pulled image ${JSON.stringify(image)} ${times}${size}`);
      this.#backOff.delete(keyOf(request));
      return pulled === undefined ? { ref, user: {} } : presentImage(pulled);
    } catch (error) {
      throw this.#failed(request, error);
    } finally {
      this.#done();
    }
  }

  async #pullWithAnyAuth(request: ImageRequest): Promise<string> {
    const { image, secrets, sandbox, signal } = request;
    const candidates = pullAuth(image, secrets);
    let failure: unknown;
    for (const auth of candidates.length === 0 ? [undefined] : candidates) {
      try {
        return await this.#images.pullImage({ image }, auth, sandbox, signal);
      } catch (error) {
        failure = error;
        if (signal.aborted) break;
      }
    }
    throw failure;
  }

  #failed(request: ImageRequest, error: unknown): ImageError {
    const now = this.#clock.now();
    const entry = nextBackOff(this.#backOff.get(keyOf(request)), now, now, restartBackOff);
    const text = rpcText(error);
    this.#backOff.set(keyOf(request), { ...entry, failedAtMs: now, error: text });
    request.event("Warning", "Failed", `Failed to pull image ${JSON.stringify(request.image)}: ${text}`);
    return new ImageError("ErrImagePull", text, now + showErrorMs);
  }

  /** Waits until a pull may run: one at a time unless configured otherwise. */
  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    const turn = Promise.withResolvers<void>();
    const giveUp = () => {
      this.#queue.splice(this.#queue.indexOf(turn.resolve), 1);
      turn.reject(signal.reason);
    };
    this.#queue.push(turn.resolve);
    signal.addEventListener("abort", giveUp, { once: true });
    await turn.promise.finally(() => signal.removeEventListener("abort", giveUp));
  }

  #done(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

function keyOf({ podUid, image }: ImageRequest): string {
  return `${podUid}_${image}`;
}

function presentImage(image: Image): PresentImage {
  const user = image.uid === null ? (image.username === "" ? { uid: 0 } : { username: image.username }) : { uid: image.uid.value };
  return { ref: image.id, user };
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : ms < 60_000 ? `${(ms / 1000).toFixed(3)}s` : goSeconds(ms);
}
