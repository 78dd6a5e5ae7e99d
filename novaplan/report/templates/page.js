"use strict";
// Everything here adds to a page that can be read without it.
(() => {
  const all = (query, from = document) => [...from.querySelectorAll(query)];
  const one = (query, from = document) => from.querySelector(query);
  const root = document.documentElement;
  root.classList.add("js");
  for (const element of all(".controls, .filter, .player, .see")) element.hidden = false;
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // ---- theme: as the system, light or dark; remembered where the browser allows it
  const THEMES = ["auto", "light", "dark"];
  const system = matchMedia("(prefers-color-scheme: dark)");
  const remembered = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("novaplan-theme");
      localStorage.setItem("novaplan-theme", value);
    } catch { /* a page opened from a file may not be allowed to */ }
    return null;
  };
  let theme = THEMES.includes(remembered()) ? remembered() : "auto";
  const dress = () => {
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
    root.dataset.shade = theme === "dark" || (theme === "auto" && system.matches) ? "dark" : "light";
    const button = one("#theme");
    button.textContent = `Theme: ${theme}`;
    button.setAttribute("aria-label", `Theme: ${theme === "auto" ? "as the system" : theme}`);
  };
  one("#theme").addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    remembered(theme);
    dress();
  });
  system.addEventListener("change", dress);
  dress();

  // ---- search: whatever does not hold the words goes away, all over the page
  const box = one("#search");
  const items = all("main tbody tr, main .item").filter((item) => !item.closest("details.item > table"));
  const texts = new Map();
  const opened = new Set();
  const textOf = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };
  const marked = (words, shown) => {
    if (!("highlights" in CSS)) return;
    CSS.highlights.delete("found");
    const ranges = [];
    for (const item of words.length ? shown.slice(0, 300) : []) {
      const walker = document.createTreeWalker(item, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node && ranges.length < 2000; node = walker.nextNode()) {
        const text = node.data.toLowerCase();
        for (const word of words) {
          for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
            const range = new Range();
            range.setStart(node, at);
            range.setEnd(node, Math.min(at + word.length, node.length));
            ranges.push(range);
          }
        }
      }
    }
    if (ranges.length) CSS.highlights.set("found", new Highlight(...ranges));
  };
  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const details of opened) details.open = false;
    opened.clear();
    const shown = items.filter((item) => words.every((word) => textOf(item).includes(word)));
    const kept = new Set(shown);
    for (const item of items) item.classList.toggle("miss", !kept.has(item));
    for (const item of words.length ? shown : []) {
      for (let details = item.parentElement.closest("details"); details; details = details.parentElement.closest("details")) {
        if (!details.open && opened.size < 40) { details.open = true; opened.add(details); }
      }
    }
    for (const section of all("main section")) {
      const own = items.filter((item) => section.contains(item));
      const without = words.length > 0 && !own.some((item) => kept.has(item));
      section.classList.toggle("without", without);
      one(".nothing", section).hidden = !without;
    }
    one("#found").textContent = words.length ? `${shown.length} found` : "";
    root.classList.toggle("searching", words.length > 0);
    if (words.length) shown[0]?.closest("section").scrollIntoView({ block: "start" });
    marked(words, shown);
    counts.forEach((tell) => tell());
  };
  let waiting = 0;
  box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
  box.form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "Escape" && event.target === box && box.value) {
      event.preventDefault();
      box.value = "";
      search();
    } else if (event.key === "Escape") {
      hideTip();
    }
  });

  // ---- filters: by what an item is marked with
  const counts = [];
  for (const filter of all("[data-filter]")) {
    const home = one(`#${filter.dataset.filter}`);
    const rows = all("[data-marks]", home);
    const boxes = all("input[type=checkbox]", filter);
    const [pick, also] = [one("select[data-marks]", filter), one("select[data-also]", filter)];
    const tell = () => {
      const shown = rows.filter((row) => !row.classList.contains("off") && !row.classList.contains("miss"));
      one("[data-count]", filter).textContent = `${shown.length} of ${rows.length}`;
    };
    const sift = () => {
      const wanted = pick ? pick.value.split(" ") : boxes.filter((each) => each.checked).map((each) => each.value);
      for (const row of rows) {
        const fits = (pick && !pick.value) || row.dataset.marks.split(" ").some((mark) => wanted.includes(mark));
        row.classList.toggle("off", !fits || Boolean(also && also.value && row.dataset.also !== also.value));
      }
      tell();
    };
    filter.addEventListener("change", sift);
    counts.push(tell);
    tell();
    const turn = (open) => rows.forEach((row) => { if (!open || row.offsetParent) row.open = open; });
    one("[data-open]", filter)?.addEventListener("click", () => turn(true));
    one("[data-close]", filter)?.addEventListener("click", () => turn(false));
  }

  // ---- a link to a step opens it; printing opens everything
  const reveal = () => {
    const aim = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (aim instanceof HTMLDetailsElement) {
      aim.open = true;
      aim.classList.remove("off", "miss");
      aim.scrollIntoView({ block: "start" });
    }
  };
  addEventListener("hashchange", reveal);
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of closed) details.open = false; });

  // ---- where one is
  const links = new Map(all("nav a").map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-20% 0px -75% 0px" });
  for (const section of all("main section")) seen.observe(section);

  // ---- tooltips, for the mouse, a finger and the focus
  const tip = one("#tip");
  const hideTip = () => { tip.hidden = true; };
  document.addEventListener("fullscreenchange", () => (document.fullscreenElement || document.body).append(tip));
  const showTip = (element, x, y) => {
    tip.textContent = element.dataset.tip;
    tip.hidden = false;
    const size = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - size.width - 4))}px`;
    tip.style.top = `${Math.max(4, y + 16 + size.height > innerHeight ? y - size.height - 12 : y + 16)}px`;
  };

  // Something of these is to be seen, without the page itself moving.
  const bringIn = (view, touched, behavior) => {
    const frame = view.getBoundingClientRect();
    const within = ({ x, y, width, height }) => x >= frame.left && y >= frame.top && x + width <= frame.right && y + height <= frame.bottom;
    const places = [...touched.filter((element) => element.matches(".node")), ...touched].map((element) => element.getBoundingClientRect());
    if (!places.length || places.some(within)) return;
    const { x, y, width, height } = places[0];
    view.scrollBy({ left: x + width / 2 - frame.left - frame.width / 2, top: y + height / 2 - frame.top - frame.height / 2, behavior });
  };

  // ---- pictures: pan, zoom, and a way through the boxes with the arrow keys
  const LARGEST = 4;
  for (const picture of all(".picture")) {
    const view = one(".view", picture);
    const svg = one("svg", view);
    const [natural, tall] = svg.getAttribute("viewBox").split(" ").slice(2).map((size) => Number(size) * 4 / 3);
    const nodes = all(".node[id]", svg);
    let zoom = 1;
    const wide = () => Math.min(1, (view.clientWidth || 800) / natural);
    const fitting = () => Math.min(wide(), (parseFloat(getComputedStyle(view).maxHeight) || 600) / tall);
    const apply = (wanted, x = view.clientWidth / 2, y = view.clientHeight / 2) => {
      const old = zoom;
      zoom = Math.max(Math.min(fitting(), 0.2), Math.min(LARGEST, wanted));
      const [left, top] = [(view.scrollLeft + x) / old, (view.scrollTop + y) / old];
      svg.style.width = `${natural * zoom}px`;
      view.scrollLeft = left * zoom - x;
      view.scrollTop = top * zoom - y;
      one(".zoom", picture).textContent = `${Math.round(zoom * 100)} %`;
    };
    const fit = () => apply(fitting());
    // On a phone the whole would be too small to read: begin with the upper left corner.
    const begin = () => { apply(Math.max(wide(), 0.6)); view.scrollLeft = 0; view.scrollTop = 0; bringIn(view, nodes, "auto"); };
    begin();
    const move = (x, y) => view.scrollBy({ left: x * view.clientWidth / 3, top: y * view.clientHeight / 3, behavior: still.matches ? "auto" : "smooth" });
    const deeds = {
      in: () => apply(zoom * 1.25), out: () => apply(zoom / 1.25), fit,
      full: () => (document.fullscreenElement ? document.exitFullscreen() : picture.closest("section").requestFullscreen()),
      left: () => move(-1, 0), right: () => move(1, 0), up: () => move(0, -1), down: () => move(0, 1),
    };
    one("[data-do=full]", picture).hidden = !document.fullscreenEnabled;
    picture.addEventListener("click", (event) => deeds[event.target.closest("[data-do]")?.dataset.do]?.());
    view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const place = view.getBoundingClientRect();
      apply(zoom * Math.exp(-event.deltaY / 300), event.clientX - place.left, event.clientY - place.top);
    }, { passive: false });

    // The mouse drags; fingers scroll by themselves, and two of them zoom.
    let held = null;
    let span = 0;
    view.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "touch" && event.button === 0) held = { x: event.clientX, y: event.clientY, left: view.scrollLeft, top: view.scrollTop };
    });
    addEventListener("pointermove", (event) => {
      if (held) {
        view.classList.add("held");
        view.scrollLeft = held.left - event.clientX + held.x;
        view.scrollTop = held.top - event.clientY + held.y;
      }
    });
    view.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2) { span = 0; return; }
      event.preventDefault();
      const [first, second] = event.touches;
      const now = Math.hypot(first.clientX - second.clientX, first.clientY - second.clientY);
      const place = view.getBoundingClientRect();
      if (span) apply(zoom * now / span, (first.clientX + second.clientX) / 2 - place.left, (first.clientY + second.clientY) / 2 - place.top);
      span = now;
    }, { passive: false });
    for (const name of ["pointerup", "pointercancel"]) {
      addEventListener(name, () => { held = null; span = 0; view.classList.remove("held"); });
    }

    // Only one box can be reached by Tab; from there the arrow keys go on.
    const middle = (node) => { const found = node.getBoundingClientRect(); return [found.x + found.width / 2, found.y + found.height / 2]; };
    const reach = (node) => { for (const each of nodes) each.setAttribute("tabindex", each === node ? "0" : "-1"); };
    const visible = () => nodes.filter((node) => getComputedStyle(node).display !== "none");
    const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const neighbour = (from, [x, y]) => {
      const [ownX, ownY] = middle(from);
      let best = null;
      let least = Infinity;
      for (const node of visible()) {
        const [atX, atY] = middle(node);
        const ahead = (atX - ownX) * x + (atY - ownY) * y;
        const aside = Math.abs((atX - ownX) * y + (atY - ownY) * x);
        if (node !== from && ahead > 1 && ahead + 2 * aside < least) { best = node; least = ahead + 2 * aside; }
      }
      return best;
    };
    if (nodes.length) reach(nodes[0]);
    view.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const node = event.target.closest(".node");
      if (event.key === "+" || event.key === "=") deeds.in();
      else if (event.key === "-") deeds.out();
      else if (event.key === "0") fit();
      else if (node && ARROWS[event.key]) {
        const next = neighbour(node, ARROWS[event.key]);
        if (next) { reach(next); next.focus({ preventScroll: false }); next.scrollIntoView({ block: "nearest", inline: "nearest" }); }
      } else return;
      event.preventDefault();
    });

    const light = (node) => {
      const id = node ? node.id.replace(/^node-/, "") : "";
      for (const edge of all(".edge[id]", svg)) edge.classList.toggle("lit", Boolean(id) && edge.id.split("-").includes(id));
    };
    svg.addEventListener("pointermove", (event) => {
      const element = event.target.closest("[data-tip]");
      if (element && !held) showTip(element, event.clientX, event.clientY); else hideTip();
    });
    svg.addEventListener("pointerover", (event) => light(event.target.closest(".node[id]")));
    svg.addEventListener("pointerleave", () => { hideTip(); light(null); });
    view.addEventListener("focusin", (event) => {
      const node = event.target.closest(".node");
      if (!node) return;
      reach(node);
      light(node);
      const { left, bottom } = node.getBoundingClientRect();
      if (node.dataset.tip && node.matches(":focus-visible")) showTip(node, left, bottom - 8);
    });
    view.addEventListener("focusout", () => { hideTip(); light(null); });
  }

  // ---- the walk
  const source = one("#walk-data");
  if (source) {
    const data = JSON.parse(source.textContent);
    const slider = one("#state");
    const play = one("[data-walk=play]");
    const home = one("#walk-picture");
    const elements = (data.elements || []).map((id) => document.getElementById(id));
    // What each state shows, from what changes between them.
    const shown = [];
    const lines = [];
    for (const frame of data.frames || []) {
      const now = new Set(shown.at(-1));
      for (const index of frame.new || []) now.add(index);
      for (const index of frame.gone || []) now.delete(index);
      shown.push(now);
      lines.push({ ...lines.at(-1), ...frame.labels });
    }
    const written = (element, label) => {
      const places = all("text", element);
      places.forEach((place, index) => { if (place.textContent !== (label[index] || "")) place.textContent = label[index] || ""; });
      element.setAttribute("aria-label", label.join(", "));
    };
    const draw = (state) => {
      if (!home || !data.frames) return;
      const frame = data.frames[state];
      const fresh = new Set(state ? frame.new : []);
      const [changed, gone] = [new Set(frame.changed), new Set(frame.gone)];
      elements.forEach((element, index) => {
        if (!element) return;
        element.style.display = shown[state].has(index) || gone.has(index) ? "" : "none";
        element.classList.toggle("new", fresh.has(index));
        element.classList.toggle("changed", changed.has(index));
        element.classList.toggle("went", gone.has(index));
        if (lines[state][index]) written(element, lines[state][index]);
      });
      const touched = [...(state ? [...fresh, ...changed, ...gone] : shown[0])].map((index) => elements[index]).filter(Boolean);
      bringIn(one(".view", home), touched, still.matches || !state ? "auto" : "smooth");
    };
    const tell = (state) => {
      const said = data.states[state];
      const last = data.states.length - 1;
      one(".state .title").textContent = state ? `After step ${state} of ${last}: ${said.title}` : `Before the first of ${last} steps: ${said.title}`;
      const counted = Object.entries(said.counts).map(([name, count]) => `${count} ${name}`).join(", ");
      one(".state .counts").textContent = (said.phase ? `${said.phase} · ` : "") + counted;
      const list = one(".told");
      list.replaceChildren(...(said.changes.length ? said.changes : [state ? "nothing in the topology" : ""]).filter(Boolean).map((line) => {
        const entry = document.createElement("li");
        entry.textContent = line;
        return entry;
      }));
      slider.setAttribute("aria-valuetext", one(".state .title").textContent);
    };
    let timer = 0;
    const show = (state) => {
      slider.value = String(Math.max(0, Math.min(data.states.length - 1, state)));
      tell(Number(slider.value));
      draw(Number(slider.value));
    };
    const rest = () => {
      clearInterval(timer);
      timer = 0;
      play.textContent = "Play";
      play.setAttribute("aria-pressed", "false");
      one(".state").setAttribute("aria-live", "polite");
    };
    const run = () => {
      if (Number(slider.value) >= data.states.length - 1) show(0);
      play.textContent = "Pause";
      play.setAttribute("aria-pressed", "true");
      one(".state").setAttribute("aria-live", "off");
      timer = setInterval(() => {
        show(Number(slider.value) + 1);
        if (Number(slider.value) >= data.states.length - 1) rest();
      }, still.matches ? 2000 : 1000);
    };
    const moves = { first: () => 0, last: () => data.states.length - 1, back: () => Number(slider.value) - 1, on: () => Number(slider.value) + 1 };
    one(".bar-of-player").addEventListener("click", (event) => {
      const wanted = event.target.closest("[data-walk]")?.dataset.walk;
      if (wanted === "play") { if (timer) rest(); else run(); } else if (wanted) { rest(); show(moves[wanted]()); }
    });
    slider.addEventListener("input", () => { rest(); show(Number(slider.value)); });
    for (const button of all(".see")) {
      button.addEventListener("click", () => {
        rest();
        show(Number(button.dataset.state));
        one("#walk").scrollIntoView({ block: "start" });
        slider.focus({ preventScroll: true });
      });
    }
    show(0);
  }
  reveal();
})();
