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

// htmx asks for parts of a page: where the sign-in has ended, the whole page goes to it.
document.addEventListener("htmx:after:request", (event) => {
  if (event.detail?.ctx?.response?.status === 401) {
    location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
  }
});
