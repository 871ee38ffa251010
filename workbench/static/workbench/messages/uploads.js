// Files on their way: handed over before the message that carries them is sent, again until they are there.

import { csrfToken } from "../base.js";
import { forgetBlob, forgetOthers, keepBlob, keptBlob } from "./blobs.js";
import { Refusal } from "./refusal.js";
import { idsKept } from "./shelf.js";

const SIDE = 280;
const TRIES = 5; // of what the server can't do at the moment; an unreachable one is tried for ever
const UNREACHED = { status: 503, code: "OFFLINE", message: "网络连接已断开" };

export class Uploads {
  constructor({ api, client }) {
    Object.assign(this, { api, client });
    this.blobs = new Map(); // id → the file
    this.previews = new Map(); // id → what stands in the picture's place meanwhile
    this.running = new Map(); // id → { promise, request }
    this.failed = new Map(); // id → how often the server could not take it
    client.on("outgoing", ({ item }) => { if (["sent", "discarded"].includes(item.state) && item.file) this.forget(item.id); });
    forgetOthers(idsKept());
  }

  keep(id, { blob, preview }) {
    this.blobs.set(id, blob);
    if (preview) this.previews.set(id, preview);
    keepBlob(id, blob);
  }

  forget(id) {
    this.running.get(id)?.request?.abort();
    this.blobs.delete(id);
    forgetBlob(id);
  }

  /** The item names a file that the server has; asked for twice, it is handed over once. */
  async hand(item) {
    if (item.file_id) return;
    if (!this.running.has(item.id)) {
      const running = { request: null };
      this.running.set(item.id, running);
      running.promise = this.send(item, running).finally(() => this.running.delete(item.id));
    }
    await this.running.get(item.id).promise;
  }

  async send(item, running) {
    const blob = this.blobs.get(item.id) ?? await keptBlob(item.id);
    if (!blob) throw new Refusal({ status: 410, code: "FILE_GONE", message: "文件已不在本页，请重新选择" });
    const form = new FormData();
    form.append("upload_id", item.id);
    form.append("file", blob, item.file.name);
    const file = await this.post(item, form, running).catch((refusal) => { throw this.judged(item, refusal); });
    item.file_id = file.file_id;
    item.file = { ...item.file, name: file.name, size: file.size, width: file.width, height: file.height };
    item.kind = file.width && item.kind === "image" ? "image" : "file";
  }

  /** Tried again too often, or above the day's quota, it fails, and its sender decides. */
  judged(item, refusal) {
    if (!(refusal instanceof Refusal) || !refusal.passes || refusal.code === UNREACHED.code) return refusal;
    const times = (this.failed.get(item.id) ?? 0) + 1;
    this.failed.set(item.id, times);
    if (refusal.status !== 429 && times < TRIES) return refusal;
    this.failed.delete(item.id);
    return new Refusal({ status: 409, code: refusal.code, message: refusal.message });
  }

  post(item, form, running) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      running.request = request;
      request.open("POST", `${this.api}/conversations/${item.conversation_id}/files`);
      request.setRequestHeader("X-CSRFToken", csrfToken());
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", ({ loaded, total }) => this.client.emit("progress", { item, share: total ? loaded / total : 0 }));
      request.addEventListener("load", () => answered(request, resolve, reject));
      request.addEventListener("error", () => reject(new Refusal(UNREACHED)));
      request.addEventListener("abort", () => reject(new Error("cancelled")));
      request.send(form);
    });
  }
}

function answered(request, resolve, reject) {
  let content = {};
  try {
    content = JSON.parse(request.responseText);
  } catch {
    // an answer of the proxy before us: its status says enough
  }
  if (request.status === 201) resolve(content);
  else reject(new Refusal({ status: request.status, code: content.code, message: content.detail ?? (request.status === 413 ? "文件过大" : "上传未成功") }));
}

/** What stands for the file until it is sent: a picture's size and a small one of it, if it is one. */
export async function looked(blob) {
  if (!/^image\/(png|jpeg|gif|webp|bmp)$/.test(blob.type)) return { kind: "file", preview: null, width: null, height: null };
  try {
    const bitmap = await createImageBitmap(blob);
    const { width, height } = bitmap;
    const scale = Math.min(1, (2 * SIDE) / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return { kind: "image", preview: canvas.toDataURL("image/webp", 0.8), width, height };
  } catch {
    return { kind: "file", preview: null, width: null, height: null }; // the server will say what is wrong with it
  }
}

/** Each of the chosen files goes as a message of its own, in their order; the first answers `quote`. */
export function sendFiles(client, conversationId, files, quote) {
  files.forEach(({ id, blob, preview, kind, name, size, width, height }, place) => {
    client.outbox.uploads.keep(id, { blob, preview });
    client.send(conversationId, { id, body: "", kind, file: { name, size, width, height }, ...(quote && place === 0 ? { quote } : {}) });
  });
}
