// The head, the bar, the keys, and what the pointer tells.

const find = (id) => document.getElementById(id);

function showHead() {
  const rejected = clips.filter((clip) => clip.rejected);
  const seconds = (some) => some.reduce((sum, clip) => sum + clip.duration, 0);
  const [all, bad] = [seconds(clips), seconds(rejected)];
  const total = (number, words, detail, kind = "") => element("div", { className: `total ${kind}` },
    element("strong", {}, number.toLocaleString("en")), element("span", {}, words), element("small", {}, detail));
  const part = clips.length ? rejected.length / clips.length : 0;
  find("totals").append(
    total(clips.length, clips.length === 1 ? "clip" : "clips", lasting(all)),
    total(clips.length - rejected.length, "usable", `${percent(1 - part)} · ${lasting(all - bad)}`, "usable"),
    total(rejected.length, "rejected", `${percent(part)} · ${lasting(bad)}`, "rejected"));
  const split = find("split");
  split.setAttribute("aria-label", `${percent(1 - part)} usable, ${percent(part)} rejected`);
  for (const [kind, share] of [["usable", 1 - part], ["rejected", part]]) {
    const piece = element("i", { className: kind });
    piece.style.width = `${100 * share}%`;
    if (share > 0) split.append(piece);
  }
  find("nothing").firstChild.textContent = clips.length ? "No clip is like that." : "No clip was rated.";
  find("clear").hidden = !clips.length;
  find("rule").append("rejected where ", element("code", {}, named(report.reject || "nothing")));
  find("legend").append(...report.tasks.map(legendOf));
}

// The classes of a task and how they look, with their shares of all that was rated.
function legendOf(task, number) {
  const words = element("p", { className: "words" }, named(task.name, { className: "task" }));
  const rated = clips.filter((clip) => clip.bands.some((band) => band.task === number));
  const seconds = rated.reduce((sum, clip) => sum + clip.duration, 0);
  task.classes.forEach((each, place) => {
    const taken = rated.reduce((sum, clip) => sum + clip.duration * (share(clip, number, place) ?? 0), 0);
    words.append(shareWords({ ...each, wrong: false }, seconds > 0 ? taken / seconds : null));
  });
  return words;
}

function toggle(words, number, pressed, act) {
  const button = element("button", { type: "button", onclick: act }, ...words, element("small", {}, number.toLocaleString("en")));
  button.setAttribute("aria-pressed", String(pressed));
  return button;
}

function showBar() {
  const numbers = { all: clips.length, usable: clips.filter((clip) => !clip.rejected).length };
  numbers.rejected = numbers.all - numbers.usable;
  find("verdicts").replaceChildren(...Object.keys(numbers).map((verdict) =>
    toggle([verdict], numbers[verdict], wanted.verdict === verdict, () => want({ verdict }))));
  const chips = (why) => [...FOUND].filter(([, each]) => Boolean(each.why) === why).map(([key, each]) =>
    toggle([named(each.words)], each.number, wanted.found === key, () => want({ found: wanted.found === key ? "" : key })));
  const groups = [["rejected for", chips(true)], ["found", chips(false)]].filter(([, some]) => some.length);
  find("chips").replaceChildren(...groups.flatMap(([words, some]) => [element("span", {}, words), ...some]));
  find("sort").value = wanted.sort;
  const down = wanted.descending;
  find("direction").textContent = down ? "↓" : "↑";
  find("direction").title = down ? "Largest or last first; reverse ( r )" : "Smallest or first first; reverse ( r )";
  find("direction").setAttribute("aria-label", find("direction").title);
  find("count").textContent = shown.length === clips.length ? count(clips.length, "clip")
    : `${shown.length.toLocaleString("en")} of ${count(clips.length, "clip")}`;
  const rejected = shown.filter((clip) => clip.rejected).length;
  find("copy").textContent = `Copy ${count(rejected, "rejected path")}`;
  find("copy").disabled = rejected === 0;
}

