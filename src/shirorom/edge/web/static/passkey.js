// Passkeys: makes one (set-up, the owner's page) or signs in by one. Without it, passwords do. Nothing here decides anything.
"use strict";

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// What the server asks for, as the browser wants it.
function asked(options) {
  const made = { ...options, challenge: toBytes(options.challenge) };
  if (made.user) made.user = { ...made.user, id: toBytes(made.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (made[list]) made[list] = made[list].map((one) => ({ ...one, id: toBytes(one.id) }));
  }
  return made;
}

// What the browser answers, as the server reads it.
function answered(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return { id: credential.id, rawId: toText(credential.rawId), type: credential.type, response, clientExtensionResults: {} };
}

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error([problem.title, problem.fix].filter(Boolean).join(" ") || String(answer.status));
  }
  return answer;
}

const WAYS = {
  async setup(button) {
    const name = document.querySelector("#setup [name=name]");
    if (!name.value.trim()) {
      name.focus();
      name.reportValidity();
      return;
    }
    const at = `/setup/${button.dataset.token}/passkey`;
    const options = await (await send(`${at}/options`, { name: name.value })).json();
    const credential = await navigator.credentials.create({ publicKey: asked(options) });
    const page = await (await send(at, { name: name.value, credential: answered(credential) })).text();
    const shown = new DOMParser().parseFromString(page, "text/html");
    document.querySelector("#main").replaceWith(shown.querySelector("#main")); // the codes are shown this once
    document.title = shown.title;
    history.replaceState(null, "", "/people");
    for (const print of document.querySelectorAll("[data-print][hidden]")) print.hidden = false;
    document.querySelector("#main").focus();
  },
  async signin(button) {
    const options = await (await send("/signin/passkey/options", {})).json();
    const credential = await navigator.credentials.get({ publicKey: asked(options) });
    const trust = document.querySelector("#trust")?.checked ?? false;
    const answer = await send("/signin/passkey", { credential: answered(credential), next: button.dataset.next, trust });
    location.assign((await answer.json()).to);
  },
  async add() {
    const options = await (await send("/people/passkeys/options", {})).json();
    const credential = await navigator.credentials.create({ publicKey: asked(options) });
    await send("/people/passkeys", { credential: answered(credential) });
    location.assign("/people#me");
    location.reload();
  },
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-passkey]");
  if (!button) return;
  const said = document.querySelector("[data-passkey-said]");
  button.disabled = true;
  if (said) said.textContent = button.dataset.wait;
  try {
    await WAYS[button.dataset.passkey](button);
    if (said?.isConnected) said.textContent = "";
  } catch (error) {
    const stopped = error.name === "NotAllowedError" || error.name === "AbortError";
    if (said) said.textContent = stopped ? button.dataset.stopped : error.message;
  } finally {
    button.disabled = false;
  }
});

if (window.PublicKeyCredential && isSecureContext) {
  for (const button of document.querySelectorAll("[data-passkey][hidden]")) button.hidden = false;
}
