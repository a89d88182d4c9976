// A caller of the generated types. It is compiled, never run: it fails to compile when a path, a parameter, a request
// field, an answer or a status that a caller relies on changes its type.
import createClient from "openapi-fetch";

import type { components, paths } from "./schema.js";

type Problem = components["schemas"]["Problem"];
type Transaction = components["schemas"]["Transaction"];
type TransactionStatus = components["schemas"]["TransactionStatus"];

class RequestFailed extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.message}`);
  }
}

// A new status does not compile until it is listed here.
const TERMINAL: Record<TransactionStatus, boolean> = {
  DENIED: true,
  QUEUED: false,
  PENDING_APPROVAL: false,
  EXECUTING: false,
  BROADCASTING: false,
  SUBMITTED: false,
  SIGNED: false,
  CONFIRMED: true,
  FAILED: true,
  CANCELLED: true,
  EXPIRED: true,
};

export async function pay(token: string, to: string, amount: string): Promise<Transaction> {
  const client = createClient<paths>({
    baseUrl: "http://127.0.0.1:3100",
    headers: { Authorization: `Bearer ${token}` },
  });

  const dryRun = await client.POST("/v1/transactions/send", {
    body: { type: "TRANSFER", to, amount, dryRun: true },
  });
  if (dryRun.error) throw new RequestFailed(dryRun.error);

  const sent = await client.POST("/v1/transactions/send", {
    params: { query: { wait: "confirmed", timeout: 60 }, header: { "Idempotency-Key": "invoice-17" } },
    body: { type: "TRANSFER", to, amount },
  });
  if (sent.error) throw new RequestFailed(sent.error);
  if (!("id" in sent.data)) throw new Error("the daemon answered a dry run");

  let transaction: Transaction = sent.data;
  while (!TERMINAL[transaction.status]) {
    const { data, error } = await client.GET("/v1/transactions/{id}", {
      params: { path: { id: transaction.id } },
    });
    if (error) throw new RequestFailed(error);
    transaction = data;
  }
  return transaction;
}
