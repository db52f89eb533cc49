// The card of one clip.

const FINDINGS = ["black", "frozen", "silent"];

function share(clip, task, place) {
  return clip.bands.find((band) => band.task === task)?.shares[place] ?? null;
}

function secondsOf(clip, kind) {
  return clip.stretches.filter((each) => each[0] === kind).reduce((sum, [, from, to]) => sum + to - from, 0);
}

function fillCard(card, clip) {
  card.replaceChildren(cardTitle(clip), ...cardReasons(clip),
    element("div", { className: "body" }, timeline(clip), stills(clip)));
}

// In the order of the page: strip, worst, best.
function fillPictures(card, pictures) {
  card.querySelectorAll(".frame").forEach((frame, place) => {
    const data = pictures[place];
    if (data) {
      const kind = data.startsWith("/9j/") ? "jpeg" : "webp";
      frame.append(element("img", { alt: frame.dataset.words, decoding: "async", src: `data:image/${kind};base64,${data}` }));
    } else {
      frame.classList.add("lost");
    }
  });
}

function cardTitle(clip) {
  const facts = [
    lasting(clip.duration),
    `${clip.width}×${clip.height}`,
    clip.fps > 0 ? `${Number(clip.fps.toFixed(2))} fps` : count(clip.frames, "picture"),
    clip.sound ? "sound" : "no sound",
  ];
  const link = element("a", { className: "anchor", href: `#${clip.id}`, title: "Link to this clip" }, "#");
  link.setAttribute("aria-label", "Link to this clip");
  return element("header", {},
    element("span", { className: "verdict" }, clip.rejected ? "✕ rejected" : "✓ usable"),
    element("h2", { title: clip.path },
      clip.folder ? named(`${shortened(clip.folder, 60)}/`, { className: "folder" }) : "", named(shortened(clip.name, 120))),
    link, element("span", { className: "facts" }, facts.join(" · ")));
}

function cardReasons(clip) {
  const others = [["duplicate of ", clip.duplicate_of], ["near duplicate of ", clip.near_duplicate_of]]
    .filter(([, other]) => other);
  const reasons = clip.reasons.map((reason) => {
    const same = others.find(([words, other]) => reason === words + other);
    return element("li", {}, ...(same ? [same[0], linkTo(same[1])] : [named(shortened(reason, 240))]));
  });
  const notes = others.filter(([words, other]) => !clip.reasons.includes(words + other))
    .map(([words, other]) => element("li", {}, words, linkTo(other)));
  if (clip.damage) notes.unshift(element("li", { className: "damage" }, "damaged: ", named(shortened(clip.damage, 240))));
  const lines = [["reasons", reasons], ["notes", notes]].filter(([, some]) => some.length);
  return lines.map(([className, some]) => element("ul", { className }, ...some));
}

function linkTo(source) {
  const other = bySource.get(source);
  return other ? element("a", { href: `#${other.id}` }, named(shortened(source, 80))) : named(shortened(source, 80));
}

// The strip, and below it a lane for each task and each kind of stretch, all on the same scale of time.
function timeline(clip) {
  const box = element("div", { className: "timeline" });
  if (clip.strip.length) {
    box.append(element("div", { className: "strip" }, ...clip.strip.map((time) => frameAt(time, "", clip))));
  } else {
    box.append(element("p", { className: "none" }, "no frame could be read"));
  }
  for (const band of clip.bands) box.append(...taskLanes(clip, band));
  for (const kind of FINDINGS) box.append(...stretchLane(clip, kind));
  box.append(axis(clip));
  box.append(element("span", { className: "cursor", hidden: true }));
  return box;
}

// Where a picture will be.
function frameAt(time, kind, clip) {
  const box = element("span", { className: "frame" });
  box.style.aspectRatio = `${clip.width || 16} / ${clip.height || 9}`;
  box.dataset.time = time;
  box.dataset.words = `${kind || "frame"} at ${clock(time)}`;
  return box;
}

function taskLanes(clip, band) {
  const task = report.tasks[band.task];
  const words = element("p", { className: "words" }, named(task.name, { className: "task" }));
  task.classes.forEach((each, place) => {
    words.append(shareWords(each, band.shares[place]));
  });
  const looks = (lane) => lane.map(([from, to, place]) => [from, to, task.classes[place].look]);
  return [words, ...band.lanes.map((lane) => laneOf(looks(lane), clip))];
}

