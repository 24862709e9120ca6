/** Load in closed loops: a fixed number of clients, each of which asks again when it has its answer. */
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningServer } from "../subjects/subject.ts";
import { readUsage } from "../subjects/usage.ts";
import { type Client, createClient } from "./client.ts";

export interface Load {
  clients: number;
  /** How long new requests are made; what has begun by then is waited for. */
  ms: number;
  /** The clients start one by one over this time, so that they do not march in step; 0 unless given. */
  spreadMs?: number;
}

export interface Observed {
  /** What each call of `ask` took, in ms. */
  durations: number[];
  /** Calls per second, from the first request to the last answer. */
  rate: number;
  /** What a call cost the server's process (not its database's), in ms of processor time. */
  serverCpu: number;
}

/** Keeps `clients` calls of `ask` under way. @throws what the first failing call throws */
export async function loadServer(
  server: RunningServer,
  { clients, ms, spreadMs = 0 }: Load,
  ask: (client: Client) => Promise<void>,
): Promise<Observed> {
  const client = createClient(server.url);
  const durations: number[] = [];
  const before = await readUsage(server.pid);
  const start = performance.now();
  const loop = async (index: number) => {
    await sleep((spreadMs * index) / clients);
    for (let asked = performance.now(); asked - start < ms; ) {
      await ask(client);
      const answered = performance.now();
      durations.push(answered - asked);
      asked = answered;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => loop(index)));
  const seconds = (performance.now() - start) / 1000;
  const after = await readUsage(server.pid);
  client.close();
  return {
    durations,
    rate: durations.length / seconds,
    serverCpu: (after.cpuMs - before.cpuMs) / durations.length,
  };
}
