/*
 * The page's memory of uptime monitors: what they are, what they showed last, and how many checks went how
 */
#include "page/store/monitor.h"

#include "page/store/private.h"

static const struct {
        usec_t length, kept;
} spans[] = { [TALLY_HOURS] = { USEC_PER_HOUR, 7 * USEC_PER_DAY }, [TALLY_DAYS] = { USEC_PER_DAY, 100 * USEC_PER_DAY } };

static int monitor_row(Row *row, void *data) {
        Monitor *ret = data;

        *ret = (Monitor) { .seq = row_int(row) };
        ret->id = row_text(row);
        ret->name = row_text(row);
        ret->url = row_text(row);
        ret->interval = (usec_t) row_int(row);
        ret->timeout = (usec_t) row_int(row);
        ret->expected = (unsigned) row_int(row);
        ret->service = row_int(row);
        ret->service_id = row_text(row);
        ret->enabled = row_int(row) != 0;
        ret->held = row_int(row) != 0;
        ret->state = (MonitorState) row_int(row);
        ret->last = (MonitorState) row_int(row);
        ret->checked_at = (usec_t) row_int(row);
        ret->latency = (usec_t) row_int(row);
        ret->problem = row_text(row);
        ret->created_at = (usec_t) row_int(row);
        ret->updated_at = (usec_t) row_int(row);
        if (row->failed)
                return -ENOMEM;
        return ret->state < MONITOR_STATES && ret->last < MONITOR_STATES && ret->interval >= USEC_PER_SEC && ret->interval <= PAGE_MONITOR_INTERVAL_MAX ? 0 : -EUCLEAN;
}

int store_monitor_by_id(Store *s, Arena *a, const char *id, Monitor *ret) {
        return store_one(s, a, monitor_row, ret, SQL_MONITOR_BY_ID, "t", id);
}

int store_monitor_by_name(Store *s, Arena *a, const char *name, Monitor *ret) {
        return store_one(s, a, monitor_row, ret, SQL_MONITOR_BY_NAME, "t", name);
}

int store_monitor_list(Store *s, Arena *a, int64_t after, unsigned limit, Monitor **ret, size_t *ret_n) {
        return store_many(s, a, monitor_row, sizeof(**ret), (void **) ret, ret_n, SQL_MONITOR_LIST, "ii", after, (int64_t) limit);
}

int store_monitor_count(Store *s, size_t *ret) {
        return store_count(s, ret, SQL_MONITOR_COUNT, "");
}

int store_monitor_insert(Store *s, Arena *a, Monitor *m) {
        char id[ID_SIZE];
        int r = store_new_id("mon", m->created_at, id, m->created_at);

        if (r >= 0)
                r = store_run(s, SQL_MONITOR_INSERT, "tttuuiiiuu", id, m->name, m->url, m->interval, m->timeout, (int64_t) m->expected, m->service, (int64_t) m->enabled,
                              m->created_at, m->updated_at);
        if (r < 0)
                return r;
        store_monitors_stir(s);
        return store_monitor_by_id(s, a, id, m);
}

int store_monitor_update(Store *s, const Monitor *m) {
        int r = store_run(s, SQL_MONITOR_UPDATE, "ittuuiiiiiuutu", m->seq, m->name, m->url, m->interval, m->timeout, (int64_t) m->expected, m->service,
                          (int64_t) m->enabled, (int64_t) m->state, (int64_t) m->last, m->checked_at, m->latency, m->problem, m->updated_at);

        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        store_monitors_stir(s);
        return store_states_record(s, m->updated_at);
}

int store_monitor_delete(Store *s, int64_t seq, usec_t now) {
        int r = store_run(s, SQL_MONITOR_DELETE, "i", seq);

        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        store_monitors_stir(s);
        return store_states_record(s, now);
}

int store_monitor_seen(Store *s, const Monitor *m, const Tally *t) {
        int r = store_run(s, SQL_MONITOR_SEEN, "iiiuut", m->seq, (int64_t) m->state, (int64_t) m->last, m->checked_at, m->latency, m->problem);

        for (size_t i = 0; i < ARRAY_SIZE(spans) && r > 0 && !tally_empty(t); i++)
                r = store_run(s, SQL_TALLY_ADD, "iiuiiiiuuu", m->seq, (int64_t) i, m->checked_at - m->checked_at % spans[i].length, (int64_t) t->up, (int64_t) t->degraded,
                              (int64_t) t->down, (int64_t) t->answers, t->sum, t->least, t->most);
        return r < 0 ? r : 0;   /* 0: it has been deleted meanwhile */
}

int store_tallies_prune(Store *s, usec_t now) {
        int r = 0;

        for (size_t i = 0; i < ARRAY_SIZE(spans) && r >= 0; i++)
                r = store_run(s, SQL_TALLIES_PRUNE, "iu", (int64_t) i, usec_sub(now, spans[i].kept));
        return r < 0 ? r : 0;
}

static int tally_row(Row *row, void *data) {
        TallyRow *ret = data;
        Tally *t = &ret->tally;

        *ret = (TallyRow) { .at = (usec_t) row_int(row) };
        t->up = (unsigned) row_int(row);
        t->degraded = (unsigned) row_int(row);
        t->down = (unsigned) row_int(row);
        t->answers = (unsigned) row_int(row);
        t->sum = (usec_t) row_int(row);
        t->least = (usec_t) row_int(row);
        t->most = (usec_t) row_int(row);
        return 0;
}

int store_tallies(Store *s, Arena *a, int64_t monitor, TallySpan span, TallyRow **ret, size_t *ret_n) {
        return store_many(s, a, tally_row, sizeof(**ret), (void **) ret, ret_n, SQL_TALLIES, "ii", monitor, (int64_t) span);
}