function shareWords(each, share) {
  const word = element("span", { className: each.wrong && share >= 0.05 ? "share much" : "share" },
    element("i", { className: `swatch ${each.look}` }), named(each.name), ` ${percent(share)}`);
  return word;
}

function stretchLane(clip, kind) {
  const found = clip.stretches.filter((each) => each[0] === kind);
  if (!found.length) return [];
  const seconds = secondsOf(clip, kind);
  const some = found.slice(0, 4).map(([, from, to]) => `${clock(from)} to ${clock(to)}`);
  if (found.length > some.length) some.push(`${found.length - some.length} more`);
  const words = element("p", { className: "words" }, element("span", { className: "task" }, kind),
    element("span", { className: "share" }, element("i", { className: `swatch ${kind}` }),
      `${lasting(seconds)}, ${percent(Math.min(1, seconds / Math.max(clip.duration, 0.01)))}: ${some.join(", ")}`));
  return [words, laneOf(found.map(([, from, to]) => [from, to, kind]), clip)];
}

function laneOf(parts, clip) {
  const lane = element("div", { className: "lane" });
  lane.setAttribute("aria-hidden", "true"); // the words above it say the same
  for (const [from, to, look] of parts) {
    const part = element("i", { className: look });
    part.style.left = `${100 * placeOf(from, clip)}%`;
    part.style.width = `${100 * (placeOf(to, clip) - placeOf(from, clip))}%`;
    lane.append(part);
  }
  return lane;
}

function placeOf(seconds, clip) {
  return Math.min(1, Math.max(0, seconds / Math.max(clip.duration, 0.01)));
}

function axis(clip) {
  const line = element("div", { className: "axis" });
  line.setAttribute("aria-hidden", "true");
  const marks = [["worst", clip.worst], ["best", clip.best]].filter(([, moment]) => moment !== null);
  for (const moment of ticks(clip.duration, 6)) {
    const after = marks.map(([, mark]) => placeOf(mark, clip) - placeOf(moment, clip));
    const hidden = after.some((distance) => distance > -0.01 && distance < 0.05) || placeOf(moment, clip) > 0.96;
    const tick = element("span", {}, hidden ? "" : clock(moment, clip.duration < 3 ? 1 : 0));
    tick.style.left = `${100 * placeOf(moment, clip)}%`;
    line.append(tick);
  }
  for (const [kind, moment] of marks) {
    const mark = element("b", { className: kind }, kind === "worst" ? "▼" : "▲");
    mark.style.left = `${100 * placeOf(moment, clip)}%`;
    line.append(mark);
  }
  return line;
}

function stills(clip) {
  const box = element("div", { className: "stills" });
  for (const [kind, moment] of [["worst", clip.worst], ["best", clip.best]]) {
    if (moment === null) continue;
    box.append(element("figure", { className: kind }, frameAt(moment, `${kind} frame`, clip),
      element("figcaption", {}, element("b", {}, kind === "worst" ? "▼ worst" : "▲ best"), ` ${clock(moment)}`)));
  }
  return box;
}

// What is at a moment, for the little box beside the pointer.
function momentWords(clip, seconds) {
  const lines = [element("b", {}, clock(seconds))];
  for (const band of clip.bands) {
    const task = report.tasks[band.task];
    const there = band.lanes.flatMap((lane) => lane.filter(([from, to]) => from <= seconds && seconds < to));
    if (!there.length) lines.push(element("span", {}, named(task.name), ": none"));
    for (const [from, to, place] of there) {
      const each = task.classes[place];
      lines.push(element("span", {}, element("i", { className: `swatch ${each.look}` }), named(task.name), ": ", named(each.name),
        element("small", {}, ` ${clock(from)} to ${clock(to)}`)));
    }
  }
  for (const [kind, from, to] of clip.stretches) {
    if (from <= seconds && seconds < to) {
      lines.push(element("span", {}, element("i", { className: `swatch ${kind}` }), kind,
        element("small", {}, ` ${clock(from)} to ${clock(to)}`)));
    }
  }
  return lines;
}
