/** The store of a cluster with an EncryptionConfiguration, which may change while the control plane runs. */
import { parseEncryptionConfiguration } from "../apiserver/encryption/configuration.ts";
import { encryptingStore } from "../apiserver/encryption/encrypting-store.ts";
import type { Store } from "../storage/store.ts";
import { type FollowOptions, ReloadedFile } from "./reloaded-file.ts";

/** Keys are rotated without a restart. Without `file` it is `store` itself. Throws when the file cannot be used. */
export function encryptedStore(store: Store, file: string | undefined, options: FollowOptions): Store {
  if (file === undefined) return store;
  const configuration = new ReloadedFile(file, parseEncryptionConfiguration);
  void configuration.follow(options, () => undefined);
  return encryptingStore(store, () => configuration.value);
}
