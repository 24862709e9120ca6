/** A calibration in words and a table, for a terminal or a page of Markdown. */
import type { Estimate } from "../contract.ts";
import { strengthOfAgreement } from "../statistics/kappa.ts";
import type { Calibration } from "./calibration.ts";

export function calibrationReport(calibration: Calibration): string {
  const { judge, judged, skipped, skippedBecause, errors, agreement, kappa, confusion, disagreements } = calibration;
  const lines = [`# Judge ${judge}`, "", `${judged} answers judged, ${skipped} skipped, ${errors.length} errors.`];
  if (skippedBecause !== undefined) lines.push(`Skipped: ${skippedBecause}`);
  lines.push(...errors.map(({ item, message }) => `Error on ${item}: ${message}`));
  if (!agreement) return `${lines.join("\n")}\n`;
  lines.push("", `Agreement with people: ${percent(agreement)}`);
  if (kappa) {
    const [value, low, high] = [kappa.value, kappa.low, kappa.high].map((number) => number.toFixed(2));
    lines.push(`Cohen's kappa: ${value} [${low}, ${high}], ${strengthOfAgreement(kappa.value)}`);
  } else {
    lines.push("Cohen's kappa: undefined, since judge and people always say the same one thing; label both kinds.");
  }
  lines.push(
    "",
    "| | people: pass | people: fail |",
    "|---|---:|---:|",
    `| judge: pass | ${confusion.bothPass} | ${confusion.onlyJudgePasses} |`,
    `| judge: fail | ${confusion.onlyPeoplePass} | ${confusion.bothFail} |`,
  );
  if (disagreements.length > 0) lines.push("", "Where they disagree:");
  for (const { item, people, comment } of disagreements) {
    lines.push(`- ${item}: people say ${people ? "pass" : "fail"}. ${comment}`);
  }
  return `${lines.join("\n")}\n`;
}

function percent({ value, low, high }: Estimate): string {
  const [middle, from, to] = [value, low, high].map((share) => `${(share * 100).toFixed(0)} %`);
  return `${middle} [${from}, ${to}]`;
}
