/*
 * Statuspage's public JSON
 *
 * Field names and words are Atlassian's; what we do not have is null, false or empty, for readers expect the field.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "page/rest/json.h"
#include "page/show/feed.h"

/* Each takes its place in a json_pack() and is not checked: a NULL makes that fail as a whole. */
static json_t *stamp(usec_t t) {
        char buf[STAMP_SIZE];

        return t == 0 ? json_null() : json_string(stamp_format(t, buf));
}

static json_t *text_or_null(const char *text) {
        return text && *text ? json_string(text) : json_null();
}

static const char *component_status(Impact i) {
        static const char *const words[] = {
                [IMPACT_OPERATIONAL] = "operational",
                [IMPACT_MAINTENANCE] = "under_maintenance",
                [IMPACT_DEGRADED] = "degraded_performance",
                [IMPACT_PARTIAL] = "partial_outage",
                [IMPACT_MAJOR] = "major_outage",
        };

        return words[i];
}

static json_t *page_json(const View *v, const Front *front) {
        const Occasions *lists[] = { &front->running, &front->upcoming, &front->past };
        usec_t updated = 0;

        for (size_t i = 0; i < front->n_services; i++)
                updated = MAX(updated, front->services[i].updated_at);
        for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
                for (size_t i = 0; i < lists[k]->n; i++)
                        updated = MAX(updated, lists[k]->items[i].m.updated_at);
        return json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", "maintd-page", "name", v->site->title, "url", v->site->url ? v->site->url : "",
                         "time_zone", zone_name(v->site->voice.zone), "updated_at", stamp(updated));
}

/* Statuspage has no word for cancelled: such a one is over. */
static const char *v2_status(State s) {
        return state_to_string(s == STATE_CANCELLED ? STATE_COMPLETED : s);
}

static json_t *component_json(const Service *s, size_t position, const char *group) {
        return json_pack("{s:s, s:s, s:s, s:o, s:o, s:i, s:o, s:b, s:o, s:o, s:s, s:b, s:b}", "id", s->id, "name", s->name, "status",
                         component_status(s->shown), "created_at", stamp(s->created_at), "updated_at", stamp(s->updated_at), "position",
                         (int) position, "description", text_or_null(s->description), "showcase", 1, "start_date", json_null(), "group_id",
                         text_or_null(group), "page_id", "maintd-page", "group", 0, "only_show_if_degraded", 0);
}

/* Groups have no ids here: theirs is that of the first of their services, with another prefix. */
static const char *group_id(Arena *a, const Service *first) {
        return arena_printf(a, "grp_%s", text_starts(first->id, "svc_") ? first->id + 4 : first->id);
}

static json_t *group_json(const Service *first, size_t n, size_t position, const char *id) {
        json_t *members = json_array();
        Impact worst = IMPACT_OPERATIONAL;
        usec_t updated = 0;

        for (size_t i = 0; i < n; i++) {
                worst = MAX(worst, first[i].shown);
                updated = MAX(updated, first[i].updated_at);
                (void) json_array_append_new(members, json_string(first[i].id));
        }
        return json_pack("{s:s, s:s, s:s, s:o, s:o, s:i, s:n, s:b, s:n, s:n, s:s, s:b, s:b, s:o}", "id", id, "name", first->group, "status",
                         component_status(worst), "created_at", stamp(first->created_at), "updated_at", stamp(updated), "position",
                         (int) position, "description", "showcase", 0, "start_date", "group_id", "page_id", "maintd-page", "group", 1,
                         "only_show_if_degraded", 0, "components", members);
}

static bool opens_group(const Front *front, size_t i) {
        const Service *s = &front->services[i];

        return s->group && (i == 0 || !text_equal(s->group, s[-1].group));
}

/* Where a service stands in the list: windows name the same. */
typedef struct Place {
        const Service *service;
        size_t position;
        const char *group;              /* the id of its group, or NULL */
} Place;

/* What an answer is made of. */
typedef struct Answering {
        const View *v;
        const Front *front;
        const Place *places;            /* for each of the front's services, in its order … */
        const Place **by_seq;           /* … and by their seq */
        size_t left;                    /* bytes that windows may still have */
} Answering;

