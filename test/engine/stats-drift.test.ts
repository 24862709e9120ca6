/** Drift against values worked out by hand. */
import { describe, expect, it } from "vitest";
import { drift, lengthDrift, mixDrift } from "../../src/engine/stats/drift.ts";

const mix = (counts: Record<string, number>) => new Map(Object.entries(counts));
const times = (count: number, value: number) => new Array<number>(count).fill(value);

describe("The population stability index", () => {
  it("of halves that became three quarters and one quarter is ln(3) / 4", () => {
    // (0.75 - 0.5) ln(1.5) + (0.25 - 0.5) ln(0.5) = 0.25 (ln 1.5 + ln 2) = 0.25 ln 3 = 0.27465
    expect(drift([100, 100], [300, 100])).toEqual({
      verdict: "significant",
      psi: 0.2747,
      // (2 - 1) (1/200 + 1/400)
      by_chance: 0.0075,
      baseline_count: 200,
      current_count: 400,
    });
  });

  it("of thirds that moved a little is stable", () => {
    // shares 0.3 0.3 0.4 -> 0.35 0.3 0.35: 0.05 ln(0.35/0.3) + 0 + (-0.05) ln(0.35/0.4) = 0.05 ln(4/3) = 0.01438
    expect(drift([60, 60, 80], [70, 60, 70])).toMatchObject({ verdict: "stable", psi: 0.0144 });
  });

  it.each([
    // Halves that moved by d: PSI = d ln((0.5 + d) / (0.5 - d)), as 0.155 ln(655 / 345) = 0.0994.
    ["stable", [500, 500], [655, 345], 0.0994],
    ["moderate", [500, 500], [660, 340], 0.1061],
    ["moderate", [500, 500], [735, 265], 0.2397],
    ["significant", [500, 500], [745, 255], 0.2627],
  ] as const)("is called %s on its side of the threshold: %j -> %j", (verdict, before, now, psi) => {
    expect(drift(before, now)).toMatchObject({ verdict, psi });
  });

  it("counts an empty bin as half a case, so that it stays a number", () => {
    // shares 0.5 0.5 -> 200/200.5 0.5/200.5
    const [high, low] = [200 / 200.5, 0.5 / 200.5];
    const psi = (high - 0.5) * Math.log(high / 0.5) + (low - 0.5) * Math.log(low / 0.5);
    expect(drift([100, 100], [200, 0]).psi).toBeCloseTo(psi, 4);
    expect(drift([200, 0], [200, 0])).toMatchObject({ verdict: "stable", psi: 0 });
  });

  it.each([
    [
      [100, 99],
      [100, 100],
    ],
    [
      [100, 100],
      [100, 99],
    ],
    [[], []],
  ])("is not told of fewer than 200: %j -> %j", (before, now) => {
    expect(drift(before, now)).toMatchObject({ verdict: "insufficient data", psi: null, by_chance: null });
  });
});

describe("The length of inputs", () => {
  const evenly = Array.from({ length: 1000 }, (_, index) => index + 1);

  it("is compared in ten bins of the baseline, or five where there are few", () => {
    // All of the current ones are in the last bin: share 1 less what nine empty bins of half a case take.
    const many = lengthDrift(evenly, times(1000, 5000));
    const total = 1000 + 9 * 0.5;
    const [last, empty] = [1000 / total, 0.5 / total];
    expect(many.psi).toBeCloseTo((last - 0.1) * Math.log(last / 0.1) + 9 * (empty - 0.1) * Math.log(empty / 0.1), 3);
    // (10 - 1) (1/1000 + 1/1000) and (5 - 1) (1/1000 + 1/200)
    expect(many.by_chance).toBe(0.018);
    expect(lengthDrift(evenly, times(200, 5000)).by_chance).toBe(0.024);
  });

  it("of the same kind is stable", () => {
    const shuffled = evenly.map((value) => ((value * 617) % 1000) + 1);
    expect(lengthDrift(evenly, shuffled)).toMatchObject({ verdict: "stable", psi: 0 });
  });

  it("that was always the same and is shorter now has changed", () => {
    expect(lengthDrift(times(300, 10), times(300, 10))).toMatchObject({ verdict: "stable", psi: 0 });
    expect(lengthDrift(times(300, 10), times(300, 9)).verdict).toBe("significant");
    expect(lengthDrift(times(300, 10), times(300, 11)).verdict).toBe("significant");
  });
});

describe("A mix", () => {
  it("is compared category by category, new ones included", () => {
    // shares 0.5 0.5 0 -> 0.25 0.5 0.25, the empty one as half a case of 200.5
    const [a, b, none] = [100 / 200.5, 100 / 200.5, 0.5 / 200.5];
    const psi = (0.25 - a) * Math.log(0.25 / a) + (0.5 - b) * Math.log(0.5 / b) + (0.25 - none) * Math.log(0.25 / none);
    const found = mixDrift(mix({ code: 100, search: 100 }), mix({ code: 50, search: 100, data: 50 }));
    expect(found.psi).toBeCloseTo(psi, 4);
  });

  it("with many rare categories has them as one", () => {
    const rare = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`rare-${index}`, 1]));
    const before = mix({ one: 60, two: 60, three: 40, ...rare });
    const renamed = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`other-${index}`, 1]));
    const found = mixDrift(before, mix({ one: 60, two: 60, three: 40, ...renamed }));
    // Five bins: three frequent ones, one of the rare, the rest.
    expect(found.by_chance).toBe(0.04);
    expect(found.verdict).toBe("stable");
  });
});
