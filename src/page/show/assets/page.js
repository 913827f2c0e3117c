/*
 * What the public page gains where scripts run: the reader's own time, how long it still takes, and news without a reload
 *
 * The page is complete without this. Nothing is taken from elsewhere: own origin, own words, and times that the page holds already.
 */
(() => {
  'use strict';
  const MINUTE = 60e3, EVERY = 30e3, EVERY_MOST = 10 * MINUTE;
  const language = document.documentElement.lang;
  const same = { weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' };
  const own = new Intl.DateTimeFormat(language, same);
  const zoned = new Intl.DateTimeFormat(language, { timeZoneName: 'short' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'always' });

  const instants = (element) => [...element.querySelectorAll('time')].map((time) => new Date(time.dateTime));
  /* Where both clocks show the same, nothing is said twice. A browser that does not know the page's zone cannot compare. */
  let paged = null;
  try {
    paged = new Intl.DateTimeFormat(language, { ...same, timeZone: document.querySelector('main').dataset.zone });
  } catch { /* said in the reader's time then */ }
  const differs = (date) => !paged || paged.format(date) !== own.format(date);
  const zone = (date) => zoned.formatToParts(date).find((p) => p.type === 'timeZoneName').value;
  const put = (element, name, text) => {
    let span = element.querySelector(`:scope > .${name}`);
    if (!text) {
      if (span) span.remove();
      return;
    }
    if (!span) {
      span = document.createElement('span');
      span.className = name;
      const before = name === 'relative' && element.querySelector(':scope > .yours');
      element.insertBefore(span, before || null);
      element.insertBefore(document.createTextNode(' '), span);
    }
    if (span.textContent !== text) span.textContent = text;
  };

  const yours = (main) => {
    for (const element of main.querySelectorAll('.when, [data-until], [data-moment]')) {
      const [from, to] = instants(element);
      if (!from || !differs(from)) continue;
      const text = !to ? own.format(from) : zone(from) === zone(to) ? own.formatRange(from, to) : `${own.format(from)} ${zone(from)} – ${own.format(to)}`;
      put(element, 'yours', `${main.dataset.yourTime} ${text} ${zone(to || from)}`);
    }
  };

  const away = (date, now) => {
    const left = date - now, size = Math.abs(left);
    if (size >= 7 * 24 * 60 * MINUTE) return '';
    if (size >= 36 * 60 * MINUTE) return relative.format(Math.round(left / (24 * 60 * MINUTE)), 'day');
    if (size >= 100 * MINUTE) return relative.format(Math.round(left / (60 * MINUTE)), 'hour');
    return relative.format(Math.round(left / MINUTE) || (left < 0 ? -0 : 1), 'minute');
  };

  const tick = (main) => {
    const now = Date.now();
    for (const element of main.querySelectorAll('[data-until]')) {
      const [date] = instants(element);
      put(element, 'relative', date > now ? away(date, now) : '');
    }
    for (const element of main.querySelectorAll('.when[data-to-come]')) {
      const [date] = instants(element);
      put(element, 'relative', date > now ? away(date, now) : '');
    }
    for (const element of main.querySelectorAll('.when[data-running]')) {
      const [from, to] = instants(element);
      put(element, 'relative', to > now ? away(to, now) : '');
      let bar = element.parentElement.querySelector(':scope > progress');
      if (!bar) {
        bar = document.createElement('progress');
        bar.setAttribute('aria-hidden', 'true');
        bar.max = 1;
        element.after(bar);
      }
      bar.value = Math.min(1, Math.max(0.01, (now - from) / (to - from)));
    }
  };

  const show = () => {
    const main = document.querySelector('main');
    tick(main);
    yours(main);
  };

  /* What the server wrote, without what was added here: to be compared, and to replace only what is no longer true. */
  let written = document.querySelector('main').innerHTML;
  const announce = document.createElement('p');
  announce.className = 'comma';
  announce.setAttribute('role', 'status');
  document.body.append(announce);

  const renew = (html) => {
    const next = new DOMParser().parseFromString(html, 'text/html'), main = next.querySelector('main');
    if (!main || main.innerHTML === written) return;
    written = main.innerHTML;
    const focused = document.activeElement && document.activeElement.closest('main a');
    const before = document.querySelector('h1').textContent;
    document.title = next.title;
    const icon = next.querySelector('link[rel=icon]');
    if (icon) document.querySelector('link[rel=icon]').href = icon.getAttribute('href');
    document.querySelector('main').replaceChildren(...document.importNode(main, true).childNodes);
    show();
    const again = focused && document.querySelector(`main a[href="${CSS.escape(focused.getAttribute('href'))}"]`);
    if (again) again.focus({ preventScroll: true });
    const after = document.querySelector('h1').textContent;
    if (after !== before) announce.textContent = after;
  };

  let wait = EVERY, timer = 0;
  const look = async () => {
    clearTimeout(timer);
    try {
      const answer = await fetch(location.pathname, { cache: 'no-cache', signal: AbortSignal.timeout(20e3) });
      if (answer.ok) renew(await answer.text());
      wait = answer.ok ? EVERY : Math.min(wait * 2, EVERY_MOST);
    } catch {
      wait = Math.min(wait * 2, EVERY_MOST);
    }
    plan();
  };
  /* Spread, so that thousands of readers do not come at once; not at all while nobody looks. */
  const plan = () => {
    clearTimeout(timer);
    if (document.visibilityState === 'visible') timer = setTimeout(look, wait * (0.75 + Math.random() / 2));
  };

  const visit = performance.getEntriesByType('navigation')[0];

  show();
  if (visit && visit.transferSize === 0) look(); /* out of a cache, so it may be a little old */
  else plan();
  setInterval(() => tick(document.querySelector('main')), 10e3);
  document.addEventListener('visibilitychange', () => (document.visibilityState === 'visible' ? look() : clearTimeout(timer)));
})();
