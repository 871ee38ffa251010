// What the events of a log say, and whom they concern.

const LEVELS = { members: "所有成员", admins: "仅群主和管理员" };

const RULES = {
  mute_all: (on) => (on ? "开启了公告模式，仅群主和管理员可以发言" : "关闭了公告模式"),
  newcomers_see: (which) => (which === "everything" ? "允许新成员查看全部历史消息" : "设置为新成员不可查看入群前的消息"),
  inviting: (who) => `将邀请权限设为${LEVELS[who]}`,
  mentioning_all: (who) => `将@所有人的权限设为${LEVELS[who]}`,
  recall_minutes: (minutes) => `将撤回时限设为 ${minutes} 分钟`,
  edit_minutes: (minutes) => `将编辑时限设为 ${minutes} 分钟`,
  forwarding: (on) => (on ? "允许转发群内消息" : "禁止转发群内消息"),
  watermark: (on) => (on ? "开启了水印" : "关闭了水印"),
};

const HAN = /\p{Script=Han}/u;
const LATIN = /[\p{Script=Latin}\p{Nd}]/u;

/** A sentence of names and words: a space stands only where Latin letters or digits meet Chinese ones. */
function sentence(parts, ...values) {
  return values.reduce((said, value, place) => joined(joined(said, String(value ?? "")), parts[place + 1]), parts[0]);
}

function joined(before, after) {
  const [last, first] = [before.slice(-1), after.slice(0, 1)];
  const meets = (HAN.test(last) && LATIN.test(first)) || (LATIN.test(last) && HAN.test(first));
  return `${before}${meets ? " " : ""}${after}`;
}

/** Changes of the log's own messages stand where the messages stand. */
export const changesMessage = (entry) => entry.kind === "event" && ["recalled", "edited"].includes(entry.event.verb);

export const isSpoken = (entry) => entry.kind !== "event" && !entry.recalled;

/** Whether the reader calls for attention by name, or everybody is called. */
export const calls = (entry, me) => entry.sender_id !== me && (entry.mention_all || (entry.mentions ?? []).includes(me));

/** What an event of the log says. `me` is the reader's id. */
export function eventText(entry, me) {
  const { verb, by_id: byId, by_name: byName, people = [], title = "", count = people.length, changed = {}, withdrawn = false } = entry.event;
  const by = byId !== null && byId === me ? "您" : byName;
  const named = people.map((person) => (person.id === me ? "您" : person.name)).join("、");
  const names = count > people.length ? sentence`${named}等${count}人` : named;
  const say = {
    created: () => (names ? sentence`${by}创建了群聊，成员：${names}` : sentence`${by}建立了单位群“${title}”`),
    joined: () => sentence`${by}邀请${names}加入了群聊`,
    removed: () => sentence`${by}将${names}移出了群聊`,
    left: () => sentence`${by}退出了群聊`,
    org_joined: () => sentence`${names}因任职加入了单位群`,
    org_left: () => sentence`${names}因任职变动离开了单位群`,
    renamed: () => (by ? sentence`${by}将群聊名称改为“${title}”` : sentence`单位更名，群聊名称随之改为“${title}”`),
    handed_over: () => sentence`${by}离职，群主由${names}接任`,
    owner_transferred: () => sentence`${by}将群主转让给${names}`,
    admin_appointed: () => sentence`${by}将${names}设为管理员`,
    admin_dismissed: () => sentence`${by}取消了${names}的管理员身份`,
    notice_published: () => sentence`${by}发布了群公告`,
    notice_withdrawn: () => sentence`${by}撤下了群公告`,
    dissolved: () => sentence`${by}解散了群聊`,
    policy_changed: () => sentence`${by}${Object.entries(changed).map(([rule, value]) => RULES[rule]?.(value) ?? "更改了群设置").join("，")}`,
    recalled: () => sentence`${by}${withdrawn ? "撤下" : "撤回"}了一条消息`,
    edited: () => sentence`${by}编辑了一条消息`,
  }[verb];
  return say?.() ?? "群聊有新的变更";
}

/** What stands where a recalled message stood. */
export function recallText(entry, me) {
  const sender = entry.sender_id === me ? "您" : entry.sender_name;
  return entry.withdrawn ? sentence`${sender}的一条消息已被管理员撤下` : sentence`${sender}撤回了一条消息`;
}

/** A message in one line, as lists and quotes show it. */
export function lineOf(entry) {
  const words = (entry.body ?? "").replace(/\s+/g, " ").slice(0, 80);
  const kinds = { image: "[图片]", file: `[文件] ${entry.file?.name ?? ""}`, record: "[聊天记录]", card: `[卡片] ${entry.card?.title ?? ""}` };
  return [kinds[entry.kind] ?? "", words].filter(Boolean).join(" ").trim();
}

/** What the answer to the entry shows of it. */
export const quoted = (entry) => ({ seq: entry.seq, sender_name: entry.sender_name, excerpt: entry.recalled ? "" : lineOf(entry).slice(0, 60), recalled: entry.recalled });

/** What the quote shows after the change; null if it is of another message, or how that reads now is not told. */
export function requoted(quote, { event, changed }) {
  if (quote?.seq !== event.seq) return null;
  if (event.verb === "recalled") return { ...quote, excerpt: "", recalled: true };
  return changed ? quoted(changed) : null;
}
