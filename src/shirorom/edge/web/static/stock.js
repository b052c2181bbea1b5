// The page of the watch renews itself; what a person has open or in hand stays so.
"use strict";

let open = [];
let held = "";
document.addEventListener("htmx:before:swap", () => {
  open = [...document.querySelectorAll("#stock details[open]")].map((one) => one.id);
  held = document.activeElement.id;
});
document.addEventListener("htmx:after:swap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (held) document.getElementById(held)?.focus();
});
