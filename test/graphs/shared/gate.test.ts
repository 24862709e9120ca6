/** Gates: what passes, and what the model and the user are told of what does not. */
import { describe, expect, test } from "vitest";
import { gate, gateFailed, gateJudgement, gateState, refused } from "../../../graphs/shared/gate.ts";
import { Judgement } from "../../../graphs/shared/judgements.ts";

const checks = {
  length: (text: string) => text.length <= 10 || `it has ${text.length} characters, and 10 is the most`,
  ending: (text: string) => text.endsWith(".") || "it does not end with a full stop",
};

describe("A gate", () => {
  test("lets through what passes every check", () => {
    expect(gate("Short.", checks)).toEqual({ passed: true, reasons: [] });
  });

  test("tells all that is wrong at once, each under its check's name", () => {
    expect(gate("Much too long", checks)).toEqual({
      passed: false,
      reasons: ["length: it has 13 characters, and 10 is the most", "ending: it does not end with a full stop"],
    });
  });

  test("takes a check that throws for one that failed", () => {
    const broken = () => {
      throw new Error("no such entity");
    };
    expect(gate("Short.", { broken })).toEqual({ passed: false, reasons: ["broken: no such entity"] });
  });

  test("is open before anything was refused", () => {
    expect(gateState.parse(undefined)).toEqual({ passed: true, reasons: [] });
  });
});

describe("A gate's reasons", () => {
  test("go back to the model with what it made, if there are any", () => {
    expect(refused("Short.", gate("Short.", checks))).toEqual([]);
    const [made, correction] = refused("Short", gate("Short", checks));
    expect([made?.type, made?.text]).toEqual(["ai", "Short"]);
    expect(correction?.text).toContain("- ending: it does not end with a full stop");
  });

  test("are the comment of its judgement, cut to what a comment may have", () => {
    expect(gateJudgement("write", gate("Short.", checks))).toEqual({ name: "gate: write", value: true });
    const refusal = gate("Short", { ...checks, names: () => "x".repeat(9_000) });
    const judgement = gateJudgement("write", refusal);
    expect(judgement).toMatchObject({ value: false, comment: expect.stringContaining("- ending: it does not end") });
    expect(Judgement.safeParse(judgement).success).toBe(true);
  });

  test("become the outcome of the step", () => {
    expect(gateFailed("summarise", gate("Short", checks))).toEqual({
      kind: "gate-failed",
      reason: expect.stringMatching(/"summarise"[\s\S]*ending: it does not end/),
    });
  });
});
