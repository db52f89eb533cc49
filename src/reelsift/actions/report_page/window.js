// Only clips near the view have a card, so it does not matter how many there are: what is above them and below them is
// one empty element each, as high as the cards would be (as they were when last seen; else as the mean of those seen).

const list = document.getElementById("list");
const above = element("div");
const below = element("div");
const GAP = 11; // pixels between cards, as in page.css
const heights = new Map(); // of cards that have been seen, with the gap below them, in pixels
const cards = new Map(); // of the clips from `first` to before `last` in `shown`, by their place in the report
const bare = new Set(); // those of them that have no pictures yet
let first = 0;
let last = 0;
let mean = 240;
let current = null; // the clip the keys stand on
list.append(above, below);

function makeCard(clip) {
  const card = element("article", { id: clip.id, tabIndex: -1 });
  card.className = `card ${clip.rejected ? "rejected" : "usable"}${clip === current ? " current" : ""}`;
  card.place = clip.place;
  fillCard(card, clip);
  cards.set(clip.place, card);
  bare.add(clip.place);
  return card;
}

// Gives a card its pictures, unless the file has not been read as far as them.
function addPictures(place) {
  const kept = document.getElementById(`pictures-${place}`);
  if (!kept && document.readyState === "loading") return;
  fillPictures(cards.get(place), kept ? JSON.parse(kept.textContent) : []);
  bare.delete(place);
}

const heightOf = (clip) => heights.get(clip.place) ?? mean;
const total = (from, to) => shown.slice(from, to).reduce((sum, clip) => sum + heightOf(clip), 0);

// From which to before which clip of `shown` they lie within so many screens of the view. Counted from the first card
// there is, which is where it is, whatever was guessed of those above it.
function near(screens) {
  const top = scrollY - list.offsetTop - screens * innerHeight;
  const bottom = top + (1 + 2 * screens) * innerHeight;
  let [from, height] = [first, above.offsetHeight];
  while (from > 0 && height > top) height -= heightOf(shown[--from]);
  while (from < shown.length - 1 && height + heightOf(shown[from]) <= top) height += heightOf(shown[from++]);
  let to = from;
  while (to < shown.length && height < bottom) height += heightOf(shown[to++]);
  return [from, to];
}

// Browsers keep what is in view where it is when something above it changes, but not after a jump, and some never do.
// So the card that was jumped to is held until somebody scrolls.
let held = null;
const holds = CSS.supports("overflow-anchor", "auto");
for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
  addEventListener(kind, () => { held = null; }, { passive: true, capture: true });
}

// Makes the cards from one clip to before another be there, and no others.
function show(from, to) {
  measure();
  const steady = held ?? (holds ? null : cards.get(shown[near(0)[0]]?.place));
  const before = steady?.getBoundingClientRect().top;
  if (from >= last || to <= first) {
    clear();
    first = last = from;
  }
  while (first < from) remove(shown[first++]);
  while (last > to) remove(shown[--last]);
  while (first > from) above.after(makeCard(shown[--first]));
  while (last < to) below.before(makeCard(shown[last++]));
  above.style.height = `${total(0, first)}px`;
  below.style.height = `${total(last, shown.length)}px`;
  if (steady?.isConnected) scrollBy(0, steady.getBoundingClientRect().top - before);
}

function remove(clip) {
  cards.get(clip.place).remove();
  cards.delete(clip.place);
  bare.delete(clip.place);
}

function clear() {
  cards.forEach((card) => card.remove());
  cards.clear();
  bare.clear();
}

// All at once, before anything is changed: else the browser would lay the page out again for each card.
function measure() {
  for (const [place, card] of cards) heights.set(place, card.offsetHeight + GAP);
  // A better guess of what is above would move what is in view.
  if (heights.size && first === 0) mean = [...heights.values()].reduce((sum, height) => sum + height, 0) / heights.size;
}

const AT_ONCE = 2; // cards made in a frame beyond those in view
let scheduled = false;

function scheduleUpdate() {
  if (!scheduled) requestAnimationFrame(update);
  scheduled = true;
}

// What is in view now; what is around it in the next frames, a few cards at a time.
function update() {
  scheduled = false;
  measure();
  const [seenFrom, seenTo] = near(0);
  const [aroundFrom, aroundTo] = near(1.5);
  const apart = seenFrom >= last || seenTo <= first;
  const from = apart ? seenFrom : Math.min(seenFrom, Math.max(aroundFrom, first - AT_ONCE));
  const to = apart ? seenTo : Math.max(seenTo, Math.min(aroundTo, last + AT_ONCE));
  if (from !== first || to !== last) {
    show(from, to);
    scheduleUpdate();
  }
  if (!bare.size) return;
  // One card's pictures a frame: what flies past needs none.
  const inView = shown.slice(seenFrom, seenTo).find((clip) => bare.has(clip.place));
  addPictures(inView ? inView.place : bare.values().next().value);
  scheduleUpdate();
}

// After the clips shown or their order have changed.
function refill() {
  clear();
  first = last = 0;
  above.style.height = "0";
  below.style.height = `${total(0, shown.length)}px`;
  document.getElementById("nothing").hidden = shown.length > 0;
  update();
}

// Brings a clip into view, wherever it is.
function reveal(clip, block) {
  held = null;
  const place = shown.indexOf(clip);
  if (place < first || place >= last) {
    show(place, Math.min(shown.length, place + 4)); // some more, for else the last one could not be at the top
    scrollTo(0, list.offsetTop + above.offsetHeight);
  }
  const card = cards.get(clip.place);
  card.scrollIntoView({ block });
  held = card;
  return card;
}

addEventListener("scroll", scheduleUpdate, { passive: true });
addEventListener("resize", () => {
  heights.clear();
  scheduleUpdate();
});
document.addEventListener("DOMContentLoaded", () => [...bare].forEach(addPictures));
addEventListener("beforeprint", () => {
  show(0, shown.length);
  [...bare].forEach(addPictures);
});
addEventListener("afterprint", scheduleUpdate);
