/*
 * What a form says of a window: each field as the text that stands in it
 */
#include "page/dashboard/plan.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "page/dashboard/call.h"
#include "page/dashboard/field.h"
#include "page/dashboard/when.h"
#include "page/rest/input.h"

#define DIGEST_CHARS 16u

static const struct {
        const char *name;
        Tell label;
        unsigned notify;                /* of a box: the bit that it stands for */
} fields[] = {
        [PLAN_TITLE] = { "title", TELL_TITLE },
        [PLAN_DESCRIPTION] = { "description", TELL_DESCRIPTION },
        [PLAN_START] = { "scheduled_start", TELL_START },
        [PLAN_END] = { "scheduled_end", TELL_END },
        [PLAN_SERVICES] = { "service_ids", TELL_AFFECTED },
        [PLAN_IMPACT] = { "impact", TELL_IMPACT },
        [PLAN_REMINDERS] = { "reminder_minutes", TELL_REMINDERS },
        [PLAN_AUTO] = { "auto_transition", TELL_AUTO },
        [PLAN_PAUSE] = { "pause_monitors", TELL_PAUSE },
        [PLAN_ON_SCHEDULE] = { "notify_on_schedule", TELL_NOTIFY_SCHEDULE, NOTIFY_SCHEDULE },
        [PLAN_ON_START] = { "notify_on_start", TELL_NOTIFY_START, NOTIFY_START },
        [PLAN_ON_UPDATE] = { "notify_on_update", TELL_NOTIFY_UPDATE, NOTIFY_UPDATE },
        [PLAN_ON_COMPLETE] = { "notify_on_complete", TELL_NOTIFY_COMPLETE, NOTIFY_COMPLETE },
        [PLAN_ON_CANCEL] = { "notify_on_cancel", TELL_NOTIFY_CANCEL, NOTIFY_CANCEL },
};
_Static_assert(ARRAY_SIZE(fields) == PLAN_FIELDS, "describe every field");

const char *plan_name(PlanField f) {
        return fields[f].name;
}

Tell plan_label(PlanField f) {
        return fields[f].label;
}

unsigned plan_editable(State state) {
        if (state_final(state))
                return BIT(PLAN_TITLE) | BIT(PLAN_DESCRIPTION);
        return state == STATE_SCHEDULED ? PLAN_ALL : PLAN_ALL & ~BIT(PLAN_START);
}

static const char *time_text(const Visit *x, usec_t t) {
        char buf[WHEN_VALUE_SIZE];

        return arena_strdup(x->q->arena, when_value(x->page->site->voice.zone, t, buf));
}

