// How much calls for the reader, as the rail and the window's title say it: known here, so that nothing is asked for it.

/** How many of a conversation's unread messages the reader wants to be told of. */
const calling = ({ level, unread, mentions }) => (level === "all" ? unread : level === "mentions" ? mentions : 0);

/** What the list shows counts as it shows it; of conversations further down, as they were compared last. */
export class Tally {
  constructor({ client, list, dings, onChange }) {
    Object.assign(this, { list, dings, onChange });
    this.heads = null; // conversation id → head; null before the first comparing
    client.on("heads", ({ heads }) => { this.heads = new Map(heads.map((head) => [head.conversation_id, { ...head }])); onChange(); });
    client.on("read", ({ conversation_id: id, read_seq: seq }) => this.readTo(id, seq));
    client.on("settings", (set) => { if (this.heads?.has(set.conversation_id)) this.heads.get(set.conversation_id).level = set.level; onChange(); });
  }

  readTo(id, seq) {
    const head = this.heads?.get(id);
    if (head && seq >= head.last_seq) Object.assign(head, { unread: 0, mentions: 0 });
    this.onChange();
  }

  /** The reader is no longer in the conversation. */
  drop(id) {
    this.heads?.delete(id);
    this.onChange();
  }

  /** Messages, notices and DINGs together; null as long as it is not known. */
  total() {
    if (!this.heads) return null;
    const { cards, notices } = this.list;
    const below = [...this.heads.values()].filter((head) => !cards.has(head.conversation_id));
    return [...cards.values(), ...below].reduce((sum, one) => sum + calling(one), notices.unread + this.dings.waiting.length);
  }
}
