/*
 * Engine: what is asked of a target, and when
 *
 * Reads need no intent and may be repeated. A target is asked for itself, its services and its objects, one after the other and in
 * pages; single objects beside that. While it cannot be reached, a listing is the probe.
 */
#include "base/limits.h"
#include "reconcile/engine-internal.h"

#define READS_IN_FLIGHT_MAX (IN_FLIGHT_MAX / 2) /* the rest is for transitions */

/* 1: sent; 0: there is no such query here. */
static int send_query(Engine *e, Now now, Remote *r, Query q, Item *i, Part *p, const char *remote_id) {
        Flight *f = flight_new(e, now, r, i, p ? p->part : NULL);
        int s;

        if (!f)
                return -ENOMEM;
        f->is_query = true;
        f->query = q;
        f->listing = r->listing.number;
        s = r->target->driver->query_request(r->target, q, remote_id, q == QUERY_OBJECT ? NULL : r->listing.cursor, f->arena, &f->request);
        if (s >= 0)
                s = flight_send(e, f);
        if (s < 0) {
                flight_free(e, f);
                return s == -ENOTSUP ? 0 : s;
        }
        bucket_take(&r->reads, now.boot);
        return 1;
}

static void begin(Remote *r, Now now, bool list) {
        (void) set_text(&r->listing.cursor, NULL);
        r->listing.pages = 0;
        r->listing.running = true;
        r->listing.query = list ? QUERY_LIST : QUERY_CATALOGUE;
        r->listing.began = now;
        r->listing.meets = list ? r->list.asked : r->reread.asked;
        if (list) {
                r->listing.number = ++r->listing_serial;
                r->strays = 0;
                unowned_free(r->unowned_next, r->n_unowned_next);
                r->unowned_next = NULL;
                r->n_unowned_next = r->allocated_unowned = 0;
        } else {
                r->n_catalogue = r->allocated_catalogue = 0;
                free(r->catalogue);
                r->catalogue = NULL;
                r->catalogue_arena = arena_free(r->catalogue_arena);
                r->catalogue_arena = arena_new();
        }
}

static bool flight_of_kind(const Engine *e, const Remote *r) {
        for (Flight *f = e->flights; f; f = f->hh.next)
                if (f->remote == r && f->is_query && !f->item)
                        return true;
        return false;
}

/* What the target as a whole is to be asked next; false: nothing now, *wake says when. */
static bool next_query(Engine *e, Now now, Remote *r, Query *ret, usec_t *wake) {
        usec_t resync = r->listed_boot ? usec_add(r->listed_boot, e->config.resync) : 0;

        if (r->phase == PHASE_PROBE || (r->probe_wanted && !r->listing.running)) {
                *ret = QUERY_PROBE;
                return true;
        }
        if (r->can.family != FAMILY_WINDOW)
                return false;
        if (r->listing.running) { /* its next page */
                *ret = r->listing.query;
                return true;
        }
        if (r->phase == PHASE_CATALOGUE || wished(&r->reread)) {
                *ret = QUERY_CATALOGUE;
                return true;
        }
        if (r->phase == PHASE_LIST || wished(&r->list) || now.boot >= resync) {
                *ret = QUERY_LIST;
                return true;
        }
        *wake = MIN(*wake, resync);
        return false;
}

static int ask_target(Engine *e, Now now, Remote *r, usec_t *wake) {
        Query q;
        int s = 0;

        /* A target may lack a query; then the next one is asked in the same turn. */
        while (s == 0 && next_query(e, now, r, &q, wake)) {
                if (q == QUERY_CATALOGUE && !r->listing.running) {
                        begin(r, now, false);
                } else if (q == QUERY_LIST && !r->listing.running) {
                        if (r->since_catalogue >= CATALOGUE_EVERY) {
                                wish(&r->reread);
                                r->probe_wanted = true;
                                r->since_catalogue = 0;
                                continue;
                        }
                        begin(r, now, true);
                }
                s = send_query(e, now, r, q, NULL, NULL, NULL);
                if (s == 0) {
                        r->listing.running = false;
                        if (q == QUERY_PROBE) {
                                r->phase = r->phase == PHASE_PROBE ? PHASE_CATALOGUE : r->phase;
                                r->probe_wanted = false;
                        }
                        if (q == QUERY_CATALOGUE)
                                s = catalogue_complete(e, now, r);
                        if (q == QUERY_LIST)
                                return 0;
                }
        }
        return s < 0 ? s : 0;
}

static int ask_objects(Engine *e, Now now, Remote *r, usec_t *wake) {
        for (Item *i; (i = heap_first(&r->looks)) && r->in_flight < READS_IN_FLIGHT_MAX;) {
                usec_t when;

                if (!bucket_ready(&r->reads, false, now.boot, &when)) {
                        *wake = MIN(*wake, when);
                        return 0;
                }
                heap_remove(&r->looks, i);
                for (unsigned n = 0; n < i->n_parts; n++) {
                        Part *p = &i->parts[n];
                        const char *id = p->record && *p->record->remote_id ? p->record->remote_id : p->seen.remote_id;
                        int s;

                        if (!p->look_wanted || p->reading || p->look_at > now.boot)
                                continue; /* one that waits is planned, and wanted, again when its pause is over */
                        p->look_wanted = false;
                        if (!*id)
                                continue;
                        s = send_query(e, now, r, QUERY_OBJECT, i, p, id);
                        if (s < 0)
                                return s;
                }
        }
        return 0;
}

int look_dispatch(Engine *e, Now now, Remote *r, usec_t *wake) {
        usec_t when, until = MAX(r->retry_at, r->denied ? r->denied_until : 0);
        bool asking;
        int s = 0;

        if (now.boot < until) {
                *wake = MIN(*wake, until);
                return 0;
        }
        if (e->stopping)
                return 0;
        asking = flight_of_kind(e, r);
        if (!asking && (r->unreachable || r->denied))
                wish(&r->list); /* the probe of a target that failed is a listing */
        if (!asking) {
                if (!bucket_ready(&r->reads, false, now.boot, &when))
                        *wake = MIN(*wake, when);
                else
                        s = ask_target(e, now, r, wake);
        }
        return s < 0 || r->unreachable || r->denied ? s : ask_objects(e, now, r, wake);
}
