// Passkeys and security keys: turns the server's options into the browser's question, and the answer into a form.

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

const withBytes = (credentials) => (credentials || []).map((one) => ({ ...one, id: toBytes(one.id) }));

/** The page's own options, or those that the login page asks for. */
async function optionsFor(form) {
  if (form.dataset.options) {
    const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).request_options.publicKey;
  }
  const held = JSON.parse(document.getElementById("webauthn-options").textContent);
  return (held.creation_options || held.request_options).publicKey;
}

async function create(form, options) {
  const passwordless = form.elements.passwordless.checked;
  const selection = { ...options.authenticatorSelection, residentKey: passwordless ? "required" : "discouraged", requireResidentKey: passwordless };
  if (passwordless) selection.userVerification = "required";
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      authenticatorSelection: selection,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: withBytes(options.excludeCredentials),
    },
  });
  return {
    attestationObject: toText(made.response.attestationObject),
    clientDataJSON: toText(made.response.clientDataJSON),
    made,
  };
}

async function get(options) {
  const made = await navigator.credentials.get({
    publicKey: { ...options, challenge: toBytes(options.challenge), allowCredentials: withBytes(options.allowCredentials) },
  });
  const { response } = made;
  return {
    authenticatorData: toText(response.authenticatorData),
    clientDataJSON: toText(response.clientDataJSON),
    signature: toText(response.signature),
    userHandle: response.userHandle && response.userHandle.byteLength ? toText(response.userHandle) : null,
    made,
  };
}

async function answer(form) {
  const options = await optionsFor(form);
  const { made, ...response } = form.dataset.webauthn === "create" ? await create(form, options) : await get(options);
  form.elements.credential.value = JSON.stringify({
    type: made.type,
    id: made.id,
    rawId: toText(made.rawId),
    response,
    clientExtensionResults: made.getClientExtensionResults(),
  });
  form.submit();
}

function explain(error) {
  if (error.name === "InvalidStateError") return "这个密钥已经添加过";
  if (error.name === "SecurityError") return "当前网址不支持通行密钥，请用平台的正式地址打开";
  if (error.name === "NotAllowedError" || error.name === "AbortError") return "没有完成验证，可重试或改用其他方式";
  return "浏览器未能使用密钥，请改用其他方式";
}

for (const form of document.querySelectorAll("form[data-webauthn]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const complaint = form.querySelector("[data-webauthn-error]");
    complaint.hidden = true;
    try {
      await answer(form);
    } catch (error) {
      complaint.textContent = explain(error);
      complaint.hidden = false;
    }
  });
}

const caps = document.querySelector("[data-caps]");
if (caps) {
  const password = document.getElementById("id_password");
  for (const kind of ["keydown", "keyup"]) {
    password.addEventListener(kind, (event) => {
      if (event.getModifierState) caps.hidden = !event.getModifierState("CapsLock");
    });
  }
}