static int by_seq(const void *a, const void *b) {
        const Place *const *x = a, *const *y = b;
        int64_t left = (*x)->service->seq, right = (*y)->service->seq;

        return (left > right) - (left < right);
}

static int answering_begin(const View *v, const Front *front, Answering *ret) {
        Place *places = arena_array(v->arena, front->n_services + 1, sizeof(*places));
        const Place **sorted = arena_array(v->arena, front->n_services + 1, sizeof(*sorted));
        const char *group = NULL;

        if (!places || !sorted)
                return -ENOMEM;
        for (size_t i = 0, position = 1; i < front->n_services; i++, position++) {
                const Service *s = &front->services[i];

                if (opens_group(front, i)) {
                        group = group_id(v->arena, s);
                        if (!group)
                                return -ENOMEM;
                        position++;
                }
                places[i] = (Place) { s, position, s->group ? group : NULL };
                sorted[i] = &places[i];
        }
        qsort(sorted, front->n_services, sizeof(*sorted), by_seq);
        *ret = (Answering) { v, front, places, sorted, V2_BYTES };
        return 0;
}

static json_t *place_json(const Place *place) {
        return component_json(place->service, place->position, place->group);
}

static json_t *opened_group_json(const Answering *x, size_t i) {
        const Service *s = &x->front->services[i];
        size_t n = 1;

        while (i + n < x->front->n_services && text_equal(s->group, s[n].group))
                n++;
        return group_json(s, n, x->places[i].position - 1, x->places[i].group);
}

static json_t *components_json(const Answering *x) {
        json_t *list = json_array();
        int r = 0;

        for (size_t i = 0; i < x->front->n_services && r >= 0; i++) {
                if (opens_group(x->front, i))
                        r = json_array_append_new(list, opened_group_json(x, i));
                if (r >= 0)
                        r = json_array_append_new(list, place_json(&x->places[i]));
        }
        if (r >= 0)
                return list;
        json_decref(list);
        return NULL;
}

/* A window's own copy of a service does not say how it is now, nor where it stands. */
static json_t *affected_component(const Answering *x, const Service *own) {
        const Place wanted = { .service = own }, *key = &wanted;
        const Place **found = bsearch(&key, x->by_seq, x->front->n_services, sizeof(*x->by_seq), by_seq);

        return found ? place_json(*found) : component_json(own, x->front->n_services + 1, NULL); /* it has been removed */
}

static json_t *affected_json(const Answering *x, const Occasion *o) {
        json_t *list = json_array();

        for (size_t i = 0; i < o->n_services; i++)
                (void) json_array_append_new(list, affected_component(x, &o->services[i]));
        return list;
}

static json_t *affected_names(const Occasion *o) {
        json_t *list = json_array();

        for (size_t i = 0; i < o->n_services; i++)
                (void) json_array_append_new(list, json_pack("{s:s, s:s}", "code", o->services[i].id, "name", o->services[i].name));
        return list;
}

/* The description is the first update there, as Statuspage's own form makes it. */
static json_t *updates_json(const Occasion *o) {
        json_t *list = json_array(), *names = affected_names(o); /* each update names the same */
        const Maintenance *m = &o->m;
        char id[48];

        for (size_t i = o->n_updates; i > 0; i--) {
                const Update *u = &o->updates[i - 1];

                (void) snprintf(id, sizeof(id), "upd_%" PRIi64, u->seq);
                (void) json_array_append_new(list,
                                             json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:O}", "id", id, "status",
                                                       v2_status(u->state), "body", u->message, "incident_id", m->id, "created_at",
                                                       stamp(u->created_at), "updated_at", stamp(u->created_at), "display_at",
                                                       stamp(u->created_at), "affected_components", names));
        }
        (void) snprintf(id, sizeof(id), "upd_%s", m->id);
        (void) json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:O}", "id", id, "status", "scheduled", "body",
                                                     m->description, "incident_id", m->id, "created_at", stamp(m->created_at), "updated_at",
                                                     stamp(m->created_at), "display_at", stamp(m->created_at), "affected_components",
                                                     names));
        json_decref(names);
        return list;
}

