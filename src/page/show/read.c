/*
 * From the store to what is shown
 */
#include "page/show/read.h"

#include <string.h>

#define LATE_SHOWN 2u           /* on the front page: as a reminder, and no more than that */
#define TOLD_UPDATES 20u
#define TOLD_UPDATE_BYTES (64u * 1024)
#define TOLD_BYTES (4u * 1024 * 1024) /* of a list: more than V2_BYTES, so that it is the answer that ends it */
#define TOLD { SIZE_MAX, TOLD_UPDATES, TOLD_UPDATE_BYTES, TOLD_BYTES }
#define OCCASION_UPDATE_BYTES (512u * 1024) /* of a window's own page */

const Depth depth_bare = { .bytes = SIZE_MAX };
const Depth depth_told = TOLD;
const Depth depth_services = { SIZE_MAX, 0, 0, SIZE_MAX };

const Extent extent_front = {
        .running = FRONT_SHOWN,
        .late = LATE_SHOWN,
        .next = FRONT_SHOWN,
        .past = PAST_SHOWN,
        .depth = { FRONT_CARDS, CARD_UPDATES, SIZE_MAX, SIZE_MAX },
        .depth_past = { .bytes = SIZE_MAX },
};
const Extent extent_told = { 100, 10, 50, PAST_SHOWN, TOLD, TOLD };
const Extent extent_bare = { 100, 10, 50, PAST_SHOWN, { .bytes = SIZE_MAX }, { .bytes = SIZE_MAX } };

static void spend(size_t *left, size_t n) {
        *left -= MIN(*left, n);
}

/* The older ones go. */
static void trim_updates(Occasion *o, size_t most) {
        size_t first = o->n_updates, bytes = 0;

        while (first > 0 && (bytes += strlen(o->updates[first - 1].message)) <= most)
                first--;
        first = MIN(first, o->n_updates - 1);
        o->updates += first;
        o->n_updates -= first;
}

static int read_updates(Page *page, Arena *a, const Depth *depth, Occasion *o, size_t *bytes) {
        int r = store_updates(page->store, a, o->m.seq, depth->updates, &o->updates, &o->n_updates);

        o->n_all_updates = o->n_updates;
        if (r >= 0 && o->n_updates == depth->updates)
                r = store_update_count(page->store, o->m.seq, &o->n_all_updates);
        if (r < 0 || o->n_updates == 0)
                return r;
        for (size_t i = 0; i < o->n_updates; i++)
                spend(bytes, strlen(o->updates[i].message));
        trim_updates(o, depth->update_bytes);
        return 0;
}

static int read_details(Page *page, Arena *a, const Depth *depth, Occasion *o, size_t *bytes) {
        int r = store_window_services(page->store, a, o->m.seq, &o->services, &o->n_services);

        if (r < 0)
                return r;
        for (size_t i = 0; i < o->n_services; i++)
                spend(bytes, strlen(o->services[i].name) + strlen(o->services[i].description));
        return depth->updates > 0 ? read_updates(page, a, depth, o, bytes) : 0;
}

static int read_all(Page *page, Arena *a, const Maintenance *rows, size_t n, const Depth *depth, Occasions *ret) {
        Occasion *items = arena_array(a, MAX(n, (size_t) 1), sizeof(*items));
        size_t bytes = depth->bytes, i = 0;
        int r = items ? 0 : -ENOMEM;

        for (; i < n && bytes > 0 && r >= 0; i++) {
                items[i] = (Occasion) { .m = rows[i] };
                r = i < depth->windows ? read_details(page, a, depth, &items[i], &bytes) : 0;
        }
        if (r < 0)
                return r;
        *ret = (Occasions) { items, i };
        return 0;
}

