// An owner's wallet, made with WalletKit. Takes orders as JSON lines on standard input, prints events as JSON lines, and
// ends when standard input closes.

import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

import { WalletKit } from "@reown/walletkit";
import { Core } from "@walletconnect/core";
import { buildApprovedNamespaces, getSdkError } from "@walletconnect/utils";
import bs58 from "bs58";
import nacl from "tweetnacl";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

const { values: options } = parseArgs({
  options: {
    relay: { type: "string" },
    project: { type: "string" },
    evm: { type: "string" },
    solana: { type: "string" },
    account: { type: "string" },
  },
});

/** Events only: libraries write their logs elsewhere. */
const print = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
console.log = console.info = console.warn = console.error = console.debug = () => {};

/** Memory instead of files. */
class Memory {
  #items = new Map();
  getKeys = async () => [...this.#items.keys()];
  getEntries = async () => [...this.#items.entries()];
  getItem = async (key) => this.#items.get(key);
  setItem = async (key, value) => void this.#items.set(key, value);
  removeItem = async (key) => void this.#items.delete(key);
}

const evm = options.evm && privateKeyToAccount(`0x${options.evm}`);
const solana = options.solana && nacl.sign.keyPair.fromSeed(Buffer.from(options.solana, "hex"));
const address = options.account ?? (evm ? evm.address : bs58.encode(solana.publicKey));
const namespace = evm ? "eip155" : "solana";
const methods = evm ? ["personal_sign", "eth_signTypedData_v4"] : ["solana_signMessage"];

/** How proposals and requests are answered. */
const answers = { proposals: "approve", requests: "sign" };
/** A request that is not answered yet. */
let held;

const core = new Core({
  projectId: options.project,
  relayUrl: options.relay,
  telemetryEnabled: false,
  logger: "silent",
  storage: new Memory(),
});
const metadata = { name: "Owner's wallet", description: "A wallet", url: "https://wallet.example", icons: [] };
const kit = await WalletKit.init({ core, metadata });

kit.on("session_proposal", async ({ id, params }) => {
  const chains = Object.values(params.optionalNamespaces ?? {}).flatMap(({ chains }) => chains ?? []);
  print({ event: "proposal", chains, name: params.proposer.metadata.name, url: params.proposer.metadata.url });
  try {
    if (answers.proposals === "reject") {
      await kit.rejectSession({ id, reason: getSdkError("USER_REJECTED") });
      return print({ event: "rejected" });
    }
    const accounts = chains.map((chain) => `${chain}:${address}`);
    const supportedNamespaces = { [namespace]: { chains, methods, events: ["accountsChanged"], accounts } };
    const namespaces = buildApprovedNamespaces({ proposal: params, supportedNamespaces });
    const session = await kit.approveSession({ id, namespaces });
    print({ event: "session", topic: session.topic, accounts });
  } catch (error) {
    print({ event: "error", message: String(error.message) });
  }
});

kit.on("session_request", async ({ id, topic, params }) => {
  const { method, params: given } = params.request;
  const text = method === "personal_sign" ? Buffer.from(given[0].slice(2), "hex") : Buffer.from(bs58.decode(given.message));
  print({ event: "request", id, method, chain: params.chainId, text: text.toString() });
  const request = { id, topic, text };
  if (answers.requests === "hold") held = request;
  else await answer(request, answers.requests);
});

kit.on("session_delete", () => print({ event: "deleted" }));

async function signature(text, wrong) {
  if (evm) {
    const account = wrong ? privateKeyToAccount(generatePrivateKey()) : evm;
    return account.signMessage({ message: { raw: text } });
  }
  const pair = wrong ? nacl.sign.keyPair() : solana;
  return { signature: bs58.encode(nacl.sign.detached(text, pair.secretKey)) };
}

async function answer({ id, topic, text }, how) {
  try {
    const refusal = { id, jsonrpc: "2.0", error: { code: 5000, message: "User rejected." } };
    const signed = async () => ({ id, jsonrpc: "2.0", result: await signature(text, how === "wrong-key") });
    const response = how === "refuse" ? refusal : await signed();
    if (how !== "again") await kit.respondSessionRequest({ topic, response });
    // The library answers a request once.
    if (how === "twice" || how === "again") {
      const message = await core.crypto.encode(topic, response);
      await core.relayer.publish(topic, message, { ttl: 300, tag: 1109 });
    }
    print({ event: "answered", id, how });
  } catch (error) {
    print({ event: "error", message: String(error.message) });
  }
}

const orders = {
  pair: ({ uri }) => kit.pair({ uri }),
  proposals: ({ answer }) => void (answers.proposals = answer),
  requests: ({ answer }) => void (answers.requests = answer),
  answer: ({ how }) => answer(held, how ?? "sign"),
  disconnect: async () => {
    for (const { topic } of Object.values(kit.getActiveSessions())) {
      await kit.disconnectSession({ topic, reason: getSdkError("USER_DISCONNECTED") });
    }
  },
  ping: async () => {
    for (const { topic } of Object.values(kit.getActiveSessions())) await kit.engine.signClient.ping({ topic });
  },
};

const lines = createInterface({ input: process.stdin });
lines.on("line", async (line) => {
  const order = JSON.parse(line);
  try {
    await orders[order.do](order);
    print({ event: "done", do: order.do });
  } catch (error) {
    print({ event: "error", do: order.do, message: String(error.message) });
  }
});
lines.on("close", () => process.exit(0));
process.on("unhandledRejection", (error) => print({ event: "error", message: String(error?.message ?? error) }));
print({ event: "ready", address });
