// The demo page's only script: counts down, looks which pictures are drawn, and shows what the gateway answered last.
"use strict";

const raw = document.querySelector("#raw");
const stable = document.querySelector("#stable");
const life = Number(raw.dataset.lifeMs);
const end = performance.now() + Number(raw.dataset.leftMs);
const expiredAtRender = Number(raw.dataset.leftMs) <= 0;
const left = () => end - performance.now();
const text = (element, words) => { if (element.textContent !== words) element.textContent = words; };

// The browser's own verdict, nothing else: a picture without a width was not drawn.
function judge(section) {
  const figures = [...section.querySelectorAll("figure")];
  let drawn = 0;
  for (const figure of figures) {
    const img = figure.querySelector("img");
    const broken = img.complete && img.naturalWidth === 0;
    figure.classList.toggle("broken", broken);
    if (img.complete && !broken) drawn += 1;
    if (section === raw) {
      const dead = broken && left() <= 0;
      text(figure.querySelector(".verdict"), dead ? "403" : broken ? "broken" : img.complete ? "drawn" : "…");
    }
  }
  text(section.querySelector(".count"), `${drawn} of ${figures.length}`);
}

function span(ms) {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 100 ? `${seconds} s` : seconds < 6000 ? `${Math.floor(seconds / 60)} m` : `${Math.floor(seconds / 3600)} h`;
}

// A reload of the page is the one thing that no browser answers from a picture that it still holds in memory.
function countDown() {
  const rest = left();
  raw.classList.toggle("expired", rest <= 0);
  raw.style.setProperty("--share", Math.max(0, rest / life).toFixed(3));
  text(document.querySelector("#rest"), rest > 0 ? span(rest) : `−${span(-rest)}`);
  text(document.querySelector("#unit"), rest > 0 ? "left" : "expired");
  if (rest <= -300 && !expiredAtRender) return location.reload();
  setTimeout(countDown, rest > 0 ? 250 : 500);
}

let answers = {};
let heard = 0;

function showAnswers() {
  for (const figure of stable.querySelectorAll("figure")) {
    const answer = answers[figure.dataset.path];
    if (!answer) continue;
    const broken = figure.classList.contains("broken");
    figure.classList.toggle("hit", !broken && answer.cache === "hit");
    figure.classList.toggle("miss", !broken && answer.cache === "miss");
    text(figure.querySelector(".status"), answer.cache ? `${answer.status} · ` : "");
    text(figure.querySelector(".cache"), answer.cache ? answer.cache : String(answer.status));
    if (answer.signed_ago === null) continue;
    const ago = answer.signed_ago + Math.floor((performance.now() - heard) / 1000);
    figure.classList.add("dated");
    text(figure.querySelector(".age"), `${ago} s ago`);
  }
}

// Asks for each stable path again, past the browser's cache, so that the gateway's answers stay fresh on the page.
async function ask() {
  if (document.hidden) return;
  const paths = [...stable.querySelectorAll("figure")].map((figure) => figure.dataset.path);
  await Promise.allSettled(paths.map((path) => fetch(path, { redirect: "manual", cache: "no-store" })));
  await listen();
}

async function listen() {
  try {
    const state = await (await fetch("/demo/state.json", { cache: "no-store" })).json();
    answers = state.answers;
    heard = performance.now();
    showAnswers();
  } catch {
    text(document.querySelector("#story"), "The gateway does not answer any more.");
  }
}

for (const section of [raw, stable]) {
  for (const event of ["load", "error"]) section.addEventListener(event, () => judge(section), true);
  judge(section);
}
const here = location.hostname;
document.querySelector("#elsewhere").hidden = here === "localhost" || here === "[::1]" || here.startsWith("127.");
countDown();
setInterval(showAnswers, 1000);
addEventListener("load", async () => {
  await listen();
  setInterval(ask, 2000);
});
