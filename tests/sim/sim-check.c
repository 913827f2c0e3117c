/*
 * Sim: what must hold
 *
 * The oracle is a second, much simpler opinion: from what the files say and the time, without a ledger, a plan or a driver.
 */
#include <string.h>

#include "base/text.h"
#include "sim.h"

#define ANNOUNCE (2 * USEC_PER_DAY)
#define SILENCES 2u             /* one for each service */

/* ── always ── */

static Man *man_of(Sim *s, const char *marker) {
        const char *name = text_starts(marker, "maintd:maintd:") ? strchr(marker + strlen("maintd:"), ':') : NULL;

        for (size_t n = 0; name && n < MEN_MAX; n++) {
                size_t len = strlen(s->men[n].id);

                if (len && strncmp(name + 1, s->men[n].id, len) == 0 && (name[1 + len] == '#' || name[1 + len] == '@'))
                        return &s->men[n];
        }
        return NULL;
}

static unsigned told(const RemoteModel *m, const Mail *mail, size_t until) {
        unsigned n = 0;

        for (size_t k = 0; k <= until; k++)
                n += strcmp(m->mails[k].event, mail->event) == 0 && strcmp(m->mails[k].object, mail->object) == 0;
        return n;
}

/* Rule 6: by the clock at which the request left. */
static void check_time(Sim *s, const Mail *mail, const json_t *o, const Man *man) {
        bool start = strcmp(mail->event, "in_progress") == 0;
        usec_t due = remote_model_time(o, start ? "scheduled_start" : "scheduled_end"), when = MAX(mail->at, mail->sent);
        bool calm = s->calm_since && s->w->boot > s->calm_since + 20 * USEC_PER_MINUTE && mail->at > s->w->real - (s->w->boot - s->calm_since) + 20 * USEC_PER_MINUTE;

        if (when + USEC_PER_MSEC < due && !(start ? man->early : man->early_end))
                sim_fails(s, start ? "started before its time" : "completed before its end", mail->marker);
        if (calm && when > due + 2 * USEC_PER_SEC && !man->loose && !s->script->slow)
                sim_fails(s, "late, and nothing was in the way", mail->marker);
}

/* Rule 8: what subscribers of the page have heard since the last look. */
static void check_mails(Sim *s) {
        RemoteModel *m = s->w->models[0];

        for (; s->mails_checked < m->n_mails && !s->failure; s->mails_checked++) {
                const Mail *mail = &m->mails[s->mails_checked];
                json_t *o = json_object_get(m->objects, mail->object);
                Man *man = man_of(s, mail->marker);
                unsigned n = told(m, mail, s->mails_checked);
                bool change = strcmp(mail->event, "rescheduled") == 0 || strcmp(mail->event, "updated") == 0;

                if (strstr(mail->marker, ":" NEWCOMER "#"))
                        continue;
                if (!man)
                        {
                        auto_(free) char *detail = textf("%s %s (%s)", mail->object, mail->event, mail->marker);

                        sim_fails(s, "a message about what is not ours", detail);
                }
                else if (strcmp(mail->event, "update") == 0) {
                        if (o && n > json_array_size(json_object_get(o, "updates")))
                                sim_fails(s, "told twice", "an update");
                } else if (change ? n > man->moves : n > 1 && strcmp(mail->event, "reminder") != 0)
                        sim_fails(s, change ? "more told than was moved" : "told twice", mail->marker);
                else if (strcmp(mail->event, "cancelled") == 0 && man->cancels == 0)
                        sim_fails(s, "cancelled, and nobody wanted that", mail->marker);
                else if (o && (strcmp(mail->event, "in_progress") == 0 || strcmp(mail->event, "completed") == 0))
                        check_time(s, mail, o, man);
        }
}

static void check_updates_once(Sim *s) {
        const char *id;
        json_t *o, *u, *v;
        size_t i, j;

        json_object_foreach(s->w->models[0]->objects, id, o)
                json_array_foreach(json_object_get(o, "updates"), i, u)
                        json_array_foreach(json_object_get(o, "updates"), j, v)
                                if (i < j && json_equal(json_object_get(u, "message"), json_object_get(v, "message")))
                                        sim_fails(s, "an update was posted twice", id);
}

/* Rule 4. */
static void check_foreign(Sim *s) {
        const char *id;
        json_t *o;

        json_object_foreach(s->foreign, id, o)
                if (!json_equal(o, json_object_get(s->w->models[0]->objects, id)))
                        sim_fails(s, "somebody else's was touched", id);
}

void check_always(Sim *s) {
        check_mails(s);
        check_foreign(s);
        for (size_t n = 0; n < MEN_MAX; n++)
                if (s->men[n].id[0] && remote_model_live(s->w->models[0], s->men[n].id, s->w->real) > 1)
                        sim_fails(s, "there are two", s->men[n].id);
}

