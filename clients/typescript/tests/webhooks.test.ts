import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { verifyWebhook, WebhookVerificationError } from "letmepost-client";

const SECRET = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
const BODY = '{"id": "evt_1", "type": "post.published", "data": {"text": "Grüße"}}';
const SENT_S = 1_764_579_600;

function signature(secret = SECRET, body = BODY): string {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  return `v1,${createHmac("sha256", key).update(`evt_1.${SENT_S}.${body}`).digest("base64")}`;
}

function headers(signatures = signature()): Record<string, string> {
  return { "webhook-id": "evt_1", "webhook-timestamp": String(SENT_S), "webhook-signature": signatures };
}

const at = (ageS: number) => ({ nowMs: (SENT_S + ageS) * 1000 });

test("an authentic delivery is returned as its event", async () => {
  assert.equal((await verifyWebhook(BODY, headers(), SECRET, at(0))).id, "evt_1");
});

test("a body of bytes and a Headers object are accepted", async () => {
  const event = await verifyWebhook(new TextEncoder().encode(BODY), new Headers(headers()), SECRET, at(299));
  assert.equal(event.type, "post.published");
});

test("one of several signatures is enough", async () => {
  const signatures = `v1,AAAA v2,${signature().slice(3)} v1,%% ${signature()}`;
  assert.equal((await verifyWebhook(BODY, headers(signatures), SECRET, at(0))).id, "evt_1");
});

const other = `whsec_${Buffer.from("another key").toString("base64")}`;
const REJECTED: [string, string, Record<string, string>, { nowMs: number }][] = [
  ["a changed body", `${BODY} `, headers(), at(0)],
  ["a signature of another secret", BODY, headers(signature(other)), at(0)],
  ["a signature of another version", BODY, headers(signature().replace("v1", "v2")), at(0)],
  ["another id", BODY, { ...headers(), "webhook-id": "evt_2" }, at(0)],
  ["a delivery that is too old", BODY, headers(), at(301)],
  ["a delivery from the future", BODY, headers(), at(-301)],
  ["a timestamp that is not a number", BODY, { ...headers(), "webhook-timestamp": "now" }, at(0)],
  ["a missing header", BODY, { "webhook-id": "evt_1", "webhook-timestamp": String(SENT_S) }, at(0)],
];
for (const [name, body, given, options] of REJECTED) {
  test(`${name} is rejected`, async () => {
    await assert.rejects(verifyWebhook(body, given, SECRET, options), WebhookVerificationError);
  });
}

test("a secret without its prefix is an error of the caller", async () => {
  await assert.rejects(verifyWebhook(BODY, headers(), "secret", at(0)), TypeError);
});