static int read_shelf(Page *page, Arena *a, Shelf shelf, usec_t since, unsigned most, const Depth *depth, Occasions *ret) {
        Maintenance *rows = NULL;
        size_t n = 0;
        int r = store_maintenance_shelf(page->store, a, shelf, since, most, &rows, &n);

        return r < 0 ? r : read_all(page, a, rows, n, depth, ret);
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

/* Those that should have begun go first, but never in the place of the next. @ret_n: of how many that there are. */
static int read_upcoming(Page *page, Arena *a, usec_t now, const Extent *extent, Occasions *ret, size_t *ret_n) {
        Maintenance *late = NULL, *next = NULL, *all;
        size_t n_late = 0, n_next = 0;
        int r = store_maintenance_shelf(page->store, a, SHELF_LATE, now, extent->late, &late, &n_late);

        if (r >= 0)
                r = store_maintenance_shelf(page->store, a, SHELF_NEXT, now, extent->next, &next, &n_next);
        *ret_n = n_late + n_next;
        if (r >= 0 && (n_late == extent->late || n_next == extent->next)) /* or none was left out */
                r = store_maintenance_upcoming(page->store, now, ret_n);
        if (r < 0)
                return r;
        all = arena_array(a, n_late + n_next + 1, sizeof(*all));
        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < n_late; i++)
                all[i] = late[n_late - 1 - i];
        for (size_t i = 0; i < n_next; i++)
                all[n_late + i] = next[i];
        return read_all(page, a, all, n_late + n_next, &extent->depth, ret);
}

int read_front(Page *page, Arena *a, usec_t now, const Extent *extent, Front *ret) {
        Front front = { .days = page->days };
        Service *services = NULL;
        int r = store_service_list(page->store, a, &services, &front.n_services);

        front.services = services;
        if (r >= 0)
                r = read_days(page, now);
        if (r >= 0)
                r = read_shelf(page, a, SHELF_RUNNING, 0, extent->running, &extent->depth, &front.running);
        if (r >= 0)
                r = store_maintenance_running(page->store, &front.n_running, &front.last_end);
        if (r >= 0)
                r = read_upcoming(page, a, now, extent, &front.upcoming, &front.n_upcoming);
        if (r >= 0)
                r = read_shelf(page, a, SHELF_PAST, usec_sub(now, PAST_AGE), extent->past, &extent->depth_past, &front.past);
        if (r < 0)
                return r;
        *ret = front;
        return 0;
}

/* @found: what looking for o->m has brought. */
static int occasion_read(Page *page, Arena *a, Occasion *o, int found, const Depth *depth, Occasion *ret) {
        size_t bytes = depth->bytes;
        int r = found < 0 ? found : read_details(page, a, depth, o, &bytes);

        if (r < 0)
                return r;
        *ret = *o;
        return 0;
}

int read_occasion(Page *page, Arena *a, const char *id, Occasion *ret) {
        static const Depth depth = { 1, PAGE_UPDATES_MAX, OCCASION_UPDATE_BYTES, SIZE_MAX };
        Occasion o = { 0 };

        return occasion_read(page, a, &o, store_maintenance_by_id(page->store, a, id, &o.m), &depth, ret);
}

int read_occasion_by_seq(Page *page, Arena *a, int64_t seq, const Depth *depth, Occasion *ret) {
        Occasion o = { 0 };

        return occasion_read(page, a, &o, store_maintenance_by_seq(page->store, a, seq, &o.m), depth, ret);
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
                r = read_all(page, a, rows, MIN(n, (size_t) LIST_PART), &depth_bare, &ret->over);
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
        return r < 0 ? r : read_all(page, a, rows, MIN(n, (size_t) LIST_PART), &depth_bare, &ret->list);
}

int read_calendar(Page *page, Arena *a, usec_t since, unsigned most, Occasions *ret) {
        Occasions lists[3] = { 0 }, all = { 0 };
        int r = read_shelf(page, a, SHELF_RUNNING, 0, most, &depth_services, &lists[0]);

        if (r >= 0)
                r = read_shelf(page, a, SHELF_UPCOMING, since, most, &depth_services, &lists[1]);
        if (r >= 0)
                r = read_shelf(page, a, SHELF_PAST, since, most, &depth_services, &lists[2]);
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
        Depth depth = { SIZE_MAX, updates, SIZE_MAX, SIZE_MAX };
        Maintenance *rows = NULL;
        size_t n = 0;
        int r = store_maintenance_changed(page->store, a, most, &rows, &n);

        return r < 0 ? r : read_all(page, a, rows, n, &depth, ret);
}