function want(changes) {
  Object.assign(wanted, changes);
  if (find("text").value !== wanted.text) find("text").value = wanted.text;
  shown = arranged();
  // What was chosen begins at its top; a head that is in view stays where it is.
  const top = find("chips").offsetTop - find("bar").offsetHeight;
  if (scrollY > top) scrollTo(0, top);
  refill();
  showBar();
}

function stand(clip, block = "nearest") {
  if (!shown.includes(clip)) want(EVERYTHING);
  if (current) cards.get(current.place)?.classList.remove("current");
  current = clip;
  const card = reveal(clip, block);
  card.classList.add("current");
  card.focus({ preventScroll: true });
}

function step(by) {
  const place = shown.indexOf(current);
  const next = place < 0 ? near(0)[0] : Math.min(shown.length - 1, Math.max(0, place + by));
  if (shown.length) stand(shown[next]);
}

function followHash() {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { /* no percent code: as it is */ }
  if (byId.has(id)) stand(byId.get(id), "start");
}

async function copyPaths() {
  // A path with a line break in it would look like two.
  const paths = shown.filter((clip) => clip.rejected).map(({ path }) => (/[\r\n]/.test(path) ? JSON.stringify(path) : path));
  if (!paths.length) return;
  const text = paths.join("\n") + "\n";
  if (!(await copied(text))) {
    const box = find("paths").querySelector("textarea");
    box.value = text;
    find("paths").showModal();
    box.focus();
    box.select();
    return;
  }
  find("copy").textContent = `Copied ${count(paths.length, "path")} ✓`;
  setTimeout(showBar, 1600);
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

const KEYS = {
  "/": () => find("text").select(),
  j: () => step(1), k: () => step(-1),
  1: () => want({ verdict: "all" }), 2: () => want({ verdict: "usable" }), 3: () => want({ verdict: "rejected" }),
  s: () => find("sort").focus(), r: () => want({ descending: !wanted.descending }),
  c: copyPaths, "?": () => find("keys").showModal(),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "Escape") {
    event.target.blur();
    want(EVERYTHING);
  } else if (event.key === "Enter" && event.target === find("text")) {
    if (shown.length) stand(shown[0]);
  } else if (!typing && event.target.matches(".card") && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    step(event.key === "ArrowDown" ? 1 : -1);
  } else if (!typing && Object.hasOwn(KEYS, event.key)) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

function point(event) {
  const box = event.target.closest?.(".timeline");
  const tip = find("tip");
  document.querySelectorAll(".cursor:not([hidden])").forEach((line) => { line.hidden = true; });
  tip.hidden = !box;
  if (!box) return;
  const clip = clips[box.closest("article").place];
  const edges = box.getBoundingClientRect();
  const frame = event.target.closest(".strip .frame");
  const seconds = frame ? Number(frame.dataset.time)
    : Math.min(clip.duration, Math.max(0, ((event.clientX - edges.left) / edges.width) * clip.duration));
  const line = box.querySelector(".cursor");
  line.hidden = false;
  line.style.left = `${100 * placeOf(seconds, clip)}%`;
  tip.replaceChildren(...momentWords(clip, seconds));
  const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - tip.offsetWidth - 8);
  const below = event.clientY + 18 + tip.offsetHeight < innerHeight;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${below ? event.clientY + 18 : event.clientY - 10 - tip.offsetHeight}px`;
}

for (const [key, order] of ORDERS) find("sort").append(element("option", { value: key }, order.words));
find("text").addEventListener("input", () => want({ text: find("text").value }));
find("sort").addEventListener("change", () => {
  const sort = find("sort").value;
  want({ sort, descending: ORDERS.get(sort).descending });
});
find("direction").addEventListener("click", () => want({ descending: !wanted.descending }));
find("copy").addEventListener("click", copyPaths);
find("help").addEventListener("click", () => find("keys").showModal());
find("clear").addEventListener("click", () => want(EVERYTHING));
list.addEventListener("pointermove", point);
list.addEventListener("pointerleave", point);
addEventListener("scroll", () => { find("tip").hidden = true; }, { passive: true });
addEventListener("hashchange", followHash);

showHead();
find("bar").hidden = false;
want({});
followHash();
