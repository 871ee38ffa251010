// The place to write: what is being answered or edited, whom it calls, and the draft.

import { toast } from "../base.js";
import { element, icon } from "./elements.js";
import { requoted } from "./events.js";
import { Mentions } from "./mentions.js";

const LIMIT_BYTES = 16384;

export class Composer {
  /** `begun` is what of the conversation Begun keeps. `onSend(said)`, `onFiles(files, quote)`, `onEdit(entry, said)` → whether it was taken, `onLast()` the own message that Up edits, `onQuote(seq)` how it reads now, `people()` whom one may call. */
  constructor({ conversationId, drafts, begun, hint, onSend, onFiles, onEdit, onLast, onQuote, people }) {
    Object.assign(this, { conversationId, drafts, begun, onSend, onFiles, onEdit, onLast, onQuote, people });
    this.quote = null; // what is answered
    this.input = element("textarea", "input composer-input", {
      rows: "1", maxlength: "16000", placeholder: hint, "aria-label": "输入消息", enterkeyhint: "send", autocomplete: "off",
    });
    this.about = element("div", "composer-about", { hidden: true });
    this.sendButton = element("button", "button primary", { type: "submit" }, icon("send"), "发送");
    this.sendWords = this.sendButton.lastChild;
    this.mentions = new Mentions({ input: this.input, people });
    this.attachments = begun.attachments;
    this.attachments.onChange = () => { if (!matchMedia("(pointer: coarse)").matches) this.focus(); };
    begun.onEnd = () => this.restore();
    this.input.addEventListener("paste", (event) => { if (!this.edited) this.attachments.pasted(event); });
    this.input.addEventListener("keydown", (event) => this.keyed(event));
    this.input.addEventListener("input", () => { this.grow(); this.keep(); });
    this.form = element("form", "composer", { "aria-label": "发送消息" }, this.mentions.root, this.about, this.attachments.root,
      element("div", "composer-line", {}, this.attachments.button, this.attachments.chooser, this.input, this.sendButton));
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.silence = element("p", "composer-silence", { hidden: true });
    this.root = element("div", "pane-foot composer-place", {}, this.form, this.silence);
    this.restore();
    if (this.edited) this.showEdited();
    if (this.quote) this.refreshQuote();
  }

  /** The entry that is edited; the draft waits. */
  get edited() {
    return this.begun.edit?.entry ?? null;
  }

  focus() {
    this.input.focus();
  }

  /** Where one may not speak the reason stands in place of the field; null lets one speak. */
  silenced(reason) {
    this.form.hidden = reason !== null;
    this.silence.hidden = reason === null;
    this.silence.textContent = reason ?? "";
  }

  // ── what is written ─────────────────────────────────────────────────────

  answer(quote) {
    this.ceaseEditing();
    this.quote = quote;
    this.showAbout();
    this.keep();
    this.focus();
  }

  edit(entry, named) {
    this.begun.edit = { entry, text: entry.body, named };
    this.showEdited();
    this.grow();
    this.focus();
    this.input.setSelectionRange(entry.body.length, entry.body.length);
  }

  showEdited() {
    const { text, named } = this.begun.edit;
    this.input.value = text;
    this.mentions.named = new Map(named);
    this.showAbout();
  }

  /** The text goes back to where it was written, below what stands there already. */
  rewrite(text) {
    this.ceaseEditing();
    this.input.value = [this.input.value, text].filter(Boolean).join("\n");
    this.grow();
    this.keep();
    this.focus();
  }

  ceaseEditing() {
    if (!this.edited) return;
    this.begun.edit = null;
    this.begun.onEnd();
  }

  /** Leaves the editing or the answer; whether there was one. */
  leave() {
    if (this.edited) this.ceaseEditing();
    else if (this.quote) { this.quote = null; this.showAbout(); this.keep(); } else return false;
    this.focus();
    return true;
  }

  /** A message was recalled or edited: it may be what is answered here, or edited. */
  change(entry) {
    if (entry.event.verb === "recalled" && this.edited?.seq === entry.event.seq) { this.ceaseEditing(); toast("正在编辑的消息已被撤回"); }
    this.requote(requoted(this.quote, entry));
  }

  /** What is answered shows as it reads now. */
  requote(quote) {
    if (!quote || quote.seq !== this.quote?.seq) return;
    this.quote = quote;
    this.drafts.requote(this.conversationId, quote);
    this.showAbout();
  }

