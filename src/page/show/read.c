/*
 * From the store to what is shown
 */
#include "page/show/read.h"

#include <string.h>

static int read_updates(Page *page, Arena *a, unsigned most, Occasion *o) {
        int r = store_updates(page->store, a, o->m.seq, most, &o->updates, &o->n_updates);

        o->n_all_updates = o->n_updates;
        return r >= 0 && o->n_updates == most ? store_update_count(page->store, o->m.seq, &o->n_all_updates) : r;
}

static int read_details(Page *page, Arena *a, unsigned updates, Occasion *o) {
        int r = store_window_services(page->store, a, o->m.seq, &o->services, &o->n_services);

        return r >= 0 && updates > 0 ? read_updates(page, a, updates, o) : r;
}

static int read_all(Page *page, Arena *a, const Maintenance *rows, size_t n, unsigned updates, Occasions *ret) {
        Occasion *items = arena_array(a, MAX(n, (size_t) 1), sizeof(*items));
        int r = items ? 0 : -ENOMEM;

        for (size_t i = 0; i < n && r >= 0; i++) {
                items[i] = (Occasion) { .m = rows[i] };
                r = read_details(page, a, updates, &items[i]);
        }
        if (r < 0)
                return r;
        *ret = (Occasions) { items, n };
        return 0;
}

static int read_shelf(Page *page, Arena *a, Shelf shelf, usec_t since, unsigned most, unsigned updates, Occasions *ret) {
        Maintenance *rows = NULL;
        size_t n = 0;
        int r = store_maintenance_shelf(page->store, a, shelf, since, most, &rows, &n);

        return r < 0 ? r : read_all(page, a, rows, n, updates, ret);
}

typedef struct Telling {
        Page *page;
        int failed;
} Telling;

static void on_state(const StateRow *row, void *userdata) {
        Telling *t = userdata;
        int r = days_note(t->page->days, row->service, row->at, row->state);

        t->page->days_seq = MAX(t->page->days_seq, row->seq);
        if (r < 0)
                t->failed = r;
}

/* What has changed since the last look; all of it on a new day, or where the last look failed. */
static int read_days(Page *page, usec_t now) {
        Telling t = { page, 0 };
        int r;

        if (days_begin(page->days, page->site->voice.zone, now))
                page->days_seq = 0;
        r = store_states_walk(page->store, page->days_seq, days_first(page->days), on_state, &t);
        r = r < 0 ? r : t.failed;
        if (r < 0)
                days_forget(page->days);
        return r;
}

/* Those that should have begun go first, but never in the place of the next. */
static int read_upcoming(Page *page, Arena *a, usec_t now, unsigned updates, Occasions *ret) {
        Maintenance *late = NULL, *next = NULL, *all;
        size_t n_late = 0, n_next = 0;
        int r = store_maintenance_shelf(page->store, a, SHELF_LATE, now, LATE_SHOWN, &late, &n_late);

        if (r >= 0)
                r = store_maintenance_shelf(page->store, a, SHELF_NEXT, now, UPCOMING_SHOWN, &next, &n_next);
        if (r < 0)
                return r;
        all = arena_array(a, n_late + n_next + 1, sizeof(*all));
        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < n_late; i++)
                all[i] = late[n_late - 1 - i];
        for (size_t i = 0; i < n_next; i++)
                all[n_late + i] = next[i];
        return read_all(page, a, all, n_late + n_next, updates, ret);
}

int read_front(Page *page, Arena *a, usec_t now, unsigned updates, Front *ret) {
        Front front = { .days = page->days };
        Service *services = NULL;
        int r = store_service_list(page->store, a, &services, &front.n_services);

        front.services = services;
        if (r >= 0)
                r = read_days(page, now);
        if (r >= 0)
                r = read_shelf(page, a, SHELF_RUNNING, 0, RUNNING_SHOWN, updates, &front.running);
        if (r >= 0)
                r = store_maintenance_running(page->store, &front.n_running, &front.last_end);
        if (r >= 0)
                r = read_upcoming(page, a, now, updates, &front.upcoming);
        front.n_upcoming = front.upcoming.n;
        if (r >= 0 && front.upcoming.n >= LATE_SHOWN) /* or none was left out */
                r = store_maintenance_upcoming(page->store, now, &front.n_upcoming);
        if (r >= 0)
                r = read_shelf(page, a, SHELF_PAST, usec_sub(now, PAST_AGE), PAST_SHOWN, updates, &front.past);
        if (r < 0)
                return r;
        *ret = front;
        return 0;
}

