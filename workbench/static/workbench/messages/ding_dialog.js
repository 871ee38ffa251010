// Opening a DING: what it says, whom it calls and how far it climbs.

import { closeDialog, fetchJson, openDialog, toast } from "../base.js";
import { Approval, isAsked } from "./ding_asked.js";
import { avatar, element, icon, personText } from "./elements.js";
import { newId } from "./outbox.js";

export const LEVELS = [
  ["app", "应用内", "出现在消息页和工作台，并推送到手机"],
  ["sms", "短信", "仍未确认的，再发短信"],
  ["phone", "电话", "仍未确认的，再打语音电话，并告知值班人员和负责人"],
];
const WHO = { people: "指定人员", everybody: "全体成员", unread: "未读人员" };

/** The field that says how far a DING climbs; `value()` of it. */
export function levelField() {
  const set = element("fieldset", "field ding-levels", {}, element("legend", "label", {}, "提醒方式"), ...LEVELS.map(([value, label, hint], place) =>
    element("label", "choice", {}, element("input", "", { type: "radio", name: "ding-level", value, checked: place === 0 }),
      element("span", "", {}, label, element("span", "hint ding-hint", {}, hint)))));
  return { set, value: () => set.querySelector("input:checked").value };
}

/** A dialog with a form; `act` sends it and says whether it may close. */
export function formDialog(title, verb, parts, act) {
  const submit = element("button", "button primary", { type: "submit" }, verb);
  const form = element("form", "messages-picker", { "data-again": true },
    element("div", "dialog-body ding-form", {}, ...parts),
    element("div", "dialog-foot", {}, element("button", "button", { type: "button", "data-close": true }, "取消"), submit));
  const back = element("div", "dialog-back", { "data-once": "yes" }, element("div", "dialog", { role: "dialog", "aria-modal": "true", "aria-label": title },
    element("div", "dialog-head", {}, element("h2", "", {}, title), element("button", "icon-button", { type: "button", "data-close": true, "aria-label": "关闭" }, icon("close"))), form));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    submit.disabled = true;
    try {
      if (await act()) closeDialog(back);
    } catch (problem) {
      toast(problem.message, { error: true });
    } finally {
      submit.disabled = false;
    }
  });
  document.body.append(back);
  openDialog(back);
  return back;
}

export class DingDialog {
  constructor({ api, me, onOpened }) {
    Object.assign(this, { api, me, onOpened });
  }

  /** A new message of the conversation `card` that calls people; `onSaid` hears that it stands there, called or not yet. */
  async write(card, text, callable, onSaid) {
    const words = element("textarea", "input ding-words", { rows: "3", maxlength: "16000", required: true, id: "ding-words" });
    words.value = text;
    const who = await this.once(callable);
    if (!who) return;
    const { members, everybody } = who;
    const field = element("div", "field", {}, element("label", "label", { for: "ding-words" }, "内容"), words);
    const id = newId();
    this.open("发 DING", [field], ["people", ...(everybody ? ["everybody"] : [])], this.offered(card, members), async (wanted) => {
      const answer = await fetchJson(`${this.api}/dings`, { json: { conversation_id: card.id, client_message_id: id, body: words.value, ...wanted } });
      onSaid();
      return answer;
    });
    words.focus();
  }

  /** An existing message calls people; of an own one also those who have not read it. */
  async ofMessage(card, entry, callable) {
    const asked = await this.once(callable);
    if (!asked) return;
    const { members, everybody } = asked;
    const isOwn = entry.sender_id === this.me.id;
    const who = ["people", ...(isOwn && card.kind !== "direct" ? ["unread"] : []), ...(everybody ? ["everybody"] : [])];
    const others = members.filter((member) => member.person_id !== entry.sender_id);
    this.openFor(entry, who, this.offered(card, others));
  }

  /** Whom it may call, as the server says; a second click while it is asked opens no second dialog. */
  async once(callable) {
    if (this.asking) return null;
    this.asking = true;
    try {
      return await callable();
    } finally {
      this.asking = false;
    }
  }

