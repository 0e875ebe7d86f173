import assert from "node:assert/strict";
import { test } from "node:test";
import * as q from "./quantity.ts";

test("texts become canonical as Go prints them", () => {
  const table: [string, string][] = [
    ["0", "0"],
    ["0Ki", "0"],
    ["-0", "0"],
    ["00", "0"],
    ["1", "1"],
    ["0.5", "500m"],
    [".5", "500m"],
    ["1.", "1."],
    ["100m", "100m"],
    ["1000m", "1"],
    ["1500m", "1500m"],
    ["1.5", "1500m"],
    ["1.5k", "1500"],
    ["1000k", "1M"],
    ["1024", "1024"],
    ["1024Ki", "1Mi"],
    ["1Gi", "1Gi"],
    ["1.5Gi", "1536Mi"],
    ["0.5Mi", "512Ki"],
    ["1023Ki", "1023Ki"],
    ["1e3", "1e3"],
    ["1E3", "1E3"],
    ["12e2", "1200"],
    ["1e-3", "1e-3"],
    ["100e-3", "100e-3"],
    ["5E", "5E"],
    ["+5", "+5"],
    ["1.500", "1.500"],
    ["0.500", "500m"],
    ["+5Gi", "+5Gi"],
    ["8Gi", "8Gi"],
    ["0900m", "0900m"],
    ["25E3", "25E3"],
    ["20E3", "20E3"],
    ["1000E3", "1e6"],
    ["-100m", "-100m"],
    ["-1Ki", "-1Ki"],
    ["0.1n", "1n"],
    ["1.0000000001", "1000000001n"],
    ["0.5Ki", "512"],
    ["9223372036854775807", "9223372036854775807"],
    ["99999999999999999999", "99999999999999999999"],
    ["20Ei", "9223372036854775807"],
    ["-20Ei", "-9223372036854775807"],
    ["271342175120682974369E-9", "271342175120682974369e-9"],
    ["M", "0"],
    ["+", "0"],
    [".", "0"],
    ["Ki", "0"],
    ["531971104T", "531971104T"],
    ["1e30", "1e30"],
    ["123456789Ki", "123456789Ki"],
    ["1000000Mi", "1000000Mi"],
  ];
  for (const [text, canonical] of table) assert.equal(q.canonicalQuantity(text), canonical, text);
});

test("texts that are no quantities are refused with Kubernetes' messages", () => {
  for (const text of ["", "abc", "1.2.3", " 1", "1 ", "1\n", "1,5", "0x1"]) {
    assert.throws(() => q.parseQuantity(text), { message: q.quantityFormatMessage }, JSON.stringify(text));
  }
  for (const text of ["1K", "1mi", "1ki", "1e", "1nn", "1MM", "--1", "1e99999999999"]) {
    assert.throws(() => q.parseQuantity(text), { message: q.quantitySuffixMessage }, text);
  }
});

test("a mere suffix is zero unless it needs many digits", () => {
  assert.throws(() => q.parseQuantity("Pi"), { message: q.quantityNumericMessage });
  assert.throws(() => q.parseQuantity("e"), { message: q.quantitySuffixMessage });
});

test("amounts of resource lists are thousandths", () => {
  const table: [string, string][] = [
    ["1", "1"],
    ["1500u", "2m"],
    ["1n", "1m"],
    ["-1500u", "-2m"],
    ["1.500", "1.500"],
    ["0.0000001Gi", "107375m"],
    ["1e-4", "1e-3"],
  ];
  for (const [text, rounded] of table) assert.equal(q.milliRoundedQuantity(text), rounded, text);
});

test("sums are not capped", () => {
  const [a, b] = ["-94414.", "104572.71e20"].map(q.parseQuantity) as [q.Quantity, q.Quantity];
  assert.equal(q.quantityText(q.addQuantities(a, b)), "10457270999999999999905586");
  assert.equal(q.quantityText(q.subtractQuantities(a, b)), "-10457271000000000000094414");
});

