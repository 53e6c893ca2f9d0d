"use strict";
// The page of mx.viz.explore: draws what stands in #data. Every text is set as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const WIDTH = 150, HEIGHT = 38, GAP = 24, STEP = 84; // of boxes, and between them
  const MOST_AT_FIRST = 80, LONGEST = 40, MOST_POINTS = 20000, MOST_FOUND = 200;

  const element = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const drawing = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  function fill(made, attributes, children) {
    for (const [key, value] of Object.entries(attributes))
      typeof value === "function" ? made.addEventListener(key, value) : made.setAttribute(key, value);
    made.append(...children);
    return made;
  }
  function short(number, unit = "") {
    if (number == null) return "?";
    for (const [size, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]])
      if (Math.abs(number) >= size) return `${(number / size).toPrecision(3)} ${letter}${unit}`;
    return `${Number.isInteger(number) ? number : number.toPrecision(3)} ${unit}`.trim();
  }
  const fit = (text, most) => (text.length > most ? "…" + text.slice(1 - most) : text);
  const extents = (shape) => (shape ? shape.join("×") || "scalar" : "?");

  // ---- what there is: nodes by number, and after them groups

  const nodes = data.nodes, groups = [], parent = new Map();
  const isGroup = (id) => id >= nodes.length;
  const group = (id) => groups[id - nodes.length];
  function enter([label, members], inside) {
    const id = nodes.length + groups.length, made = { label, members: [], leaves: [] };
    groups.push(made);
    parent.set(id, inside);
    for (const member of members) {
      const each = Array.isArray(member) ? enter(member, id) : member;
      if (!Array.isArray(member)) parent.set(each, id);
      made.members.push(each);
      for (const leaf of isGroup(each) ? group(each).leaves : [each]) made.leaves.push(leaf);
    }
    return id;
  }
  const root = enter(data.tree, null);
  const leaves = (id) => (isGroup(id) ? group(id).leaves : [id]);
  const step = new Map();
  for (const [name, alive, makes, note, owner] of data.memory.steps || []) step.set(owner, { name, alive, makes, note });

  const counted = new Set(), uses = new Map(), edges = [];
  for (const id of group(root).leaves) {
    const node = nodes[id];
    node.learned = [];
    node.parameters = 0;
    for (const [source, output] of node.inputs) {
      if (parent.has(source)) {
        edges.push([source, id, output]);
        uses.set(source, [...(uses.get(source) || []), id]);
      } else {
        node.learned.push(source);
        if (!counted.has(source)) node.parameters += (nodes[source].shapes[0] || [0]).reduce((a, b) => a * b, 1);
        counted.add(source);
      }
    }
  }
  const total = (id, value) => leaves(id).reduce((sum, leaf) => sum + (value(nodes[leaf], leaf) || 0), 0);
  const measures = {
    kind: null,
    parameters: (node) => node.parameters,
    FLOPs: (node) => node.flops,
    bytes: (_, id) => (step.get(id) || {}).makes,
    time: (_, id) => (data.times[id] || [])[0],
  };

  // ---- what is shown: a group that is closed stands for all in it

  const open = new Set([root]);
  let chosen = null, view = { x: 0, y: 0, scale: 1 }, shown = [], places = new Map();
  function visible(id = root, into = []) {
    for (const member of group(id).members) open.has(member) ? visible(member, into) : into.push(member);
    return into;
  }
  for (let count = group(root).members.length; ; ) {
    const next = visible().filter((id) => isGroup(id) && count + group(id).members.length <= MOST_AT_FIRST + 1);
    if (!next.length) break;
    const largest = next.reduce((a, b) => (group(b).leaves.length > group(a).leaves.length ? b : a));
    open.add(largest);
    count += group(largest).members.length - 1;
  }
  function edgesBetween(ids) {
    const standsFor = new Map(), found = new Map();
    for (const id of ids) for (const leaf of leaves(id)) standsFor.set(leaf, id);
    for (const [source, target, output] of edges) {
      const tail = standsFor.get(source), head = standsFor.get(target);
      if (tail !== head) found.set(`${tail} ${head}`, { tail, head, shape: nodes[source].shapes[output] });
    }
    return [...found.values()];
  }

  // ---- where it goes: ranks from top to bottom, ordered by medians, near to what it is connected with

  function arrange(ids, lines) {
    const rank = new Map(ids.map((id) => [id, 0])), into = new Map(), out = new Map();
    for (const line of lines) {
      into.set(line.head, [...(into.get(line.head) || []), line.tail]);
      out.set(line.tail, [...(out.get(line.tail) || []), line.head]);
    }
    for (const id of ids) for (const tail of into.get(id) || []) rank.set(id, Math.max(rank.get(id), rank.get(tail) + 1));
    for (const id of ids)
      if (!into.has(id) && out.has(id)) rank.set(id, Math.min(...out.get(id).map((head) => rank.get(head))) - 1);
    const layers = [], above = new Map(), below = new Map();
    const put = (item, level) => (layers[level] = layers[level] || []).push(item);
    const link = (upper, lower) => {
      below.set(upper, [...(below.get(upper) || []), lower]);
      above.set(lower, [...(above.get(lower) || []), upper]);
    };
    for (const id of ids) put(id, rank.get(id));
    let points = 0;
    for (const line of lines) {
      line.points = [];
      const first = rank.get(line.tail) + 1, last = rank.get(line.head);
      let upper = line.tail;
      if (last - first <= LONGEST && (points += last - first) < MOST_POINTS)
        for (let level = first; level < last; level++) {
          const point = { level };
          line.points.push(point);
          put(point, level);
          link(upper, point);
          upper = point;
        }
      link(upper, line.head);
    }
    const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
    for (let sweep = 0; sweep < 6; sweep++) {
      const down = sweep % 2 === 0, place = new Map();
      for (const layer of down ? layers : [...layers].reverse()) {
        const key = new Map();
        layer.forEach((item, i) => {
          const near = ((down ? above : below).get(item) || []).map((each) => place.get(each)).filter((x) => x != null);
          key.set(item, near.length ? median(near) : (i + 0.5) / layer.length);
        });
        layer.sort((a, b) => key.get(a) - key.get(b));
        layer.forEach((item, i) => place.set(item, (i + 0.5) / layer.length));
      }
    }
    const x = new Map();
    for (const layer of layers) spread(layer, layer.map(() => 0), x);
    for (let sweep = 0; sweep < 6; sweep++) {
      const down = sweep % 2 === 1;
      for (const layer of down ? layers : [...layers].reverse()) {
        const wish = (item) => {
          const near = ((down ? above : below).get(item) || []).map((each) => x.get(each));
          return near.length ? median(near) : x.get(item);
        };
        spread(layer, layer.map(wish), x);
      }
    }
    for (const line of lines) line.points = line.points.map((point) => [x.get(point), point.level * STEP + HEIGHT / 2]);
    return new Map(ids.map((id) => [id, [x.get(id), rank.get(id) * STEP + HEIGHT / 2]]));
  }
  // Gives the items of a row the places nearest to the wished ones at which they do not overlap.
  function spread(layer, wishes, x) {
    const offsets = [0], blocks = [];
    const extent = (item) => (typeof item === "number" ? WIDTH : GAP);
    for (let i = 1; i < layer.length; i++)
      offsets.push(offsets[i - 1] + (extent(layer[i - 1]) + extent(layer[i])) / 2 + GAP);
    wishes.forEach((wish, i) => {
      let mean = wish - offsets[i], size = 1;
      while (blocks.length && blocks[blocks.length - 1][0] > mean) {
        const [left, many] = blocks.pop();
        mean = (mean * size + left * many) / (size + many);
        size += many;
      }
      blocks.push([mean, size]);
    });
    const flat = blocks.flatMap(([mean, size]) => Array(size).fill(mean));
    layer.forEach((item, i) => x.set(item, flat[i] + offsets[i]));
  }

  // ---- the picture

  const parts = new Map();
  let lines = [];
  function draw() {
    shown = visible();
    lines = edgesBetween(shown);
    places = arrange(shown, lines);
    const sized = lines.length <= 400, scene = $("scene"), inside = [];
    parts.clear();
    for (const line of lines) {
      const [x0, y0] = places.get(line.tail), [x1, y1] = places.get(line.head);
      const bends = [[x0, y0 + HEIGHT / 2]];
      for (const [x, y] of line.points) bends.push([x, y - HEIGHT / 2], [x, y + HEIGHT / 2]);
      bends.push([x1, y1 - HEIGHT / 2]);
      let path = `M${bends[0].map(Math.round)}`;
      for (let i = 1; i < bends.length; i++) {
        const middle = (bends[i - 1][1] + bends[i][1]) / 2;
        path += `C${Math.round(bends[i - 1][0])} ${middle} ${Math.round(bends[i][0])} ${middle} ${bends[i].map(Math.round)}`;
      }
      line.drawn = drawing("path", { class: "edge", d: path, "marker-end": "url(#tip)" });
      inside.push(line.drawn);
      if (sized && line.shape) {
        const [x, y] = bends[bends.length - 2].map((each, i) => (each + bends[bends.length - 1][i]) / 2);
        inside.push(drawing("text", { class: "size", x, y }, extents(line.shape)));
      }
    }
    for (const id of shown) inside.push(box(id));
    scene.replaceChildren(...inside);
    colour();
    mark();
    $("status").textContent = `${shown.length} boxes of ${group(root).leaves.length} nodes`;
  }
  function box(id) {
    const [x, y] = places.get(id), left = x - WIDTH / 2, top = y - HEIGHT / 2;
    const made = drawing("g", { class: isGroup(id) ? "box group" : "box", "data-id": id, tabindex: 0 });
    const name = isGroup(id) ? group(id).label : nodes[id].name;
    made.append(drawing("title", {}, name));
    const isVariable = !isGroup(id) && !nodes[id].op;
    const outline = isVariable
      ? drawing("ellipse", { cx: x, cy: y, rx: WIDTH / 2, ry: HEIGHT / 2 })
      : drawing("rect", { x: left, y: top, width: WIDTH, height: HEIGHT, rx: 5 });
    const sub = isGroup(id) ? `${group(id).leaves.length} nodes` : nodes[id].label.split("\n").join(" ");
    const outer = group(parent.get(id)).label;
    const brief = outer && name.startsWith(outer) && name !== outer ? name.slice(outer.length).replace(/^[_/.:]+/, "") : name;
    made.append(outline, drawing("text", { x, y: y - 2 }, fit(brief || name, 23)));
    made.append(drawing("text", { class: "sub", x, y: y + 11 }, fit(sub === name ? nodes[id].op : sub, 28)));
    if (isGroup(id)) made.append(fold("+", left + WIDTH, top, () => toggle(id)));
    else if (parent.get(id) !== root) made.append(fold("−", left + WIDTH, top, () => toggle(parent.get(id))));
    made.addEventListener("click", () => choose(id));
    made.addEventListener("dblclick", () => toggle(isGroup(id) ? id : parent.get(id)));
    made.addEventListener("keydown", (event) => {
      if (event.key === "Enter") choose(id);
      if (event.key === "ArrowRight" && isGroup(id)) toggle(id);
      if (event.key === "ArrowLeft") toggle(parent.get(id));
    });
    parts.set(id, { made, outline });
    return made;
  }
  const fold = (sign, x, y, act) =>
    drawing(
      "g",
      { class: "fold", role: "button", "aria-label": sign === "+" ? "Open" : "Close", click: (event) => (event.stopPropagation(), act()) },
      drawing("circle", { cx: x, cy: y, r: 7 }),
      drawing("text", { x, y: y + 4 }, sign),
    );
  function colour() {
    const measure = measures[$("heat").value];
    const values = new Map(shown.map((id) => [id, measure ? total(id, measure) : 0]));
    const most = Math.max(...values.values(), 0) || 1;
    for (const [id, { outline }] of parts) {
      const share = 100 - 55 * Math.sqrt(Math.max(values.get(id), 0) / most);
      outline.setAttribute("fill", measure ? `hsl(22 90% ${share}%)` : isGroup(id) ? "#e8e8e8" : nodes[id].colour);
    }
  }
  function mark() {
    for (const [id, { made }] of parts) made.classList.toggle("chosen", id === chosen);
    for (const line of lines) line.drawn.classList.toggle("chosen", line.tail === chosen || line.head === chosen);
  }
  function toggle(id) {
    if (id === root || id == null) return;
    const before = places.get(id) || places.get(shown.find((each) => within(each, id)));
    if (open.has(id)) {
      for (const each of [...open]) if (within(each, id)) open.delete(each);
      if (chosen != null && within(chosen, id)) chosen = id;
    } else open.add(id);
    draw();
    const after = places.get(id) || places.get(shown.find((each) => within(each, id)));
    if (before && after) move(view.x + (before[0] - after[0]) * view.scale, view.y + (before[1] - after[1]) * view.scale);
    if (chosen != null) tell(chosen);
  }
  function within(id, outer) {
    for (let each = id; each != null; each = parent.get(each)) if (each === outer) return true;
    return false;
  }
  function reveal(id) {
    let changed = false;
    for (let each = parent.get(id); each != null; each = parent.get(each))
      if (!open.has(each)) changed = !!open.add(each);
    if (changed) draw();
    choose(id);
    const [x, y] = places.get(id), { width, height } = $("graph").getBoundingClientRect();
    view.scale = Math.max(view.scale, 0.8);
    move(width / 2 - x * view.scale, height / 2 - y * view.scale);
  }
  function choose(id) {
    chosen = id;
    mark();
    tell(id);
    timeline();
  }

  // ---- what is told of one box

  function tell(id) {
    const rows = [], into = $("details");
    const row = (name, ...value) => rows.push(element("tr", {}, element("td", {}, name), element("td", {}, ...value)));
    const link = (to) => element("span", { class: "link", click: () => reveal(to) }, isGroup(to) ? group(to).label : nodes[to].name);
    const path = [];
    for (let each = parent.get(id); each != null && each !== root; each = parent.get(each)) path.unshift(each);
    if (path.length)
      row("in", ...path.flatMap((each) => [element("span", { class: "link", click: () => toggle(each) }, `− ${group(each).label}`), " "]));
    if (isGroup(id)) {
      row("", element("button", { click: () => toggle(id) }, open.has(id) ? "Close" : "Open"));
      row("nodes", String(group(id).leaves.length));
    } else {
      const node = nodes[id];
      row("operator", node.op || "variable");
      node.shapes.forEach((shape, i) => row(i ? `output ${i}` : "output", `${extents(shape)} ${node.dtypes[i] || ""}`));
      for (const [key, value] of Object.entries(node.attributes)) row(key, value);
      for (const [source, output] of node.inputs)
        if (parent.has(source)) row("reads", link(source), ` ${extents(nodes[source].shapes[output])}`);
      for (const user of new Set(uses.get(id) || [])) row("is read by", link(user));
    }
    row("parameters", short(total(id, measures.parameters)));
    row("FLOPs", short(total(id, measures.FLOPs)));
    const memory = step.get(id);
    if (memory) {
      if (memory.name !== nodes[id].name) row("runs as", memory.name);
      row("bytes", `makes ${short(memory.makes, "B")}, alive ${short(memory.alive, "B")} ${memory.note}`);
    }
    if (leaves(id).some((leaf) => data.times[leaf])) row("time", `${short(total(id, measures.time))} ms`);
    for (const source of isGroup(id) ? [] : nodes[id].learned) row(fit(nodes[source].name, 40), ...histogram(nodes[source]));
    into.replaceChildren(element("h2", {}, isGroup(id) ? group(id).label : nodes[id].name), element("table", {}, ...rows));
  }
  function histogram(variable) {
    const array = data.parameters[variable.name];
    const told = [`${extents(variable.shapes[0])} ${variable.dtypes[0] || ""}`];
    if (!array) return told;
    if (array.counts) {
      const most = Math.max(...array.counts), width = 180 / array.counts.length;
      const bars = array.counts.map((count, i) =>
        drawing("rect", { x: i * width, y: 40 - (40 * count) / most, width: width * 0.9, height: (40 * count) / most }));
      told.push(element("br"), drawing("svg", { class: "bars", width: 180, height: 40 }, ...bars), element("br"));
      told.push(`${array.low.toPrecision(3)} … ${array.high.toPrecision(3)}, mean ${array.mean.toPrecision(3)} ± ${array.deviation.toPrecision(3)}`);
    }
    if (array.odd) told.push(` ${array.odd} NaN or infinite!`);
    if (array.every > 1) told.push(` (every ${array.every}th)`);
    return told;
  }

  // ---- search

  function search() {
    const text = $("search").value.trim().toLowerCase(), found = [];
    if (text)
      for (const id of group(root).leaves) {
        const node = nodes[id];
        if (node.name.toLowerCase().includes(text) || node.op.toLowerCase().includes(text) ||
            node.learned.some((each) => nodes[each].name.toLowerCase().includes(text))) found.push(id);
      }
    const items = found.slice(0, MOST_FOUND).map((id) =>
      element("li", { click: () => reveal(id), "data-id": id }, `${nodes[id].name} (${nodes[id].op || "variable"})`));
    if (text) items.unshift(element("li", {}, `${found.length} found`));
    $("found").replaceChildren(...items);
    return found;
  }
  $("search").addEventListener("input", search);
  $("search").addEventListener("keydown", (event) => {
    if (event.key === "Escape") ($("search").value = ""), search();
    const found = event.key === "Enter" ? search() : [];
    if (found.length) reveal(found[(found.indexOf(chosen) + 1) % found.length]);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== $("search")) event.preventDefault(), $("search").focus();
  });

  // ---- moving about

  function move(x, y, scale = view.scale) {
    view = { x, y, scale };
    $("scene").setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
  }
  function fitAll() {
    const all = [...places.values()], { width, height } = $("graph").getBoundingClientRect();
    if (!all.length) return;
    const xs = all.map(([x]) => x), ys = all.map(([, y]) => y);
    const left = xs.reduce((a, b) => Math.min(a, b)) - WIDTH, right = xs.reduce((a, b) => Math.max(a, b)) + WIDTH;
    const bottom = ys.reduce((a, b) => Math.max(a, b)) + HEIGHT;
    const scale = Math.max(Math.min(width / (right - left), Math.max(height / bottom, 0.6), 1.2), 0.02);
    move(width / 2 - ((left + right) / 2) * scale, 8, scale);
  }
  $("graph").addEventListener("wheel", (event) => {
    event.preventDefault();
    const bounds = $("graph").getBoundingClientRect(), factor = Math.exp(-event.deltaY / 400);
    const x = event.clientX - bounds.left, y = event.clientY - bounds.top;
    move(x - (x - view.x) * factor, y - (y - view.y) * factor, view.scale * factor);
  }, { passive: false });
  let held = null;
  $("graph").addEventListener("pointerdown", (event) => (held = [event.clientX - view.x, event.clientY - view.y]));
  window.addEventListener("pointermove", (event) => held && move(event.clientX - held[0], event.clientY - held[1]));
  window.addEventListener("pointerup", () => (held = null));

  // ---- what is alive, step by step

  function timeline() {
    const steps = data.memory.steps, canvas = $("timeline");
    if (!steps || !steps.length) return ($("step").textContent = data.memory.why || "");
    canvas.hidden = false;
    canvas.width = canvas.clientWidth;
    canvas.height = canvas.clientHeight;
    const context = canvas.getContext("2d"), width = canvas.width / steps.length;
    const own = new Set(chosen == null ? [] : leaves(chosen));
    context.clearRect(0, 0, canvas.width, canvas.height);
    steps.forEach(([, alive, , , owner], i) => {
      const height = ((canvas.height - 4) * alive) / (data.memory.peak || 1);
      context.fillStyle = own.has(owner) ? "#d00" : "#80b1d3";
      context.fillRect(i * width, canvas.height - height, Math.max(width - 0.5, 0.5), height);
    });
    const at = (event) => steps[Math.min(Math.floor((event.offsetX / canvas.clientWidth) * steps.length), steps.length - 1)];
    canvas.onmousemove = (event) => {
      const [name, alive, makes, note] = at(event);
      $("step").textContent = `${name}: ${short(alive, "B")} alive, makes ${short(makes, "B")} ${note}`;
    };
    canvas.onclick = (event) => parent.has(at(event)[4]) && reveal(at(event)[4]);
    if (!$("step").textContent) $("step").textContent = `${steps.length} steps of inference, at most ${short(data.memory.peak, "B")} alive`;
  }

  // ---- begin

  $("title").textContent = data.title;
  const known = Object.keys(measures).filter((name) => !measures[name] || group(root).leaves.some((id) => measures[name](nodes[id], id)));
  $("heat").append(...known.map((name) => element("option", {}, name)));
  $("heat").addEventListener("change", colour);
  $("open").addEventListener("click", () => {
    groups.forEach((_, i) => open.add(nodes.length + i));
    draw();
    fitAll();
  });
  $("close").addEventListener("click", () => {
    open.clear();
    open.add(root);
    draw();
    fitAll();
  });
  $("fit").addEventListener("click", fitAll);
  window.addEventListener("resize", timeline);
  draw();
  timeline();
  fitAll();
  for (const measure of ["parameters", "FLOPs"]) $("status").title += `${short(total(root, measures[measure]))} ${measure} `;
})();
