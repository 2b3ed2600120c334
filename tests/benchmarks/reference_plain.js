// What anyone would write in an afternoon: readline, JSON.parse and crypto, one event after the other.
// Verifies a kernel-doc/1 ledger; prints one JSON object: events, deals, valid.
const { createHash } = require('node:crypto');
const { createReadStream } = require('node:fs');
const { createInterface } = require('node:readline');

async function main(path) {
  const heads = new Map();
  let events = 0;
  let valid = true;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (!line) continue;
    const event = JSON.parse(line);
    events += 1;
    const [sequence, head] = heads.get(event.dealId) ?? [0, null];
    const text = event.dealId + event.sequenceNumber + event.type + JSON.stringify(event.payload) + (head ?? 'null');
    const hash = createHash('sha256').update(text).digest('hex');
    if (event.sequenceNumber !== sequence + 1 || event.previousEventHash !== head || hash !== event.eventHash) valid = false;
    heads.set(event.dealId, [event.sequenceNumber, event.eventHash]);
  }
  console.log(JSON.stringify({ events, deals: heads.size, valid }));
}

main(process.argv[2]);
