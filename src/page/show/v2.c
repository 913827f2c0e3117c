/*
 * Statuspage's public JSON
 *
 * Field names and words are Atlassian's; what we do not have is null, false or empty, for readers expect the field.
 */
#include <inttypes.h>
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

static json_t *components_json(const View *v, const Front *front) {
        json_t *list = json_array();
        const char *id = NULL;

        for (size_t i = 0, position = 1; i < front->n_services; i++) {
                const Service *s = &front->services[i];

                if (opens_group(front, i)) {
                        size_t n = 1;

                        while (i + n < front->n_services && text_equal(s->group, s[n].group))
                                n++;
                        id = group_id(v->arena, s);
                        if (!id || json_array_append_new(list, group_json(s, n, position++, id)) < 0) {
                                json_decref(list);
                                return NULL;
                        }
                }
                if (json_array_append_new(list, component_json(s, position++, s->group ? id : NULL)) < 0) {
                        json_decref(list);
                        return NULL;
                }
        }
        return list;
}

/* A window's own copy of a service does not say how it is now, nor where it stands: the same as in components_json(). */
static json_t *affected_component(const View *v, const Front *front, const Service *own) {
        const Service *first = NULL;

        for (size_t i = 0, position = 1; i < front->n_services; i++, position++) {
                const Service *s = &front->services[i];

                if (opens_group(front, i)) {
                        first = s;
                        position++;
                }
                if (s->seq == own->seq)
                        return component_json(s, position, s->group ? group_id(v->arena, first) : NULL);
        }
        return component_json(own, front->n_services + 1, NULL); /* it has been removed */
}

static json_t *affected_json(const View *v, const Front *front, const Occasion *o) {
        json_t *list = json_array();

        for (size_t i = 0; i < o->n_services; i++)
                (void) json_array_append_new(list, affected_component(v, front, &o->services[i]));
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
        json_t *list = json_array();
        const Maintenance *m = &o->m;
        char id[48];

        for (size_t i = o->n_updates; i > 0; i--) {
                const Update *u = &o->updates[i - 1];

                (void) snprintf(id, sizeof(id), "upd_%" PRIi64, u->seq);
                (void) json_array_append_new(list,
                                             json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "id", id, "status",
                                                       v2_status(u->state), "body", u->message, "incident_id", m->id, "created_at",
                                                       stamp(u->created_at), "updated_at", stamp(u->created_at), "display_at",
                                                       stamp(u->created_at), "affected_components", affected_names(o)));
        }
        (void) snprintf(id, sizeof(id), "upd_%s", m->id);
        (void) json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "id", id, "status", "scheduled", "body",
                                                     m->description, "incident_id", m->id, "created_at", stamp(m->created_at), "updated_at",
                                                     stamp(m->created_at), "display_at", stamp(m->created_at), "affected_components",
                                                     affected_names(o)));
        return list;
}

static json_t *maintenance_json(const View *v, const Front *front, const Occasion *o) {
        const Maintenance *m = &o->m;
        const char *link = arena_printf(v->arena, "%s/maintenance/%s", v->site->url ? v->site->url : "", m->id);

        return json_pack("{s:s, s:s, s:s, s:o, s:o, s:n, s:o, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "id", m->id, "name", m->title,
                         "status", v2_status(m->state), "created_at",
                         stamp(m->created_at), "updated_at", stamp(m->updated_at), "monitoring_at", "resolved_at", stamp(m->finished_at),
                         "impact", "maintenance", "shortlink", link ? link : "", "started_at", stamp(occasion_start(m)), "page_id",
                         "maintd-page", "incident_updates", updates_json(o), "components", affected_json(v, front, o),
                         "scheduled_for", stamp(m->start), "scheduled_until", stamp(m->end));
}

static int append_all(const View *v, const Front *front, json_t *list, const Occasions *add) {
        for (size_t i = 0; i < add->n; i++)
                if (json_array_append_new(list, maintenance_json(v, front, &add->items[i])) < 0)
                        return -ENOMEM;
        return 0;
}

static json_t *maintenances_json(const View *v, const Front *front, const Occasions *const *lists, size_t n) {
        json_t *list = json_array();

        for (size_t i = 0; i < n; i++)
                if (append_all(v, front, list, lists[i]) < 0) {
                        json_decref(list);
                        return NULL;
                }
        return list;
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

json_t *v2_json(const View *v, V2 what, const Front *front) {
        const Occasions *open[] = { &front->running, &front->upcoming }, *all[] = { &front->running, &front->upcoming, &front->past };

        switch (what) {
        case V2_SUMMARY:
                return json_pack("{s:o, s:o, s:[], s:o, s:o}", "page", page_json(v, front), "components", components_json(v, front),
                                 "incidents", "scheduled_maintenances", maintenances_json(v, front, open, 2), "status", status_json(front));
        case V2_STATUS:
                return json_pack("{s:o, s:o}", "page", page_json(v, front), "status", status_json(front));
        case V2_COMPONENTS:
                return json_pack("{s:o, s:o}", "page", page_json(v, front), "components", components_json(v, front));
        case V2_MAINTENANCE:
                return json_pack("{s:o, s:o}", "page", page_json(v, front), "scheduled_maintenances", maintenances_json(v, front, all, 3));
        case V2_UPCOMING:
                return json_pack("{s:o, s:o}", "page", page_json(v, front), "scheduled_maintenances",
                                 maintenances_json(v, front, open + 1, 1));
        case V2_ACTIVE:
                return json_pack("{s:o, s:o}", "page", page_json(v, front), "scheduled_maintenances", maintenances_json(v, front, open, 1));
        case V2_INCIDENTS:
                return json_pack("{s:o, s:[]}", "page", page_json(v, front), "incidents");
        }
        return NULL;
}
