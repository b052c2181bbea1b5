// On every page: a staff card that is scanned changes who is at work; a sign-in that ended leads to the sign-in and back.
"use strict";

const STAFF_CODE = /^97\d{42}$/; // its check digits are the server's to judge

document.addEventListener("shirorom:scan", (event) => {
  const code = String(event.detail?.text ?? "").normalize("NFKC").replace(/\s/g, "");
  if (!STAFF_CODE.test(code)) return;
  event.preventDefault();
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/signin/code";
  form.hidden = true;
  const here = location.pathname.startsWith("/signin") ? new URLSearchParams(location.search).get("next") : location.pathname;
  for (const [name, value] of [["code", code], ["next", here ?? "/"]]) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
});

// htmx asks for parts of a page: where the sign-in has ended, the whole page goes to it. Several parts hear so at once:
// one of them goes, as a second step would cut off the first.
let leaving = false;
document.addEventListener("htmx:after:request", (event) => {
  if (leaving || event.detail?.ctx?.response?.status !== 401) return;
  leaving = true;
  location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
});
addEventListener("pageshow", () => { leaving = false; }); // come back to by the browser's arrow