/* @found: what looking for o->m has brought. */
static int occasion_read(Page *page, Arena *a, Occasion *o, int found, unsigned updates, Occasion *ret) {
        int r = found < 0 ? found : read_details(page, a, updates, o);

        if (r < 0)
                return r;
        *ret = *o;
        return 0;
}

int read_occasion(Page *page, Arena *a, const char *id, Occasion *ret) {
        Occasion o = { 0 };

        return occasion_read(page, a, &o, store_maintenance_by_id(page->store, a, id, &o.m), PAGE_UPDATES_MAX, ret);
}

int read_occasion_by_seq(Page *page, Arena *a, int64_t seq, unsigned updates, Occasion *ret) {
        Occasion o = { 0 };

        return occasion_read(page, a, &o, store_maintenance_by_seq(page->store, a, seq, &o.m), updates, ret);
}

static void month_of(const Zone *zone, usec_t t, int *ret_year, unsigned *ret_month) {
        Local at;

        if (t == 0)
                return;
        zone_local(zone, t, &at, NULL, NULL);
        *ret_year = at.year;
        *ret_month = at.month;
}

int read_month(Page *page, Arena *a, Month *ret) {
        const Zone *zone = page->site->voice.zone;
        Local first = { .year = ret->year, .month = ret->month, .day = 1 };
        Local next = { .year = ret->year + (ret->month == 12), .month = ret->month % 12 + 1, .day = 1 };
        usec_t from = zone_utc(zone, &first, NULL), to = zone_utc(zone, &next, NULL), before = 0, after = 0;
        Maintenance *rows = NULL;
        size_t n = 0;
        int r = store_maintenance_between(page->store, a, from, to, LIST_PART + 1, (ret->part - 1) * LIST_PART, &rows, &n);

        if (r >= 0)
                r = store_maintenance_around(page->store, from, to, &before, &after);
        if (r >= 0)
                r = read_all(page, a, rows, MIN(n, (size_t) LIST_PART), 0, &ret->over);
        if (r < 0)
                return r;
        ret->more = n > LIST_PART;
        month_of(zone, before, &ret->before_year, &ret->before_month);
        month_of(zone, after, &ret->after_year, &ret->after_month);
        return 0;
}

int read_open(Page *page, Arena *a, usec_t now, Open *ret) {
        Maintenance *rows = NULL;
        size_t n = 0;
        int r = store_maintenance_open(page->store, a, now, LIST_PART + 1, (ret->part - 1) * LIST_PART, &rows, &n);

        ret->more = n > LIST_PART;
        return r < 0 ? r : read_all(page, a, rows, MIN(n, (size_t) LIST_PART), 0, &ret->list);
}

int read_calendar(Page *page, Arena *a, usec_t since, unsigned most, Occasions *ret) {
        Occasions lists[3] = { 0 }, all = { 0 };
        int r = read_shelf(page, a, SHELF_RUNNING, 0, most, 0, &lists[0]);

        if (r >= 0)
                r = read_shelf(page, a, SHELF_UPCOMING, since, most, 0, &lists[1]);
        if (r >= 0)
                r = read_shelf(page, a, SHELF_PAST, since, most, 0, &lists[2]);
        if (r < 0)
                return r;
        all.items = arena_array(a, lists[0].n + lists[1].n + lists[2].n + 1, sizeof(*all.items));
        if (!all.items)
                return -ENOMEM;
        for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
                for (size_t k = 0; k < lists[i].n; k++)
                        all.items[all.n++] = lists[i].items[k];
        *ret = all;
        return 0;
}

int read_changed(Page *page, Arena *a, unsigned most, unsigned updates, Occasions *ret) {
        Maintenance *rows = NULL;
        size_t n = 0;
        int r = store_maintenance_changed(page->store, a, most, &rows, &n);

        return r < 0 ? r : read_all(page, a, rows, n, updates, ret);
}