  /** Those who have not read the own message by now are called. */
  unread(entry) {
    this.openFor(entry, ["unread"], []);
  }

  openFor(entry, who, offered) {
    const id = newId();
    const quoted = entry.body ? element("p", "ding-quoted", {}, entry.body.slice(0, 120)) : null;
    this.open("DING", [quoted], who, offered, (wanted) => fetchJson(`${this.api}/conversations/${entry.conversation_id}/messages/${entry.seq}/dings`, { json: { client_ding_id: id, ...wanted } }));
  }

  offered(card, members) {
    return { alone: card.kind === "direct", members, all: Math.max(members.length, card.member_count - 1) };
  }

  open(title, above, who, { alone = false, members = [], all = 0 }, send) {
    const level = levelField();
    const approval = new Approval(this.api);
    const people = peopleField(members, alone, who.length === 1, (number) => approval.expect(number));
    const choose = (value) => {
      people.root.hidden = value !== "people" || alone;
      approval.expect({ people: people.value().length, everybody: all, unread: 0 }[value]);
    };
    const choice = whoField(who, choose);
    choose(choice.value());
    const parts = [...above, who.length > 1 ? choice.set : lineOf(who[0], alone, members), people.root, level.set, approval.root];
    const back = formDialog(title, "发出 DING", parts.filter(Boolean), async () => {
      const audience = choice.value();
      const ids = audience === "people" ? people.value() : [];
      if (audience === "people" && ids.length === 0) { toast("请选择要 DING 的人员", { error: true }); return false; }
      const opened = await approval.send((reason) => send({ audience, person_ids: ids, level: level.value(), reason }));
      if (!opened) return false;
      if (isAsked(opened)) return true;
      toast(`已 DING ${opened.targets} 人`);
      this.onOpened(opened);
      return true;
    });
    approval.submit = back.querySelector("[type=submit]");
  }
}

function lineOf(who, alone, members) {
  if (who === "unread") return element("p", "", {}, "将 DING 此刻还没有阅读这条消息的人员。");
  return alone && members.length === 1 ? element("p", "", {}, `将 DING ${members[0].name}。`) : null;
}

function whoField(who, onChange) {
  const set = element("fieldset", "field", {}, element("legend", "label", {}, "DING 谁"), element("div", "choices", {}, ...who.map((value, place) =>
    element("label", "choice", {}, element("input", "", { type: "radio", name: "ding-who", value, checked: place === 0, onchange: () => onChange(value) }), WHO[value]))));
  return { set, value: () => set.querySelector("input:checked").value };
}

/** The members, to be ticked; found by name where there are many. */
function peopleField(members, alone, isNamed, onTicked) {
  const ticked = new Set(alone ? members.map((member) => member.person_id) : []);
  const count = element("span", "hint", { role: "status" });
  const list = element("div", "list ding-people", { role: "group", "aria-label": "成员" });
  const filter = element("input", "input", { type: "search", placeholder: "搜索成员", "aria-label": "搜索成员", autocomplete: "off", hidden: members.length < 8 });
  const tell = () => { count.textContent = ticked.size > 0 ? `已选 ${ticked.size} 人` : ""; };
  const draw = () => {
    const wanted = filter.value.trim();
    list.replaceChildren(...members.filter((member) => member.name.includes(wanted)).map((member) => {
      const box = element("input", "", { type: "checkbox", checked: ticked.has(member.person_id), "aria-label": member.name });
      box.addEventListener("change", () => { if (box.checked) ticked.add(member.person_id); else ticked.delete(member.person_id); tell(); onTicked(ticked.size); });
      return element("label", "row", {}, box, avatar(member.name, "small"), personText(member));
    }));
  };
  filter.addEventListener("input", draw);
  draw();
  tell();
  const label = isNamed ? element("span", "label", { "aria-hidden": "true" }, "DING 谁") : null;
  return { root: element("div", "field", {}, label, filter, list, count), value: () => [...ticked] };
}
