// What came and nobody told of, while the connection was cut or told in one hint: how conversations stand is compared
// with how they stood.

import { calls, isSpoken } from "./events.js";

const NOTHING = { seq: 0, unread: 0, mentions: 0, told: 0 };

export class Missed {
  /** `readSeqOf(id)` is how far the reader is; `onMissed(found)` hears of [{id, number, isCalled, seq}]. */
  constructor({ me, client, readSeqOf, onMissed }) {
    Object.assign(this, { me, readSeqOf, onMissed });
    this.stood = new Map(); // conversation id → {seq, unread, mentions, told}
    this.behind = new Map(); // conversation id → how far it is said to go; its row in the list is on its way
    this.isCompared = false; // what waits when the page comes is in the list, and no news
    client.on("arrived", ({ entry }) => this.take(entry));
    client.on("heads", ({ heads }) => { this.tell(heads); this.isCompared = true; });
    client.on("behind", ({ conversation_id: id, last_seq: seq }) => { if (this.isCompared) this.behind.set(id, seq); });
  }

  /** Whether the entry is among what was told of by its number. */
  isTold(entry) {
    return entry.seq <= (this.stood.get(entry.conversation_id) ?? NOTHING).told;
  }

  take(entry) {
    const stood = this.stood.get(entry.conversation_id) ?? NOTHING;
    if (entry.seq <= stood.seq) return;
    const now = { ...stood, seq: entry.seq };
    if (entry.sender_id === this.me.id) Object.assign(now, { unread: 0, mentions: 0 });
    else if (isSpoken(entry)) Object.assign(now, { unread: now.unread + 1, mentions: now.mentions + Number(calls(entry, this.me.id)) });
    this.stood.set(entry.conversation_id, now);
  }

  /** The list has been drawn: what it was behind with may stand there now. What comes with the same frame counts first. */
  follow(cards) {
    if (this.behind.size === 0) return;
    queueMicrotask(() => {
      const come = [...this.behind].filter(([id, seq]) => cards.get(id)?.last_seq >= seq).map(([id]) => id);
      for (const id of come) this.behind.delete(id);
      this.tell(come.map((id) => ({ ...cards.get(id), conversation_id: id })));
    });
  }

  tell(heads) {
    const found = heads.map((head) => this.compare(head)).filter((one) => one.number > 0);
    if (this.isCompared && found.length > 0) this.onMissed(found);
  }

  /** How many more call for the reader than did; what she has read by now, here or elsewhere, does not. */
  compare({ conversation_id: id, last_seq: seq, read_seq: readThere, unread, mentions, level }) {
    const stood = this.stood.get(id) ?? NOTHING;
    const read = Math.max(readThere, this.readSeqOf(id));
    const span = seq - Math.max(stood.seq, read);
    if (span <= 0 && stood.seq > seq) return { number: 0 }; // the answer is older than what came live
    const left = (number) => Math.min(number, Math.max(0, stood.seq - read));
    const more = (now, before) => Math.max(0, Math.min(span, now - left(before)));
    const isCalled = more(mentions, stood.mentions) > 0;
    const number = { all: more(unread, stood.unread), mentions: more(mentions, stood.mentions) }[level] ?? 0;
    this.stood.set(id, { seq, unread, mentions, told: number > 0 && this.isCompared ? seq : stood.told });
    return { id, number, isCalled, seq };
  }
}
