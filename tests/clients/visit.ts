// A visit by the generated TypeScript client: a check, a bad number, a paged list, a screening from its file to its result.
// Written for its types as much as for its run: what the description says is what the compiler holds us to.

import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[]; exit(status: number): never };

const [origin = "", restricted = "", table = ""] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: origin, headers: { "accept-language": "en" } });

function need(holds: boolean, what: string): asserts holds {
  if (!holds) {
    console.error(`does not hold: ${what}`);
    process.exit(1);
  }
}

async function check(): Promise<void> {
  const { data, response } = await client.POST("/v1/checks", { body: { imeis: [restricted] } });
  need(data !== undefined, "a check is answered");
  need(data.verdict === "restricted" && data.cells.length === 4, "its verdict rests on four cells");
  need(response.headers.get("content-language") === "en", "in the language asked for");
}

async function problem(): Promise<void> {
  const { error, response } = await client.POST("/v1/checks", { body: { imeis: [restricted.slice(0, 9)] } });
  need(error !== undefined && response.status === 422, "a bad number is a problem");
  const told: components["schemas"]["Problem"] = error;
  need(told.code === "imei-length" && told.errors?.[0]?.pointer === "/imeis/0", "with its code and its place");
}

async function list(): Promise<void> {
  const seen = new Set<string>();
  let after: string | null | undefined;
  do {
    const query: { limit: number; after?: string } = after ? { limit: 2, after } : { limit: 2 };
    const { data } = await client.GET("/v1/watch/units", { params: { query } });
    need(data !== undefined, "units are listed");
    for (const unit of data.units) seen.add(unit.key);
    after = data.next;
  } while (after);
  need(seen.size === 5, "every unit once, over three pages");
  const { error } = await client.GET("/v1/watch/units", { params: { query: { after: "bent" } } });
  need(error !== undefined && error.code === "cursor-invalid", "a bent cursor is refused");
}

async function screening(): Promise<void> {
  const key = crypto.randomUUID();
  const send = () =>
    client.POST("/v1/screenings", {
      params: { query: { format: "csv" }, header: { "Idempotency-Key": key } },
      body: table,
      bodySerializer: (text) => text,
      headers: { "content-type": "text/csv" },
    });
  const [one, two] = [await send(), await send()];
  need(one.data !== undefined && one.data.id === two.data?.id, "the same key makes one job");
  const params = { path: { screening: one.data.id } };
  let job: components["schemas"]["ScreeningWire"] = one.data;
  for (let tries = 0; job.state !== "done" && tries < 600; tries++) {
    need(job.state !== "failed", "it does not fail");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { data } = await client.GET("/v1/screenings/{screening}", { params });
    need(data !== undefined, "a job can be looked at");
    job = data;
  }
  need(job.counts?.verdicts["restricted"] === 1, "its counts are there");
  const result = await client.GET("/v1/screenings/{screening}/result", { params, parseAs: "text" });
  need(result.data !== undefined && result.data.includes("restricted"), "its file has the verdicts");
}

await check();
await problem();
await list();
await screening();
console.log("all holds");
