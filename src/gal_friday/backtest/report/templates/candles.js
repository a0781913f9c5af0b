"use strict";
(() => {
  const market = JSON.parse(document.getElementById("market").textContent);
  const names = Object.keys(market.pairs);
  const canvas = document.getElementById("chart");
  const read = document.getElementById("read");
  if (!names.length || !canvas.getContext) return;
  const pen = canvas.getContext("2d");
  const AXIS = 74, FOOT = 22, TOP = 8;
  let pair, from, to, chosen = -1;

  function unpack(block, decimals) {
    const unit = 10 ** decimals, n = block.rows.length / 5, rows = block.rows;
    const c = { step: block.step, t: new Float64Array(n), o: new Float64Array(n), h: new Float64Array(n), l: new Float64Array(n), c: new Float64Array(n) };
    let t = block.start, last = block.first;
    for (let i = 0, k = 0; i < n; i++, k += 5) {
      t += rows[k] * block.step;
      const open = last + rows[k + 1];
      last = open + rows[k + 4];
      c.t[i] = t; c.o[i] = open / unit; c.h[i] = (open + rows[k + 2]) / unit; c.l[i] = (open + rows[k + 3]) / unit; c.c[i] = last / unit;
    }
    return c;
  }

  for (const name of names) {
    const raw = market.pairs[name];
    raw.overall = unpack(raw.overall, raw.decimals);
    raw.detail = raw.detail.map(block => unpack(block, raw.decimals));
    const all = raw.overall;
    raw.first = all.t[0];
    raw.last = all.t[all.t.length - 1] + all.step;
    raw.trades = raw.trades.map(([t0, t1, p0, p1, stop, target, side, net, reason]) => ({ t0, t1, p0, p1, stop, target, side, net, reason }));
  }

  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const clock = (t, long) => { const s = new Date(t * 1000).toISOString(); return long ? s.slice(0, 16).replace("T", " ") : s.slice(5, 10) + " " + s.slice(11, 16); };
  const digits = value => value.toFixed(pair.decimals);

  function index(times, t) {               // first position whose time is at least t
    let low = 0, high = times.length;
    while (low < high) { const mid = (low + high) >> 1; if (times[mid] < t) low = mid + 1; else high = mid; }
    return low;
  }

  function source() {                      // single bars where they cover the view, else the whole run's candles
    return pair.detail.find(d => d.t[0] <= from + (to - from) * 0.15 && d.t[d.t.length - 1] + d.step >= to - (to - from) * 0.15) || pair.overall;
  }

  function visible(width) {                // candles in view, joined until each has room
    const s = source(), group = Math.max(1, Math.ceil((to - from) / s.step / (width / 4)));
    const span = s.step * group, out = [];
    const a = Math.max(0, index(s.t, from - span)), b = Math.min(s.t.length, index(s.t, to));
    for (let i = a; i < b; i++) {
      const slot = Math.floor(s.t[i] / span) * span, last = out[out.length - 1];
      if (group > 1 && last && last.t === slot) {
        last.h = Math.max(last.h, s.h[i]); last.l = Math.min(last.l, s.l[i]); last.c = s.c[i];
      } else out.push({ t: group > 1 ? slot : s.t[i], o: s.o[i], h: s.h[i], l: s.l[i], c: s.c[i] });
    }
    return { candles: out, span };
  }

  function limits(candles) {
    let low = Infinity, high = -Infinity;
    for (const c of candles) { if (c.l < low) low = c.l; if (c.h > high) high = c.h; }
    const t = pair.trades[chosen];
    if (t && t.t0 < to && (t.t1 === null || t.t1 > from))
      for (const p of [t.stop, t.target, t.p0, t.p1]) if (p !== null) { low = Math.min(low, p); high = Math.max(high, p); }
    if (low > high) [low, high] = [0, 1];
    const air = (high - low) * 0.06 || high * 0.01;
    return [low - air, high + air];
  }

  function neat(span, count) {
    const raw = span / count, power = 10 ** Math.floor(Math.log10(raw));
    return [1, 2, 2.5, 5, 10].map(f => f * power).find(v => v >= raw * 0.999999);
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const right = width - AXIS, foot = height - FOOT, { candles, span } = visible(right), [low, high] = limits(candles);
    const x = t => (t - from) / (to - from) * right, y = p => TOP + (high - p) / (high - low) * (foot - TOP);
    axes(width, right, foot, low, high, x, y);
    pen.save(); pen.beginPath(); pen.rect(0, 0, right, foot); pen.clip();
    const good = colour("--good"), bad = colour("--bad"), body = Math.max(1, span / (to - from) * right * 0.7);
    for (const c of candles) {
      const middle = x(c.t + span / 2);
      pen.strokeStyle = pen.fillStyle = c.c >= c.o ? good : bad;
      pen.globalAlpha = 0.75;
      pen.beginPath(); pen.moveTo(middle, y(c.h)); pen.lineTo(middle, y(c.l)); pen.stroke();
      pen.fillRect(middle - body / 2, Math.min(y(c.o), y(c.c)), body, Math.max(1, Math.abs(y(c.o) - y(c.c))));
    }
    pen.globalAlpha = 1;
    const seen = pair.trades.filter(t => t.t0 < to && (t.t1 === null ? pair.last : t.t1) > from), few = seen.length <= 60;
    if (seen.length > 300) dots(seen, x, y, good, bad);
    else for (const t of seen) trade(t, x, y, few, good, bad);
    pen.restore();
    return { x, y, candles, span, right };
  }

  function axes(width, right, foot, low, high, x, y) {
    pen.font = "12px system-ui, 'DejaVu Sans', sans-serif"; pen.lineWidth = 1; pen.textBaseline = "middle";
    const soft = colour("--soft"), grid = colour("--grid"), step = neat(high - low, 6);
    const places = Math.min(pair.decimals, Math.max(0, Math.ceil(-Math.log10(step)) + 1));
    pen.textAlign = "left";
    for (let p = Math.ceil(low / step) * step; p < high; p += step) {
      pen.strokeStyle = grid; pen.beginPath(); pen.moveTo(0, y(p)); pen.lineTo(right, y(p)); pen.stroke();
      pen.fillStyle = soft; pen.fillText(p.toFixed(places), right + 6, y(p));
    }
    const steps = [60, 300, 900, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 15552000, 31536000];
    const every = steps.find(s => (to - from) / s <= right / 110) || steps[steps.length - 1];
    pen.textAlign = "center";
    for (let t = Math.ceil(from / every) * every; t < to; t += every) {
      pen.strokeStyle = grid; pen.beginPath(); pen.moveTo(x(t), TOP); pen.lineTo(x(t), foot); pen.stroke();
      const text = every >= 86400 ? new Date(t * 1000).toISOString().slice(0, 10) : clock(t);
      if (x(t) > 40 && x(t) < right - 30) { pen.fillStyle = soft; pen.fillText(text, x(t), foot + FOOT / 2); }
    }
  }

  function trade(t, x, y, few, good, bad) {
    const end = t.t1 === null ? pair.last : t.t1, picked = pair.trades[chosen] === t;
    if (few || picked) {
      for (const [level, tint] of [[t.stop, bad], [t.target, good]]) {
        if (level === null) continue;
        pen.strokeStyle = tint; pen.lineWidth = picked ? 1.6 : 1; pen.setLineDash([2, 3]);
        pen.beginPath(); pen.moveTo(x(t.t0), y(level)); pen.lineTo(Math.max(x(end), x(t.t0) + 6), y(level)); pen.stroke();
      }
      pen.setLineDash([]);
    }
    if (t.p1 !== null) {
      pen.strokeStyle = t.net >= 0 ? good : bad; pen.lineWidth = picked ? 2.5 : 1.3;
      pen.beginPath(); pen.moveTo(x(t.t0), y(t.p0)); pen.lineTo(x(t.t1), y(t.p1)); pen.stroke();
      arrow(x(t.t1), y(t.p1), t.side < 0, few || picked);
    }
    arrow(x(t.t0), y(t.p0), t.side > 0, few || picked);
    pen.lineWidth = 1;
  }

  function dots(trades, x, y, good, bad) {   // too many for arrows: one dot each, by result
    for (const t of trades) {
      pen.fillStyle = t.net === null ? colour("--soft") : t.net >= 0 ? good : bad;
      pen.fillRect(x(t.t0) - 1, y(t.p0) - 1, 2, 2);
    }
  }

  function arrow(x, y, bought, large) {
    const r = large ? 6 : 3, d = bought ? 1 : -1;
    pen.fillStyle = bought ? colour("--equity") : colour("--bought");
    pen.strokeStyle = colour("--paper"); pen.lineWidth = 1;
    pen.beginPath(); pen.moveTo(x, y); pen.lineTo(x - r, y + d * r * 1.7); pen.lineTo(x + r, y + d * r * 1.7); pen.closePath();
    pen.fill(); if (large) pen.stroke();
  }

  function show(a, b) {
    const whole = pair.last - pair.first, least = Math.min(whole, 20 * (pair.detail.length ? pair.detail[0].step : pair.overall.step));
    const span = Math.min(Math.max(b - a, least), whole * 1.04), middle = (a + b) / 2;
    from = middle - span / 2;
    const first = pair.first - whole * 0.02, last = pair.last + whole * 0.02;
    from = Math.max(first, Math.min(from, last - span)); to = from + span;
    requestAnimationFrame(draw);
  }

  function zoom(factor, at = (from + to) / 2) { show(at - (at - from) * factor, at + (to - at) * factor); }

  function pick(k) {
    if (!pair.trades.length) return;
    chosen = (k + pair.trades.length) % pair.trades.length;
    const t = pair.trades[chosen], end = t.t1 === null ? Math.min(pair.last, t.t0 + 86400) : t.t1;
    const room = Math.max(end - t.t0, 12 * (pair.detail.length ? pair.detail[0].step : pair.overall.step));
    show(t.t0 - room * 0.6, end + room * 0.6);
    const left = t.t1 === null ? "still open" : `out ${clock(t.t1, true)} at ${digits(t.p1)} (${t.reason.toLowerCase()}), net ${t.net >= 0 ? "+" : "−"}${Math.abs(t.net).toFixed(2)}`;
    read.textContent = `Trade ${chosen + 1} of ${pair.trades.length}: ${t.side > 0 ? "long" : "short"} in ${clock(t.t0, true)} at ${digits(t.p0)}, ${left}`;
    for (const row of document.querySelectorAll("tr[data-trade]"))
      row.classList.toggle("chosen", row.dataset.pair === pair.name && Number(row.dataset.trade) === chosen);
  }

  function choose(name) {
    pair = market.pairs[name]; pair.name = name; chosen = -1; read.textContent = "\u00a0";
    for (const b of document.querySelectorAll("#pairs button")) b.setAttribute("aria-pressed", String(b.textContent === name));
    show(pair.first, pair.last);
  }

  function hover(px) {
    const { candles, span, right } = draw(), t = from + px / right * (to - from);
    const c = candles.find(k => k.t <= t && t < k.t + span);
    if (c) read.textContent = `${clock(c.t, true)} UTC  open ${digits(c.o)}  high ${digits(c.h)}  low ${digits(c.l)}  close ${digits(c.c)}`;
  }

  for (const name of names) {
    const button = document.createElement("button");
    button.type = "button"; button.textContent = name; button.onclick = () => choose(name);
    document.getElementById("pairs").append(button);
  }
  const acts = { previous: () => pick(chosen < 0 ? -1 : chosen - 1), next: () => pick(chosen + 1), in: () => zoom(0.5), out: () => zoom(2), all: () => show(pair.first, pair.last) };
  for (const button of document.querySelectorAll("button[data-do]")) button.onclick = acts[button.dataset.do];
  for (const row of document.querySelectorAll("tr[data-trade]"))
    row.onclick = () => {
      if (pair.name !== row.dataset.pair) choose(row.dataset.pair);
      pick(Number(row.dataset.trade));
      document.getElementById("candles").scrollIntoView({ block: "start" });
    };
  canvas.onkeydown = event => {
    const shift = (to - from) * 0.2, act = { ArrowLeft: () => show(from - shift, to - shift), ArrowRight: () => show(from + shift, to + shift), "+": acts.in, "-": acts.out, "0": acts.all }[event.key];
    if (act) { event.preventDefault(); act(); }
  };
  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, from + event.offsetX / (canvas.clientWidth - AXIS) * (to - from));
  }, { passive: false });
  const fingers = new Map();
  canvas.onpointerdown = event => { canvas.setPointerCapture(event.pointerId); fingers.set(event.pointerId, event.offsetX); };
  canvas.onpointerup = canvas.onpointercancel = event => { fingers.delete(event.pointerId); };
  canvas.onpointermove = event => {
    const before = fingers.get(event.pointerId);
    if (before === undefined) { hover(event.offsetX); return; }
    const per = (to - from) / (canvas.clientWidth - AXIS), others = [...fingers].filter(([id]) => id !== event.pointerId);
    fingers.set(event.pointerId, event.offsetX);
    if (!others.length) { show(from - (event.offsetX - before) * per, to - (event.offsetX - before) * per); return; }
    const anchor = others[0][1], apart = Math.abs(before - anchor), now = Math.abs(event.offsetX - anchor);
    if (apart > 4 && now > 4) zoom(apart / now, from + anchor * per);
  };
  new ResizeObserver(() => requestAnimationFrame(draw)).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  document.querySelector(".tools").hidden = false;
  choose(names[0]);
})();
