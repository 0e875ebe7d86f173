import assert from "node:assert/strict";
import { test } from "node:test";
import { features } from "./feature-gates.ts";

test("gates that can be moved are; what is by default may be said", () => {
  assert.deepEqual(features([]), {});
  assert.deepEqual(features(["APIResponseCompression=false", "kube:APIServerIdentity=0", " StorageVersionHash = true", "WatchList=false"]), {
    compressResponses: false,
    serverIdentity: false,
    storageVersionHash: true,
    watchList: false,
  });
  assert.deepEqual(features(["WatchListClient=true", "AllAlpha=false", "InPlacePodVerticalScaling=true", "PodsAPI=false"]), {});
  assert.deepEqual(features(["StorageVersionHash=false", "StorageVersionHash=true"]), { storageVersionHash: true }, "the last one counts");
});

test("what is unknown, locked or without effect is refused", () => {
  const cases: [entry: string, expected: RegExp][] = [
    ["Unheard=true", /cannot use --feature-gates: unrecognized feature gate: Unheard$/],
    ["WatchList", /missing bool value for WatchList$/],
    ["WatchList=yes", /invalid value of WatchList=yes, err: strconv\.ParseBool: parsing "yes": invalid syntax$/],
    ["VolumeAttributesClass=false", /cannot set feature gate VolumeAttributesClass to false, feature is locked to true$/],
    ["PodsAPI=true", /cannot use --feature-gates PodsAPI=true: this API server does not go by it; it goes by APIResponseCompression, /],
    ["AllBeta=false", /AllBeta=false: this API server does not go by it/],
    ["AllAlpha=true", /AllAlpha=true: this API server does not go by it/],
  ];
  for (const [entry, expected] of cases) assert.throws(() => features([entry]), expected, entry);
});
