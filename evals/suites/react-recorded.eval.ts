/** The ReAct graph with a model that makes mistakes, from a cassette: they are observed, and it goes on or stops. */
import { stepLimit, toolTrajectory } from "../../src/evals/evaluators/trajectory.ts";
import { defineEval } from "../../src/evals/suite.ts";
import { answers, ended, outcome } from "../expectations.ts";

export const reactRecorded = defineEval({
  dataset: "../datasets/react-recorded.jsonl",
  cassette: "../cassettes/react-mistakes.jsonl",
  target: "react",
  // Tools are a part of what is asked, and so of what is on the cassette.
  context: { tools: ["calculator"] },
  evaluators: [outcome, ended, answers, toolTrajectory({ mode: "unordered" }), stepLimit({ toolCalls: 3, nodes: 7 })],
  gates: [{ min: 1 }],
});