/* ── in calm ── */

static State spec_state(const Spec *s, usec_t now) {
        usec_t start = spec_start(s, 0);

        if (!s->there || s->floor == STATE_CANCELLED)
                return STATE_CANCELLED;
        if (now >= start + s->length)
                return STATE_COMPLETED;
        return s->floor > STATE_IN_PROGRESS ? s->floor : now >= start ? STATE_IN_PROGRESS : s->floor;
}

static bool close_to(usec_t a, usec_t b) {
        return a < b ? b - a < USEC_PER_MINUTE : a - b < USEC_PER_MINUTE;
}

static void check_one_off(Sim *s, const Man *m) {
        World *w = s->w;
        State want = spec_state(&m->good, w->real);
        json_t *o = remote_model_any(w->models[0], m->id, NULL);
        const char *is = o ? remote_model_state(w->models[0], o, w->real) : "nothing";
        usec_t start = spec_start(&m->good, 0);
        auto_(free) char *title = textf("Work %s, edit %u", m->id, m->good.edits);

        if (!o && state_final(want))
                return;
        if (!o || (state_final(want) ? strcmp(is, "completed") != 0 && strcmp(is, "cancelled") != 0 : strcmp(is, state_to_string(want)) != 0)) {
                auto_(free) char *detail = textf("%s is %s, wanted %s", m->id, is, state_to_string(want));

                sim_fails(s, "wrong state", detail);
        } else if (!state_final(want)) {
                if (remote_model_time(o, "scheduled_end") != start + m->good.length || (want == STATE_SCHEDULED && remote_model_time(o, "scheduled_start") != start))
                        sim_fails(s, "wrong times", m->id);
                if (m->reworded == 0 && !w->models[0]->rewrites && strcmp(json_string_value(json_object_get(o, "title")), title) != 0)
                        sim_fails(s, "wrong title", m->id);
        }
}

static bool is_of(const char *marker, const Man *m) {
        const char *name = marker && text_starts(marker, "maintd:maintd:") ? strchr(marker + strlen("maintd:"), ':') : NULL;
        size_t n = strlen(m->id);

        return name && strncmp(name + 1, m->id, n) == 0 && (name[1 + n] == '#' || name[1 + n] == '@');
}

/* Objects of this manifest in @state at the page that begin at @start. */
static unsigned page_has(Sim *s, const Man *m, const char *state, usec_t start) {
        RemoteModel *page = s->w->models[0];
        const char *id;
        unsigned n = 0;
        json_t *o;

        json_object_foreach(page->objects, id, o)
                n += is_of(json_string_value(json_object_get(o, "external_id")), m) && strcmp(remote_model_state(page, o, 0), state) == 0 &&
                     remote_model_time(o, "scheduled_start") == start;
        return n;
}

static bool gives(const Spec *s, usec_t start) {
        for (uint64_t day = 0; s->there && day < 800; day++)
                if (spec_start(s, day) == start)
                        return true;
        return false;
}

/* Every occurrence that is to be announced by now is, once, and none else. */
static void check_series(Sim *s, const Man *m) {
        usec_t now = s->w->real;
        RemoteModel *page = s->w->models[0];
        const char *id;
        json_t *o;

        for (uint64_t day = 0; m->good.there && day < 800; day++) {
                usec_t start = spec_start(&m->good, day);

                if (start > now + ANNOUNCE + USEC_PER_HOUR)
                        break;
                if (close_to(start, now) || close_to(start, now + ANNOUNCE))
                        continue;
                if (start > now && start < now + ANNOUNCE) {
                        if (page_has(s, m, "scheduled", start) != 1) {
                                char t[RFC3339_SIZE];
                                auto_(free) char *detail = textf("%s at %s: %u times", m->id, rfc3339_format(start, t), page_has(s, m, "scheduled", start));

                                sim_fails(s, "an occurrence is not there once", detail);
                        }
                } else if (start <= now && now < start + m->good.length && m->rule_edited + USEC_PER_HOUR < start && page_has(s, m, "in_progress", start) != 1 &&
                           !close_to(now, start + m->good.length))
                        sim_fails(s, "an occurrence does not run", m->id);
        }
        json_object_foreach(page->objects, id, o)
                if (is_of(json_string_value(json_object_get(o, "external_id")), m) && strcmp(remote_model_state(page, o, 0), "scheduled") == 0 &&
                    !gives(&m->good, remote_model_time(o, "scheduled_start")))
                        sim_fails(s, "an occurrence that its rule does not give", id);
}

