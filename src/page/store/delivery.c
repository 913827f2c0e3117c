/*
 * The page's memory of what subscribers are still owed
 *
 * A subscriber with `due` set is owed something: the oldest row of `delivery` that is its. `due` is NULL when there is none.
 */
#include "page/store/private.h"
#include "page/store/subscriber.h"

/* A row of the outbox, owed to all whom @m concerns but those who are owed @except. */
static int event_add(Store *s, EventKind kind, const Maintenance *m, const char *text, const char *message, int64_t except, usec_t now, int64_t *ret) {
        int r = store_run(s, SQL_OUTBOX_ADD, "titttu", event_to_string(kind), m->seq, m->id, text, message, now);

        if (r < 0)
                return r;
        *ret = store_last_row(s);
        r = store_run(s, SQL_DELIVERIES_ADD, "iii", m->seq, *ret, except);
        return r < 0 ? r : 0;
}

static int event_due(Store *s, int64_t event, usec_t now) {
        int r = store_run(s, SQL_DELIVERIES_DUE, "ui", now, event);

        if (r > 0)
                store_owes(s);
        return r < 0 ? r : 0;
}

int store_outbox_add(Store *s, EventKind kind, const Maintenance *m, const char *text, const char *message, usec_t now) {
        int64_t event = 0;
        int r = event_add(s, kind, m, text, message, 0, now, &event);

        return r < 0 ? r : event_due(s, event, now);
}

/* As event_due(); one that nobody is owed is taken back. */
static int event_due_if_owed(Store *s, int64_t event, usec_t now) {
        int r = store_run(s, SQL_OUTBOX_DROP, "i", event);

        return r < 0 ? r : event_due(s, event, now);
}

int store_window_services_swap(Store *s, const Maintenance *m, const int64_t *services, size_t n, const char *left, EventKind kind, const char *come, usec_t now) {
        int64_t parting = 0, arrival = 0;
        int r = event_add(s, EVENT_UPDATE, m, left, NULL, 0, now, &parting);    /* to all whom it has concerned so far … */

        if (r >= 0)
                r = store_window_services_set(s, m->seq, services, n);
        if (r >= 0 && come)
                r = event_add(s, kind, m, come, NULL, parting, now, &arrival);
        if (r >= 0)
                r = store_run(s, SQL_DELIVERIES_STAY, "ii", m->seq, parting);   /* … but those whom it still does */
        if (r >= 0)
                r = event_due_if_owed(s, parting, now);
        return r >= 0 && come ? event_due_if_owed(s, arrival, now) : r;
}

static int delivery_row(Row *row, void *data) {
        Delivery *ret = data;
        int r;

        *ret = (Delivery) { 0 };
        r = subscriber_row(row, &ret->to);
        if (r < 0)
                return r;
        ret->failures = (unsigned) row_int(row);
        ret->event = row_int(row);
        ret->kind = row_text(row);
        ret->maintenance = row_int(row);
        ret->text = row_text(row);
        ret->message = row_text(row);
        ret->created_at = (usec_t) row_int(row);
        return row->failed ? -ENOMEM : 0;
}

int store_delivery_due(Store *s, Arena *a, SubscriberKind kind, usec_t now, unsigned limit, Delivery **ret, size_t *ret_n) {
        return store_many(s, a, delivery_row, sizeof(**ret), (void **) ret, ret_n, SQL_DELIVERY_DUE, "iui", (int64_t) kind, now, (int64_t) limit);
}

int store_delivery_done(Store *s, int64_t subscriber, int64_t event, usec_t now) {
        int r = store_run(s, SQL_DELIVERY_DONE, "ii", subscriber, event), done = r;

        if (r >= 0)
                r = store_run(s, SQL_DELIVERY_NEXT, "iu", subscriber, now);
        return r < 0 ? r : done > 0 ? 0 : -ENOENT;
}

int store_delivery_later(Store *s, int64_t subscriber, usec_t due, unsigned failures, const char *why) {
        int r = store_run(s, SQL_DELIVERY_LATER, "iuit", subscriber, due, (int64_t) failures, why);

        return r < 0 ? r : 0;
}

int store_delivery_wake(Store *s, usec_t now, usec_t *ret) {
        return store_instant(s, ret, SQL_DELIVERY_WAKE, "u", now);
}

int store_outbox_prune(Store *s, usec_t before, unsigned limit) {
        return store_run(s, SQL_OUTBOX_PRUNE, "ui", before, (int64_t) limit);
}

static int owed_row(Row *row, void *data) {
        Owed *ret = data;
        int r;

        *ret = (Owed) { 0 };
        r = subscriber_row(row, &ret->to);
        if (r < 0)
                return r;
        ret->failures = (unsigned) row_int(row);
        ret->due = (usec_t) row_int(row);
        ret->trouble = row_text(row);
        ret->messages = (size_t) row_int(row);
        ret->text = row_text(row);
        ret->since = (usec_t) row_int(row);
        return row->failed ? -ENOMEM : 0;
}

int store_owed_list(Store *s, Arena *a, unsigned limit, unsigned skip, Owed **ret, size_t *ret_n) {
        return store_many(s, a, owed_row, sizeof(**ret), (void **) ret, ret_n, SQL_OWED, "ii", (int64_t) limit, (int64_t) skip);
}

int store_delivery_now(Store *s, int64_t subscriber, usec_t now) {
        int r = store_run(s, SQL_DELIVERY_NOW, "iu", subscriber, now);

        if (r > 0)
                store_owes(s);
        return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

int store_delivery_drop(Store *s, int64_t subscriber) {
        int r = store_run(s, SQL_DELIVERY_DROP, "i", subscriber), dropped = r;

        if (r >= 0)
                r = store_run(s, SQL_DELIVERY_NEXT, "iu", subscriber, (usec_t) 0);
        return r < 0 ? r : dropped > 0 ? 0 : -ENOENT;
}