  async refreshQuote() {
    this.requote(await this.onQuote(this.quote.seq));
  }

  showAbout() {
    const heading = this.edited ? "编辑消息" : this.quote ? `回复 ${this.quote.sender_name}` : "";
    this.about.hidden = !heading;
    this.sendWords.textContent = this.edited ? "保存" : "发送";
    this.attachments.button.hidden = this.edited !== null;
    if (!heading) return;
    const said = this.edited ? "" : this.quote.recalled ? "原消息已撤回" : this.quote.excerpt;
    const close = element("button", "icon-button", { type: "button", "aria-label": this.edited ? "取消编辑" : "取消回复", onclick: () => this.leave() }, icon("close"));
    this.about.replaceChildren(icon(this.edited ? "edit" : "undo"), element("strong", "nowrap", {}, heading), element("span", "truncate grow", { title: said }, said), close);
  }

  keyed(event) {
    // While an input method composes, Enter chooses a word.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.mentions.keyed(event)) return;
    if (event.key === "Escape" && this.leave()) { event.preventDefault(); event.stopPropagation(); return; }
    if (event.key === "ArrowUp" && !this.input.value && !this.edited) {
      if (this.onLast()) event.preventDefault();
      return;
    }
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.submit();
  }

  async submit() {
    const body = printable(this.input.value).trim();
    if (this.pending || (!body && (this.edited || this.attachments.isEmpty))) return;
    if (new TextEncoder().encode(body).length > LIMIT_BYTES) { toast("单条消息不能超过 16 KB", { error: true }); return; }
    const said = { body, ...this.mentions.calledIn(body) };
    if (this.edited) { await this.saveEdit(said); return; }
    const { quote } = this;
    this.input.value = "";
    this.quote = null;
    this.mentions.named.clear();
    this.showAbout();
    this.grow();
    // What comes first answers; the words follow the pictures they are about.
    if (!this.attachments.isEmpty) await this.sendFiles(quote);
    else if (quote) said.quote = quote;
    if (body) this.onSend(said);
    this.keep(); // until here the draft holds the words, should the page go while a picture is read
  }

  async sendFiles(quote) {
    this.pending = true;
    const files = await this.attachments.take();
    this.pending = false;
    this.onFiles(files, quote);
  }

  async saveEdit(said) {
    this.pending = true;
    const entry = this.edited;
    const isTaken = await this.onEdit(entry, said);
    this.pending = false;
    if (isTaken && this.edited === entry) this.ceaseEditing();
    this.focus();
  }

  grow() {
    this.input.rows = 1;
    const line = 22;
    this.input.rows = Math.min(6, Math.max(1, Math.round((this.input.scrollHeight - 12) / line)));
  }

  // ── drafts ──────────────────────────────────────────────────────────────

  keep() {
    const written = { text: this.input.value, named: [...this.mentions.named] };
    if (this.edited) Object.assign(this.begun.edit, written);
    else this.drafts.keep(this.conversationId, { ...written, quote: this.quote });
  }

  restore() {
    const draft = this.drafts.of(this.conversationId);
    this.input.value = draft?.text ?? "";
    this.quote = draft?.quote ?? null;
    this.mentions.named = new Map(draft?.named ?? []);
    this.showAbout();
    if (this.input.isConnected) this.grow();
    if (draft && !draft.named) this.complete(draft);
  }

  /** Another device wrote the draft: whom it calls and what it answers are looked up. */
  async complete(draft) {
    const asked = draft.replyTo && !draft.quote ? this.onQuote(draft.replyTo) : Promise.resolve(this.quote);
    const [quote, { members }] = await Promise.all([asked, draft.mentions?.length ? this.people().catch(() => ({ members: [] })) : { members: [] }]);
    if (this.edited || this.drafts.of(this.conversationId) !== draft) return;
    this.quote = quote;
    this.mentions.named = new Map(members.filter((member) => draft.mentions.includes(member.person_id)).map((member) => [member.name, member.person_id]));
    this.showAbout();
  }

  /** Another device wrote on. */
  arrived() {
    if (!this.edited) this.restore();
  }
}

/** What Word puts between lines becomes a line end; control characters, which nobody sees, are refused by the server and left out here. */
function printable(text) {
  return text.replace(/\r\n?|[\v\f]/g, "\n").replace(/[\x00-\x08\x0e-\x1f\x7f]/g, "");
}
