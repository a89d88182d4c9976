// A WalletConnect relay on loopback: JSON-RPC over WebSocket, with a mailbox. Prints `relay=ws://…`, takes commands on
// standard input (`drop`, `mute`, `unmute`, `replay`, `garble`, `burden TOPIC`) and ends when that closes.

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import { decodeJWT, verifyJWT } from "@walletconnect/relay-auth";
import { WebSocketServer } from "ws";

/** @typedef {{topic: string, message: string, tag: number, publishedAt: number, until: number, from: string, taken: Set<string>}} Mail */

/** @type {Mail[]} */
const mails = [];
/** @type {Set<{socket: import("ws").WebSocket, client: string, topics: Set<string>, pending: Map<number, Mail>}>} */
const clients = new Set();
let muted = false;
let garble = false;
let ids = Date.now() * 1000;

const wanted = process.argv.indexOf("--port");
const port = wanted < 0 ? 0 : Number(process.argv[wanted + 1]);
const http = createServer((_, response) => response.writeHead(426).end());
const sockets = new WebSocketServer({ noServer: true });

http.on("upgrade", async (request, socket, head) => {
  const query = new URL(request.url ?? "/", "http://relay").searchParams;
  const client = await clientOf(query.get("auth") ?? "", query.get("projectId") ?? "");
  if (!client) return socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
  sockets.handleUpgrade(request, socket, head, (opened) => serve(opened, client));
});

/** The client's did:key, if its token is for this relay and the project id has the right form. */
async function clientOf(token, project) {
  try {
    const { payload } = decodeJWT(token);
    const now = Date.now() / 1000;
    const own = `ws://127.0.0.1:${http.address().port}`;
    const fits = payload.aud === own && payload.iat <= now + 60 && payload.exp > now;
    return fits && /^[0-9a-f]{32}$/i.test(project) && (await verifyJWT(token)) ? payload.iss : undefined;
  } catch {
    return undefined;
  }
}

function serve(socket, client) {
  const peer = { socket, client, topics: new Set(), pending: new Map() };
  clients.add(peer);
  socket.on("close", () => clients.delete(peer));
  socket.on("error", () => clients.delete(peer));
  socket.on("message", (data) => {
    let frame;
    try {
      frame = JSON.parse(String(data));
    } catch {
      return socket.close(1007);
    }
    if (frame.method === undefined) return taken(peer, frame);
    try {
      const result = answer(peer, frame.method, frame.params ?? {});
      socket.send(JSON.stringify({ id: frame.id, jsonrpc: "2.0", result }));
    } catch (error) {
      const fault = { code: -32601, message: String(error.message) };
      socket.send(JSON.stringify({ id: frame.id, jsonrpc: "2.0", error: fault }));
    }
    deliver();
  });
}

/** A client has acknowledged a message. */
function taken(peer, frame) {
  const mail = peer.pending.get(frame.id);
  peer.pending.delete(frame.id);
  if (mail && frame.error === undefined) mail.taken.add(peer.client);
}

const subscription = (peer, topic) => createHash("sha256").update(topic + peer.client).digest("hex");

function subscribe(peer, topic) {
  peer.topics.add(topic);
  return subscription(peer, topic);
}

function publish(peer, { topic, message, ttl = 300, tag = 0 }) {
  if (!/^[0-9a-f]{64}$/.test(topic) || typeof message !== "string") throw new Error("invalid publication");
  const now = Date.now();
  mails.push({ topic, message, tag, publishedAt: now, until: now + ttl * 1000, from: peer.client, taken: new Set() });
  return true;
}

function fetched(peer, topics) {
  const found = mails.filter((mail) => topics.includes(mail.topic) && waits(mail, peer));
  found.forEach((mail) => mail.taken.add(peer.client));
  return { messages: found.map(({ topic, message, publishedAt, tag }) => ({ topic, message, publishedAt, tag })), hasMore: false };
}

function answer(peer, method, params) {
  switch (method) {
    case "irn_subscribe":
      return subscribe(peer, params.topic);
    case "irn_batchSubscribe":
      return params.topics.map((topic) => subscribe(peer, topic));
    case "irn_unsubscribe":
      return peer.topics.delete(params.topic);
    case "irn_batchUnsubscribe":
      params.subscriptions.forEach(({ topic }) => peer.topics.delete(topic));
      return true;
    case "irn_publish":
      return publish(peer, params);
    case "irn_batchPublish":
      params.messages.forEach((message) => publish(peer, message));
      return true;
    case "irn_fetchMessages":
      return fetched(peer, [params.topic]);
    case "irn_batchFetchMessages":
      return fetched(peer, params.topics);
    case "wc_proposeSession":
      subscribe(peer, params.pairingTopic);
      return publish(peer, { topic: params.pairingTopic, message: params.sessionProposal, ttl: params.ttl, tag: 1100 });
    case "wc_approveSession":
      subscribe(peer, params.sessionTopic);
      publish(peer, { topic: params.pairingTopic, message: params.sessionProposalResponse, tag: 1101 });
      return publish(peer, { topic: params.sessionTopic, message: params.sessionSettlementRequest, tag: 1102 });
    default:
      throw new Error(`Method not found: ${method}`);
  }
}

function waits(mail, peer) {
  const alive = Date.now() < mail.until && mail.from !== peer.client && !mail.taken.has(peer.client);
  return alive && ![...peer.pending.values()].includes(mail);
}

/** Sends what waits to those who are subscribed. */
function deliver() {
  if (muted) return;
  for (const peer of clients) {
    for (const mail of mails) {
      if (peer.topics.has(mail.topic) && waits(mail, peer)) send(peer, mail);
    }
  }
}

function send(peer, mail) {
  const id = (ids += 1);
  peer.pending.set(id, mail);
  let { message } = mail;
  if (garble) {
    garble = false;
    message = message.slice(0, 20) + (message[20] === "A" ? "B" : "A") + message.slice(21);
  }
  const { topic, publishedAt, tag } = mail;
  const params = { id: subscription(peer, topic), data: { topic, message, publishedAt, tag } };
  peer.socket.send(JSON.stringify({ id, jsonrpc: "2.0", method: "irn_subscription", params }));
}

const commands = {
  drop: () => clients.forEach(({ socket }) => socket.terminate()),
  mute: () => (muted = true),
  unmute: () => {
    muted = false;
    deliver();
  },
  garble: () => (garble = true),
  /** Puts many messages on a topic, one of them longer than clients take. */
  burden: (topic) => {
    const nobody = { client: "nobody" };
    for (let n = 0; n < 600; n += 1) publish(nobody, { topic, message: "AAAA" });
    publish(nobody, { topic, message: "A".repeat(1_100_000) });
    deliver();
  },
  /** Sends every message once more, acknowledged or not. */
  replay: () => {
    for (const peer of clients) {
      mails.filter((mail) => peer.topics.has(mail.topic) && mail.from !== peer.client).forEach((mail) => send(peer, mail));
    }
  },
};

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [name, argument] = line.trim().split(" ");
  commands[name]?.(argument);
  process.stdout.write(`ok ${line.trim()}\n`);
});
lines.on("close", () => process.exit(0));
http.listen(port, "127.0.0.1", () => process.stdout.write(`relay=ws://127.0.0.1:${http.address().port}\n`));
