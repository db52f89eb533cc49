// Which clips are shown and in what order, as plain lists; window.js puts those in view on the page.

const report = JSON.parse(document.getElementById("data").textContent);
const clips = report.clips;
const bySource = new Map();
const byId = new Map();
clips.forEach((clip, place) => {
  clip.place = place;
  clip.search = [clip.source, ...clip.reasons, clip.damage, clip.duplicate_of, clip.near_duplicate_of]
    .join(" ").normalize("NFC").toLowerCase();
  if (!bySource.has(clip.source)) bySource.set(clip.source, clip);
  byId.set(clip.id, clip);
});

let shown = clips;

const EVERYTHING = { text: "", verdict: "all", found: "" };
const wanted = { ...EVERYTHING, sort: "worst", descending: true };

const names = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const ORDERS = new Map([
  ["worst", { words: "worst first", value: (clip) => clip.badness, descending: true }],
  ["listed", { words: "as listed", value: (clip) => clip.place, descending: false }],
  ["name", { words: "name", compare: (one, other) => names.compare(one.source, other.source), descending: false }],
  ["duration", { words: "duration", value: (clip) => clip.duration, descending: true }],
]);
report.tasks.forEach((task, number) => task.classes.forEach((each, place) => {
  ORDERS.set(`share ${number} ${place}`, {
    words: `${task.name}: ${each.name}`, value: (clip) => share(clip, number, place) ?? -1, descending: true,
  });
}));
for (const kind of FINDINGS) {
  if (clips.some((clip) => secondsOf(clip, kind))) {
    ORDERS.set(kind, { words: kind, value: (clip) => secondsOf(clip, kind) / Math.max(clip.duration, 0.01), descending: true });
  }
}

const FOUND = new Map();
for (const name of new Set(clips.flatMap((clip) => clip.folders))) {
  FOUND.set(`reason ${name}`, { words: name, is: (clip) => clip.folders.includes(name), why: true });
}
for (const kind of FINDINGS) FOUND.set(kind, { words: kind, is: (clip) => clip.stretches.some((each) => each[0] === kind) });
FOUND.set("same", { words: "duplicates", is: (clip) => clip.duplicate_of !== "" });
FOUND.set("near", { words: "near duplicates", is: (clip) => clip.near_duplicate_of !== "" });
FOUND.set("damage", { words: "damaged", is: (clip) => clip.damage !== "" });
for (const [key, each] of FOUND) {
  each.number = clips.filter(each.is).length;
  if (!each.number) FOUND.delete(key);
}

// The clips that fit what is wanted, in the order that is wanted.
function arranged() {
  const words = wanted.text.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean);
  const found = FOUND.get(wanted.found);
  const fits = (clip) =>
    (wanted.verdict === "all" || clip.rejected === (wanted.verdict === "rejected")) &&
    (!found || found.is(clip)) && words.every((word) => clip.search.includes(word));
  const order = ORDERS.get(wanted.sort);
  const compare = order.compare ?? ((one, other) => order.value(one) - order.value(other));
  const sign = wanted.descending ? -1 : 1;
  return clips.filter(fits).sort((one, other) => sign * compare(one, other) || one.place - other.place);
}