static int compare_texts(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* Sorts @ids. */
static const char *joined(const Visit *x, const char **ids, size_t n) {
        const char *text = "";

        qsort(ids, n, sizeof(*ids), compare_texts);
        for (size_t i = 0; i < n && text; i++)
                text = arena_printf(x->q->arena, "%s%s%s", text, i > 0 ? " " : "", ids[i]);
        return text;
}

static const char *reminders_text(const Visit *x, const Maintenance *m) {
        const char *text = "";

        for (size_t i = 0; i < m->n_reminders && text; i++) {
                char span[SPAN_SIZE];

                text = arena_printf(x->q->arena, "%s%s%s", text, i > 0 ? ", " : "", span_format(m->reminders[i] * USEC_PER_MINUTE, false, span));
        }
        return text;
}

static bool complete(const Plan *p) {
        for (size_t i = 0; i < PLAN_FIELDS; i++)
                if (!p->values[i])
                        return false;
        return p->zone && p->start_fold && p->end_fold;
}

int plan_of(const Visit *x, const Maintenance *m, const Service *services, size_t n, Plan *ret) {
        const char **ids = arena_array(x->q->arena, n + 1, sizeof(*ids));
        Plan p = { .zone = zone_name(x->page->site->voice.zone), .start_fold = "", .end_fold = "" };

        if (!ids)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                ids[i] = services[i].id;
        p.values[PLAN_TITLE] = m->title;
        p.values[PLAN_DESCRIPTION] = m->description;
        p.values[PLAN_START] = time_text(x, m->start);
        p.values[PLAN_END] = time_text(x, m->end);
        p.values[PLAN_SERVICES] = joined(x, ids, n);
        p.values[PLAN_IMPACT] = impact_to_string(m->impact);
        p.values[PLAN_REMINDERS] = reminders_text(x, m);
        p.values[PLAN_AUTO] = m->auto_transition ? "on" : "";
        p.values[PLAN_PAUSE] = m->pause_monitors ? "on" : "";
        for (size_t i = 0; i < PLAN_FIELDS; i++)
                if (fields[i].notify != 0)
                        p.values[i] = m->notify & fields[i].notify ? "on" : "";
        *ret = p;
        return complete(&p) ? 0 : -ENOMEM;
}

/* Tomorrow, at the next full hour, for an hour: somewhere to start from. */
int plan_new(const Visit *x, Plan *ret) {
        usec_t start = usec_add(x->v.now, USEC_PER_DAY + USEC_PER_HOUR);

        start -= start % USEC_PER_HOUR;
        return plan_of(x, &(Maintenance) { .title = "", .description = "", .start = start, .end = start + USEC_PER_HOUR, .impact = IMPACT_MAINTENANCE,
                                           .notify = NOTIFY_ALL, .auto_transition = true, .pause_monitors = true }, NULL, 0, ret);
}

static const char *services_entered(const Visit *x) {
        const char *ids[PAGE_FORM_FIELDS_MAX] = { NULL };
        size_t n = 0;

        for (size_t i = 0; i < x->form.n; i++)
                if (strcmp(x->form.fields[i].name, fields[PLAN_SERVICES].name) == 0 && x->form.fields[i].value[0])
                        ids[n++] = x->form.fields[i].value;
        return joined(x, ids, n);
}

int plan_entered(const Visit *x, const Plan *base, unsigned editable, Plan *ret) {
        Plan p = *base;

        for (size_t i = 0; i < PLAN_FIELDS; i++)
                if (editable & BIT(i))
                        p.values[i] = i == PLAN_SERVICES ? services_entered(x) : text_entered(x, fields[i].name);
        if (editable & (BIT(PLAN_START) | BIT(PLAN_END))) {
                p.zone = text_entered(x, "zone");
                p.start_fold = text_entered(x, "scheduled_start_fold");
                p.end_fold = text_entered(x, "scheduled_end_fold");
        }
        *ret = p;
        return complete(&p) ? 0 : -ENOMEM;
}

/* A time is another one in another zone, too. */
static uint64_t digest(const Plan *p, PlanField f) {
        uint64_t hash = hash_text(HASH_SEED, p->values[f]);

        if (f == PLAN_START || f == PLAN_END)
                hash = hash_text(hash, p->zone);
        if ((f == PLAN_START && *p->start_fold) || (f == PLAN_END && *p->end_fold))
                hash = hash_text(hash, f == PLAN_START ? p->start_fold : p->end_fold);
        return hash;
}

const char *plan_digests(const Visit *x, const Plan *p) {
        const char *text = "";

        for (size_t i = 0; i < PLAN_FIELDS && text; i++)
                text = arena_printf(x->q->arena, "%s%016" PRIx64, text, digest(p, (PlanField) i));
        return text;
}

unsigned plan_differs(const Visit *x, const Plan *p, const char *digests) {
        const char *now = plan_digests(x, p);
        unsigned bits = 0;

        if (!now || !digests || strlen(digests) != strlen(now))
                return PLAN_ALL;
        for (size_t i = 0; i < PLAN_FIELDS; i++)
                if (memcmp(now + i * DIGEST_CHARS, digests + i * DIGEST_CHARS, DIGEST_CHARS) != 0)
                        bits |= BIT(i);
        return bits;
}

/* NULL when there is no such zone; what is wrong is said of the field "zone", once. */
static const Zone *zone_entered(Visit *x, const char *name) {
        const char *near;
        const Zone *z;

        if (zones_get(x->page->site->zones, name, &z) >= 0)
                return z;
        near = zones_suggest(x->page->site->zones, name);
        if (!json_object_get(x->errors, "zone"))
                field_wrong(x, "zone", near ? tell_fill(x, TELL_ZONE_MEANT, near) : tell(x, TELL_ZONE_WRONG));
        return NULL;
}

static Fold fold_entered(const char *text) {
        return strcmp(text, "first") == 0 ? FOLD_FIRST : strcmp(text, "second") == 0 ? FOLD_SECOND : FOLD_UNSAID;
}

bool time_entered(Visit *x, const char *name, const char *text, const char *zone, const char *fold, usec_t *ret) {
        const Zone *z = zone_entered(x, zone);

        if (!z)
                return false;
        switch (when_parse(z, text, fold_entered(fold), ret)) {
        case WHEN_OK:
                return true;
        case WHEN_MALFORMED:
                field_wrong(x, name, tell(x, TELL_TIME_MALFORMED));
                break;
        case WHEN_SKIPPED:
                field_wrong(x, name, tell_fill(x, TELL_TIME_SKIPPED, zone_name(z)));
                break;
        case WHEN_TWICE:
                field_wrong(x, name, tell_fill(x, TELL_TIME_TWICE, zone_name(z)));
                break;
        }
        return false;
}

void plan_period(const Visit *x, const Plan *p, usec_t *ret_start, usec_t *ret_end) {
        const Zone *z;
        usec_t start, end;

        *ret_start = *ret_end = 0;
        if (zones_get(x->page->site->zones, p->zone, &z) >= 0 && when_parse(z, p->values[PLAN_START], fold_entered(p->start_fold), &start) == WHEN_OK &&
            when_parse(z, p->values[PLAN_END], fold_entered(p->end_fold), &end) == WHEN_OK && start < end) {
                *ret_start = start;
                *ret_end = end;
        }
}

static json_t *instant_json(usec_t t) {
        char buf[RFC3339_SIZE];

        return json_string(rfc3339_format(t, buf));
}

/* False when it is wrong, or memory is out. */
static bool reminder_add(json_t *list, const char *text) {
        Span span;
        usec_t t = span_parse(text, &span) < 0 ? 0 : span_usec(span);

        return t > 0 && t % USEC_PER_MINUTE == 0 && json_array_append_new(list, json_integer((json_int_t) (t / USEC_PER_MINUTE))) >= 0;
}

/* "24h, 90min" → [1440, 90]; NULL when it is wrong, or memory is out. */
static json_t *reminders_json(const Visit *x, const char *text) {
        char *own = arena_strdup(x->q->arena, text);
        json_t *list = json_array();

        for (char *save = NULL, *part = own ? strtok_r(own, ",;", &save) : NULL; part; part = strtok_r(NULL, ",;", &save)) {
                part += strspn(part, " ");
                if (!*part || reminder_add(list, part))
                        continue;
                json_decref(list);
                return NULL;
        }
        return list;
}

static json_t *services_json(const Visit *x, const char *text) {
        char *own = arena_strdup(x->q->arena, text);
        json_t *list = json_array();

        for (char *save = NULL, *part = own ? strtok_r(own, " ", &save) : NULL; part; part = strtok_r(NULL, " ", &save))
                (void) json_array_append_new(list, json_string(part));
        return list;
}

/* NULL: it is wrong, which has been said; or memory is out. */
static json_t *field_json(Visit *x, const Plan *p, PlanField f) {
        json_t *value;
        usec_t t;

        switch (f) {
        case PLAN_TITLE:
        case PLAN_DESCRIPTION:
        case PLAN_IMPACT:
                return json_string(p->values[f]);
        case PLAN_START:
                return time_entered(x, fields[f].name, p->values[f], p->zone, p->start_fold, &t) ? instant_json(t) : NULL;
        case PLAN_END:
                return time_entered(x, fields[f].name, p->values[f], p->zone, p->end_fold, &t) ? instant_json(t) : NULL;
        case PLAN_SERVICES:
                return services_json(x, p->values[f]);
        case PLAN_REMINDERS:
                value = reminders_json(x, p->values[f]);
                if (!value)
                        field_wrong(x, fields[f].name, tell(x, TELL_REMINDERS_WRONG));
                return value;
        case PLAN_AUTO:
        case PLAN_PAUSE:
        case PLAN_ON_SCHEDULE:
        case PLAN_ON_START:
        case PLAN_ON_UPDATE:
        case PLAN_ON_COMPLETE:
        case PLAN_ON_CANCEL:
                return json_boolean(p->values[f][0] != '\0');
        }
        return NULL;
}

/* All that the API would say of it, now: of a form everything that is wrong is said at once. */
static int check(Visit *x, const json_t *body, const Maintenance *base) {
        json_t *errors = json_object(), *list;
        bool zone_wrong = json_object_get(x->errors, "zone") != NULL;
        const char *name;
        Draft d;
        int r = errors ? maintenance_read(x->q->arena, body, base, &d, errors) : -ENOMEM;

        json_object_foreach(errors, name, list) {
                bool is_time = strcmp(name, fields[PLAN_START].name) == 0 || strcmp(name, fields[PLAN_END].name) == 0;

                if (!json_object_get(x->errors, name) && !(is_time && zone_wrong))
                        field_wrong(x, name, json_string_value(json_array_get(list, 0)));
        }
        json_decref(errors);
        return r == -ENOMEM ? r : 0;
}

int plan_body(Visit *x, const Plan *p, unsigned wanted, const Maintenance *base, json_t **ret) {
        json_t *body = json_object();
        int r;

        for (size_t i = 0; i < PLAN_FIELDS && body; i++) {
                json_t *value = wanted & BIT(i) ? field_json(x, p, (PlanField) i) : NULL;

                if (value && json_object_set_new(body, fields[i].name, value) < 0) {
                        json_decref(body);
                        return -ENOMEM;
                }
        }
        r = body ? check(x, body, base) : -ENOMEM;
        if (r < 0) {
                json_decref(body);
                return r;
        }
        *ret = body;
        return 0;
}