static json_t *maintenance_json(const Answering *x, const Occasion *o) {
        const Maintenance *m = &o->m;
        const char *link = arena_printf(x->v->arena, "%s/maintenance/%s", x->v->site->url ? x->v->site->url : "", m->id);

        return json_pack("{s:s, s:s, s:s, s:o, s:o, s:n, s:o, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "id", m->id, "name", m->title,
                         "status", v2_status(m->state), "created_at",
                         stamp(m->created_at), "updated_at", stamp(m->updated_at), "monitoring_at", "resolved_at", stamp(m->finished_at),
                         "impact", "maintenance", "shortlink", link ? link : "", "started_at", stamp(occasion_start(m)), "page_id",
                         "maintd-page", "incident_updates", updates_json(o), "components", affected_json(x, o),
                         "scheduled_for", stamp(m->start), "scheduled_until", stamp(m->end));
}

/* One that alone is too large is there, the first; what does not fit ends the list. Return: 1 to go on, 0 at the end, -ENOMEM. */
static int append_window(Answering *x, json_t *list, const Occasion *o) {
        json_t *json = maintenance_json(x, o);
        size_t n = json ? json_dumpb(json, NULL, 0, JSON_COMPACT) : 0;

        if (n == 0) {
                json_decref(json);
                return -ENOMEM;
        }
        if (n > x->left && json_array_size(list) > 0) {
                json_decref(json);
                return 0;
        }
        x->left -= MIN(x->left, n);
        return json_array_append_new(list, json) < 0 ? -ENOMEM : 1;
}

static json_t *maintenances_json(Answering *x, const Occasions *const *lists, size_t n) {
        json_t *list = json_array();
        int r = 1;

        for (size_t i = 0; i < n && r > 0; i++)
                for (size_t k = 0; k < lists[i]->n && r > 0; k++)
                        r = append_window(x, list, &lists[i]->items[k]);
        if (r >= 0)
                return list;
        json_decref(list);
        return NULL;
}

static json_t *status_json(const Front *front) {
        static const struct {
                const char *indicator, *description;
        } words[] = {
                [IMPACT_OPERATIONAL] = { "none", "All Systems Operational" },
                [IMPACT_MAINTENANCE] = { "maintenance", "Service Under Maintenance" },
                [IMPACT_DEGRADED] = { "minor", "Partially Degraded Service" },
                [IMPACT_PARTIAL] = { "major", "Partial System Outage" },
                [IMPACT_MAJOR] = { "critical", "Major Service Outage" },
        };
        Impact i = overall_impact(front->services, front->n_services, front->running.n);

        return json_pack("{s:s, s:s}", "indicator", words[i].indicator, "description", words[i].description);
}

bool v2_tells_windows(V2 what) {
        return what == V2_SUMMARY || what == V2_MAINTENANCE || what == V2_UPCOMING || what == V2_ACTIVE;
}

json_t *v2_json(const View *v, V2 what, const Front *front) {
        const Occasions *open[] = { &front->running, &front->upcoming }, *all[] = { &front->running, &front->upcoming, &front->past };
        Answering x;

        if (answering_begin(v, front, &x) < 0)
                return NULL;
        switch (what) {
        case V2_SUMMARY:
                return json_pack("{s:o, s:o, s:[], s:o, s:o}", "page", page_json(v, front), "components", components_json(&x), "incidents",
                                 "scheduled_maintenances", maintenances_json(&x, open, 2), "status", status_json(front));
        case V2_STATUS:
                return json_pack("{s:o, s:o}", "page", page_json(v, front), "status", status_json(front));
        case V2_COMPONENTS:
                return json_pack("{s:o, s:o}", "page", page_json(v, front), "components", components_json(&x));
        case V2_MAINTENANCE:
                return json_pack("{s:o, s:o}", "page", page_json(v, front), "scheduled_maintenances", maintenances_json(&x, all, 3));
        case V2_UPCOMING:
                return json_pack("{s:o, s:o}", "page", page_json(v, front), "scheduled_maintenances", maintenances_json(&x, open + 1, 1));
        case V2_ACTIVE:
                return json_pack("{s:o, s:o}", "page", page_json(v, front), "scheduled_maintenances", maintenances_json(&x, open, 1));
        case V2_INCIDENTS:
                return json_pack("{s:o, s:[]}", "page", page_json(v, front), "incidents");
        }
        return NULL;
}
