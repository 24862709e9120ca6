/** An item's `trajectory`, read: the calls of tools and the nodes that are expected. */
import { z } from "zod";
import type { Item } from "../contract.ts";

const Call = z
  .union([z.string(), z.object({ name: z.string(), args: z.record(z.string(), z.unknown()).optional() })])
  .transform((call): ExpectedCall => (typeof call === "string" ? { name: call } : call));

const Trajectory = z.union([
  z.strictObject({ tools: z.array(Call).optional(), nodes: z.array(z.string()).optional() }),
  z.array(z.string()).transform((nodes) => ({ nodes, tools: undefined })),
  z.array(Call).transform((tools) => ({ tools, nodes: undefined })),
]);

export interface ExpectedCall {
  readonly name: string;
  /** Undefined: any. */
  readonly args?: Readonly<Record<string, unknown>> | undefined;
}

export interface ExpectedTrajectory {
  readonly tools?: readonly ExpectedCall[] | undefined;
  readonly nodes?: readonly string[] | undefined;
}

/**
 * `{ tools: [{ name, args? } or a name], nodes: [name] }`, with one of them or both; or a list alone: of names, which are
 * nodes, or of `{ name, args? }`, which are calls of tools.
 * @returns undefined for anything else
 */
export function expectedTrajectory({ trajectory }: Pick<Item, "trajectory">): ExpectedTrajectory | undefined {
  return Trajectory.safeParse(trajectory).data;
}