test("values round up", () => {
  assert.equal(q.valueOfQuantity("100m"), 1);
  assert.equal(q.valueOfQuantity("1001m"), 2);
  assert.equal(q.valueOfQuantity("-1001m"), -2);
  assert.equal(q.milliValueOfQuantity("1u"), 1);
  assert.equal(q.milliValueOfQuantity("2"), 2000);
  assert.equal(q.milliValueOfQuantity("1.5"), 1500);
  assert.equal(q.valueOfQuantity("1Gi"), 1073741824);
  assert.equal(q.scaledQuantityValue(q.parseQuantity("1Gi"), 6), 1074n);
  assert.equal(q.quantityNumber(q.parseQuantity("250m")), 0.25);
});

test("sums keep the format of the first amount that is not zero", () => {
  const sum = (a: string, b: string) => q.quantityText(q.addQuantities(q.parseQuantity(a), q.parseQuantity(b)));
  assert.equal(sum("1Gi", "1Gi"), "2Gi");
  assert.equal(sum("0", "1Gi"), "1Gi");
  assert.equal(sum("1G", "24Mi"), "1025165824");
  assert.equal(q.quantityText(q.subtractQuantities(q.parseQuantity("1"), q.parseQuantity("100m"))), "900m");
  assert.equal(q.quantityText(q.negateQuantity(q.parseQuantity("1"))), "-1");
  assert.equal(q.quantityText(q.quantityOf(2048, "BinarySI")), "2Ki");
  assert.equal(q.quantityText(q.milliQuantityOf(1500)), "1500m");
  assert.equal(q.compareQuantities(q.parseQuantity("1"), q.parseQuantity("1000m")), 0);
  assert.equal(q.compareQuantities(q.parseQuantity("1"), q.parseQuantity("1Ki")), -1);
});

/** Naive second implementation: fractions of bigints. */
function fraction(text: string): { top: bigint; bottom: bigint } {
  const [, sign, whole = "", frac = "", suffix = ""] = /^(-?)([0-9]*)\.?([0-9]*)(.*)$/.exec(text)!;
  let top = BigInt(`${sign}${whole}${frac}`);
  let bottom = 10n ** BigInt(frac.length);
  const decimal: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
  const binary: Record<string, number> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };
  const exponent = suffix in decimal ? decimal[suffix]! : suffix in binary ? 0 : Number(suffix.slice(1));
  if (suffix in binary) top *= 1024n ** BigInt(binary[suffix]!);
  if (exponent >= 0) top *= 10n ** BigInt(exponent);
  else bottom *= 10n ** BigInt(-exponent);
  return { top, bottom };
}

test("canonical text keeps the value, is stable, and orders as fractions do", () => {
  let seed = 7;
  const random = (n: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * n);
  };
  const suffixes = ["", "", "m", "u", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "e2", "e-2", "E3"];
  const make = () => {
    const suffix = suffixes[random(suffixes.length)]!;
    // Small enough in tebibytes not to be capped.
    const whole = random(2) === 0 || suffix.endsWith("i") ? random(5000) : random(1 << 30);
    const frac = random(3) === 0 ? `.${random(1000)}` : "";
    return `${random(4) === 0 ? "-" : ""}${whole}${frac}${suffix}`;
  };
  for (let i = 0; i < 3000; i++) {
    const [a, b] = [make(), make()];
    const canonical = q.canonicalQuantity(a);
    assert.equal(q.canonicalQuantity(canonical), canonical, `${a} -> ${canonical}`);
    const [x, y, z] = [fraction(a), fraction(b), fraction(canonical)];
    // All inputs here are multiples of a nano, so nothing is rounded.
    if ((x.top * 1_000_000_000n) % x.bottom === 0n) assert.equal(x.top * z.bottom, z.top * x.bottom, `${a} -> ${canonical}`);
    const difference = x.top * y.bottom - y.top * x.bottom;
    const expected = difference < 0n ? -1 : difference > 0n ? 1 : 0;
    assert.equal(q.compareQuantities(q.parseQuantity(a), q.parseQuantity(b)), expected, `${a} ? ${b}`);
  }
});