/* Silences follow: as many as there are services, while the window is ahead or running. */
static void check_alerts(Sim *s, const Man *m) {
        World *w = s->w;
        State want = spec_state(&m->good, w->real);
        size_t live = remote_model_live(w->models[1], m->id, w->real);

        if (live != (state_final(want) ? 0 : SILENCES)) {
                auto_(free) char *detail = textf("%s: %zu", m->id, live);

                sim_fails(s, "silences", detail);
        }
}

/* Nobody has touched it at the page, so nothing of it can differ there from what was accepted. */
static bool untouched(const Sim *s, const char *manifest) {
        for (size_t n = 0; n < MEN_MAX; n++)
                if (strcmp(s->men[n].id, manifest) == 0)
                        return !s->men[n].loose && s->men[n].reworded == 0 && !s->men[n].early && !s->men[n].early_end;
        return false;
}

static int check_sync(void *userdata, const WindowStatus *st) {
        Sim *s = userdata;
        char key[KEY_SIZE];

        if (st->sync == SYNC_DIVERGED && s->script->rewrites && untouched(s, st->key.manifest)) {
                auto_(free) char *detail = textf("%s at %s (%s)", key_format(st->key, key), st->target, st->problem);

                sim_fails(s, "healed what was only stored in another way", detail);
        }

        if (st->sync == SYNC_PENDING || st->sync == SYNC_UNKNOWN || st->sync == SYNC_UNREACHABLE || st->sync == SYNC_CLAIMED || st->sync == SYNC_REFUSED ||
            st->sync == SYNC_DENIED || st->sync == SYNC_HELD) {
                auto_(free) char *detail = textf("%s at %s: %s (%s)", key_format(st->key, key), st->target, sync_to_string(st->sync), st->problem);

                sim_fails(s, "not in sync", detail);
        }
        return 0;
}

static int count_pending(void *userdata, const WindowStatus *st) {
        unsigned *n = userdata;

        *n += st->sync == SYNC_PENDING;
        return 0;
}

void check_nothing_pending(Sim *s) {
        unsigned n = 0;

        if (engine_each(s->w->engine, world_now(s->w), count_pending, &n) < 0)
                abort();
        if (n)
                sim_fails(s, "a write waits for a limit that is over", "");
}

static int find_next(void *userdata, const WindowStatus *st) {
        usec_t *next = userdata;

        *next = MIN(*next, MIN(st->next, st->withdraw_at ? st->withdraw_at : USEC_INFINITY));
        return 0;
}

/* Nothing is written that changes nothing, and nothing at all while nothing is due. */
static void check_silence(Sim *s) {
        World *w = s->w;
        usec_t next = USEC_INFINITY;
        unsigned writes = w->models[0]->writes + w->models[1]->writes;

        if (engine_each(w->engine, world_now(w), find_next, &next) < 0)
                abort();
        if (next < w->real + 2 * USEC_PER_MINUTE)
                return;
        world_reload(w);
        world_for(w, USEC_PER_MINUTE);
        if (w->models[0]->writes + w->models[1]->writes != writes)
                sim_fails(s, "written while nothing was due", "");
}

unsigned check_count_live(Sim *s, usec_t until) {
        RemoteModel *page = s->w->models[0];
        const char *id;
        unsigned n = 0;
        json_t *o;

        json_object_foreach(page->objects, id, o)
                n += !json_object_get(s->foreign, id) && remote_model_time(o, "scheduled_end") > until &&
                     (strcmp(remote_model_state(page, o, 0), "scheduled") == 0 || strcmp(remote_model_state(page, o, 0), "in_progress") == 0);
        return n;
}

void check_ended_by_hand(Sim *s) {
        for (size_t n = 0; n < MEN_MAX; n++) {
                const Man *m = &s->men[n];

                if (m->hand_final && m->hand_words == m->words && remote_model_live(s->w->models[0], m->id, s->w->real) > 0)
                        sim_fails(s, "what a person has ended is there again", m->id);
        }
}

void check_calm(Sim *s, bool broken) {
        World *w = s->w;

        for (size_t n = 0; n < MEN_MAX && !s->failure; n++) {
                const Man *m = &s->men[n];
                usec_t start = spec_start(&m->good, 0);

                if (m->id[0] == '\0' || m->loose || (!m->good.there && broken))
                        continue;
                if (m->good.recurring)
                        check_series(s, m);
                else if (!close_to(w->real, start) && !close_to(w->real, start + m->good.length)) {
                        check_one_off(s, m);
                        if (s->script->both)
                                check_alerts(s, m);
                }
        }
        if (engine_each(w->engine, world_now(w), check_sync, s) < 0)
                abort();
        check_updates_once(s);
        check_always(s);
        if (!s->failure)
                check_silence(s);
}
