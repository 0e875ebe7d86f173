import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createMemoryStore } from "../storage/memory/index.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { encryptedStore } from "./encrypted-store.ts";

const at = "/registry/secrets/a/s";

function configuration(name: string): string {
  const keys = [name, "first"].map((key) => ({ name: key, secret: Buffer.alloc(32, key).toString("base64") }));
  const providers = [{ secretbox: { keys: name === "first" ? keys.slice(1) : keys } }, { identity: {} }];
  return JSON.stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "EncryptionConfiguration", resources: [{ resources: ["secrets"], providers }] });
}

test("keys are rotated while the store is open; a file that cannot be used changes nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "encrypted-store-"));
  const file = join(folder, "encryption.yaml");
  const life = new AbortController();
  const clock = new VirtualClock();
  const plain = createMemoryStore({ clock });
  try {
    writeFileSync(file, configuration("first"), { mode: 0o600 });
    const store = encryptedStore(plain, file, { clock, logger: silentLogger, signal: life.signal });
    const keyAfter = async (text: string | undefined, expected: string) => {
      if (text !== undefined) writeFileSync(file, text);
      // The file is read by the system, in its own time.
      for (let round = 0; round < 100; round++) {
        await clock.advance(5_000);
        await new Promise((resolve) => setTimeout(resolve, 2));
        await store.txn({ compare: [], success: [{ type: "put", key: at, value: Buffer.from("x") }], failure: [] });
        const { kvs } = await plain.range({ start: at });
        const key = Buffer.from(kvs[0]?.value ?? [])
          .toString("latin1")
          .split(":")[4];
        if (key === expected && (text === undefined || round > 3)) return key;
      }
      return undefined;
    };
    assert.equal(await keyAfter(undefined, "first"), "first");
    assert.equal(await keyAfter(configuration("second"), "second"), "second");
    assert.equal(await keyAfter("kind: nonsense", "second"), "second");
    assert.equal(await keyAfter(configuration("third"), "third"), "third");
    writeFileSync(file, "kind: nonsense");
    assert.throws(() => encryptedStore(plain, file, { clock, logger: silentLogger, signal: life.signal }), /cannot use the encryption configuration/);
  } finally {
    life.abort();
    rmSync(folder, { recursive: true });
  }
});
