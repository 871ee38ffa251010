// 消息: the list, the open conversation, its panel, and the one socket that keeps them live.

import { changed, count, fetchJson, Problem, toast } from "../base.js";
import { Attention } from "./attention.js";
import { Client } from "./client.js";
import { DingDialog } from "./ding_dialog.js";
import { DingMarks } from "./ding_marks.js";
import { DingPanel } from "./ding_panel.js";
import { ShownDings } from "./ding_shown.js";
import { Dings } from "./dings.js";
import { Drafts } from "./drafts.js";
import { changesMessage } from "./events.js";
import { Favourites } from "./favourites.js";
import { Feed } from "./feed.js";
import { Forward } from "./forward.js";
import { List } from "./list.js";
import { Notices } from "./notices.js";
import { Panel } from "./panel.js";
import { Picker } from "./picker.js";
import { Places } from "./places.js";
import { Presence } from "./presence.js";
import { openQuiet } from "./quiet.js";
import { Search } from "./search.js";
import { Tally } from "./tally.js";
import { Uploads } from "./uploads.js";

const CHANGED_SPREAD_MS = 9000;
const VIEWS = ["notices", "dings", "favourites"];

const panes = document.getElementById("messages");
const part = (name) => panes.querySelector(`[data-part="${name}"]`) ?? document.querySelector(`[data-part="${name}"]`);
const { api } = panes.dataset;
const me = { id: Number(panes.dataset.personId), name: panes.dataset.personName };
const socketUrl = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/v1`;

// Sockets and writes are taken from the site's own address only; under another name there is nothing to poll.
const client = new Client({ url: socketUrl, api: location.origin === panes.dataset.siteOrigin ? api : null, personId: me.id });
client.outbox.uploads = new Uploads({ api, client });
const drafts = new Drafts({ me, api, client, onChange: (id) => { if (id !== feed.id) list.draw(); }, onArrived: (id) => { if (id === feed.id) feed.composer.arrived(); } });
const feed = new Feed({
  root: part("feed"), client, me, api, drafts,
  onReceipts: (id, seq) => panel.receipts(id, seq),
  onInfo: () => panel.toggleInfo(feed.id),
  onHistory: () => panel.toggleHistory(feed.id),
  onFiles: () => panel.toggleFiles(feed.id),
  onRead: (id, seq) => { list.readTo(id, seq); tally.readTo(id, seq); },
  onForward: (card, seqs, together) => forward.open(card, seqs, together),
  onRecord: (entry) => forward.record(entry),
  onDing: (entry) => (entry ? dingDialog.ofMessage(feed.card, entry, () => feed.callable()) : writeDing(feed.card, feed.composer.input.value)),
});
const notices = new Notices({ root: part("feed"), api, client, total: () => list.notices.unread, onRead: (unread) => { list.notices.unread = unread; list.draw(); } });
const panel = new Panel({
  root: part("panel"), panes, me, api,
  onInvite: (card, members) => picker.open({
    heading: "邀请成员", verb: "邀请", naming: false, already: members.map((member) => member.person_id),
    onChosen: async (ids) => { await fetchJson(`${api}/conversations/${card.id}/members`, { json: { person_ids: ids } }); panel.info(card.id); },
  }),
  onLeft: (id) => { drop(id); panel.close(); show(null); },
  onSet: (id, change) => list.set(id, change),
  onDingUnread: (id, seq) => dingDialog.unread({ conversation_id: id, seq, body: feed.log?.entries.get(seq)?.body ?? "" }),
  onJump: (seq) => feed.jumpTo(seq),
});
const favourites = new Favourites({
  root: part("feed"), api,
  onJump: async (id, seq) => { await show(id); if (feed.id === id) feed.jumpTo(seq); },
  onForward: (item) => forward.ask("转发收藏", `/favourites/${item.id}/forward`),
  onRecord: (record) => forward.showRecord(record),
});
const list = new List({ root: part("list"), client, me, api, drafts, onOpen: (key) => show(key), onDrawn: showCount });
const search = new Search({
  input: part("filter"), list: part("list"), root: part("found"), api, me,
  onPerson: (id) => talkTo(id).catch(tell),
  onRoom: (id) => show(id),
  onMessage: async (id, seq) => { await show(id); if (feed.id === id) await feed.jumpTo(seq); },
});
const forward = new Forward({ dialog: part("forward"), api, me, list });
const picker = new Picker({ dialog: part("picker"), me });
const dingDialog = new DingDialog({ api, me, onOpened: (opened) => { dings.renew(); feed.dingMarks.lookSoon(); dingPanel.open(opened.ding_id); } });
const dingPanel = new DingPanel({ panel, api, onChanged: () => { dings.renew(); feed.dingMarks.lookSoon(); } });
const dings = new Dings({
  root: part("feed"), banner: part("ding-banner"), badge: part("ding-badge"), client, api, onDrawn: () => { showCount(); attention.dings(dings.waiting); shownDings.note(); }, onStanding: () => { dingPanel.refresh(dingPanel.id); feed.dingMarks.lookSoon(); },
  onShow: async (ding) => { await show(ding.conversation_id); if (feed.id === ding.conversation_id) feed.jumpTo(ding.seq); },
  onDetail: (id) => dingPanel.open(id),
});
feed.dingMarks = new DingMarks({ feed, client, api, onOwn: (id) => dingPanel.open(id), onConfirm: (ding) => dings.confirm(ding) });

const places = new Places({ panes, panel, onCome: (key) => { stand(key); draw(key); } });
const presence = new Presence({ client, feed, panel, me });

const tally = new Tally({ client, list, dings, onChange: showCount });

/** The rail's badge follows what stands in the list. */
function showCount() {
  const total = tally.total();
  if (total !== null) count("inbox", total);
  notices.sources.follow();
  attention.missed.follow(list.cards);
}

const shownDings = new ShownDings({ dings, api });
const attention = new Attention({
  me, client, banner: part("attention"),
  settingOf: (id) => {
    const { title = "", kind = "", level = "all", read_seq: seq = 0 } = list.cards.get(id) ?? tally.heads?.get(id) ?? {};
    return { title, kind, level, read_seq: Math.max(seq, list.seen.get(id) ?? 0) };
  },
  isSilent: (notice) => list.isSilent(notice),
  onOpen: async (key, seq) => { await show(key); if (seq && feed.id === key) feed.jumpTo(seq); },
});

let changedTimer = null;
/** A notice mostly tells of something to approve or to sign for; what many are told is not asked for by all at once. */
function changedSoon() {
  changedTimer ??= setTimeout(() => { changedTimer = null; changed(); }, 1000 + Math.random() * CHANGED_SPREAD_MS);
}

/** Opens a conversation, one of VIEWS, or nothing (null). */
async function show(key, { replace = false } = {}) {
  stand(key);
  const address = new URL(location.href);
  address.search = key === null ? "" : VIEWS.includes(key) ? `?view=${key}` : `?conversation=${key}`;
  places.go(key, address, { replace });
  await draw(key);
}

/** The panes stand as they do at this place. */
function stand(key) {
  panel.close();
  list.mark(key);
  panes.classList.toggle("is-detail", key !== null);
  document.body.classList.toggle("has-conversation", typeof key === "number");
}

async function draw(key) {
  feed.close();
  if (key === "notices") { await notices.open(); return; }
  if (key === "dings") { await dings.open(); return; }
  if (key === "favourites") { await favourites.open(); return; }
  if (key === null) return;
  try {
    const card = await list.card(key);
    if (places.key !== key) return; // another was chosen while the card was on its way
    const opening = feed.open({ ...card });
    presence.show();
    await opening;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (places.key !== key) return;
    toast(problem.message, { error: true });
    show(null, { replace: true });
  }
}

/** A DING says what was begun in the field. */
function writeDing(card, text) {
  return dingDialog.write(card, text, () => feed.callable(), () => drafts.said(card.id, text));
}

function tell(problem) {
  if (!(problem instanceof Problem)) throw problem;
  toast(problem.message, { error: true });
}

function drop(id) {
  list.drop(id);
  tally.drop(id);
}

/** The person is no longer in the conversation. */
function leave(id) {
  drop(id);
  if (feed.id !== id) return;
  show(null, { replace: true });
  toast("您已不在该群聊中");
}

/** Not every log tells that somebody left; a conversation that has just been opened may be missing all the same. */
async function leaveIfGone(id) {
  try {
    await fetchJson(`${api}/conversations/${id}`);
  } catch (problem) {
    if ([403, 404].includes(problem.status)) leave(id);
  }
}

async function talkTo(personId) {
  const { conversation_id: id } = await fetchJson(`${api}/conversations/direct`, { json: { person_id: personId } });
  await show(id);
}

async function startChat(ids, title) {
  if (ids.length === 1) { await talkTo(ids[0]); return; }
  const { conversation_id: id } = await fetchJson(`${api}/conversations/groups`, { json: { title, person_ids: ids } });
  await show(id);
}

client.on("state", ({ online, signedOut, refused, polling }) => {
  // Sockets are taken from the site's own address only; under another name they never open.
  const isElsewhere = refused && location.origin !== panes.dataset.siteOrigin;
  part("elsewhere").hidden = online || signedOut || !isElsewhere;
  part("offline").hidden = online || signedOut || isElsewhere;
  part("polling").hidden = !(online && polling);
  part("signed-out").hidden = !signedOut;
});
client.on("arrived", ({ entry }) => {
  if (entry.kind !== "event" || changesMessage(entry)) return;
  panel.refresh(entry.conversation_id);
  const isGone = ["left", "removed", "org_left"].includes(entry.event.verb) && entry.event.people.some((person) => person.id === me.id);
  if (isGone) { leave(entry.conversation_id); return; }
  if (feed.id === entry.conversation_id) feed.refreshDetail();
});
client.on("heads", ({ heads }) => { const { id } = feed; if (id && !heads.some((head) => head.conversation_id === id)) leaveIfGone(id); });
client.on("counts", (data) => panel.recount(data));
client.on("notice", ({ notice }) => {
  list.takeNotice(notice);
  if (notices.isOpen()) notices.take(notice);
  changedSoon();
});
client.on("ding", ({ ding }) => { if (ding.counts) { dingPanel.refresh(ding.ding_id); dings.renew(); } });
client.on("noticeRecalled", () => { notices.renew(); list.loadNoticesSoon(); });
client.on("noticesRead", () => list.loadNoticesSoon());

part("new").addEventListener("click", () => picker.open({ heading: "发起聊天", verb: "开始聊天", naming: true, onChosen: startChat }));
part("dings").addEventListener("click", () => show("dings"));
part("favourites").addEventListener("click", () => show("favourites"));
part("quiet").addEventListener("click", () => openQuiet(api, attention));
part("retry").addEventListener("click", () => client.connect());
document.addEventListener("click", (event) => {
  // base.js has shown the list again, its listener came first; the address follows.
  if (event.target.closest("[data-back]") && !panes.classList.contains("is-detail")) show(null, { replace: true });
});
let isBegun = false;
const AGAIN_MS = 5000;

/** The list comes, and the place that the address names; without the network, once it is back. */
async function begin() {
  try {
    await list.load();
    if (isBegun) return;
    isBegun = true;
    const asked = new URLSearchParams(location.search);
    if (VIEWS.includes(asked.get("view"))) await show(asked.get("view"), { replace: true });
    else if (Number(asked.get("person")) > 0) await talkTo(Number(asked.get("person")));
    else if (Number(asked.get("conversation")) > 0) await show(Number(asked.get("conversation")), { replace: true });
    else await show(null, { replace: true });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    toast(problem.message, { error: true });
    if (!isBegun && problem.status !== 401) setTimeout(begin, AGAIN_MS);
  }
}

client.on("state", ({ online }) => { if (online && !isBegun) begin(); });
begin().finally(() => client.start());
