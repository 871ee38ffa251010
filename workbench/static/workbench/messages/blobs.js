// The bytes of what is on its way, kept in this browser so that a reload does not lose them.

const NAME = "tongwen-uploads";
const STORE = "bytes";

let opened = null;

/** The database; null where the browser forbids it, and then a reload forgets. */
function database() {
  opened ??= new Promise((resolve) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
    request.onblocked = () => resolve(null);
  }).catch(() => null);
  return opened;
}

async function act(mode, run) {
  const held = await database();
  if (!held) return undefined;
  return new Promise((resolve) => {
    const request = run(held.transaction(STORE, mode).objectStore(STORE));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(undefined); // a full disk: the bytes stay in memory only
  });
}

export const keepBlob = (key, blob) => act("readwrite", (store) => store.put(blob, key));
export const keptBlob = (key) => act("readonly", (store) => store.get(key));
export const forgetBlob = (key) => act("readwrite", (store) => store.delete(key));

/** Whatever is not on its way any more is gone. */
export async function forgetOthers(keys) {
  const wanted = new Set(keys);
  for (const key of (await act("readonly", (store) => store.getAllKeys())) ?? []) if (!wanted.has(key)) forgetBlob(key);
}
