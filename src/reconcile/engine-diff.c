/*
 * Engine: what an action changes, field by field
 *
 * From what the target shows to what is wanted, as texts for people. The engine decides by hashes of the texts there; the texts themselves
 * are kept for people alone, as many as EngineConfig.keep_texts has room for: what is not known is told as such, never guessed.
 */
#include <string.h>

#include "reconcile/engine-internal.h"

/* ── what a target shows, in full ── */

struct Shown {
        Arena *arena;                   /* owned: this, too, lives in it */
        size_t size, *sum;              /* bytes, and those of all; borrowed from the engine */
        Print print;
        Object object;
};

void shown_free(Shown *s) {
        if (!s)
                return;
        *s->sum -= s->size;
        (void) arena_free(s->arena);
}

static size_t text_size(const char *s) {
        return s ? strlen(s) + 1 : 1;
}

static size_t shown_size(const Object *o) {
        size_t n = sizeof(Shown) + (o->services.n + 1) * sizeof(char *) + 128; /* and what a block needs of its own */

        for (size_t i = 0; i < o->services.n; i++)
                n += text_size(o->services.items[i]);
        return n + text_size(o->title) + text_size(o->body) + text_size(o->impact) + text_size(o->reminders) + text_size(o->marker) + text_size(o->extra);
}

int shown_set(Engine *e, Part *p, const Object *o) {
        size_t size = shown_size(o);
        Shown *s;
        Arena *a;

        if (p->shown && print_diff(&p->shown->print, &p->seen.print, FIELDS_ALL) == 0)
                return 0;
        shown_free(STEAL(p->shown));
        if (size > e->config.keep_texts || e->shown_bytes > e->config.keep_texts - size)
                return 0;
        a = arena_new_sized(size);
        s = a ? arena_new0(a, Shown) : NULL;
        if (!s || object_copy(a, o, &s->object) < 0) {
                (void) arena_free(a);
                return -ENOMEM;
        }
        s->arena = a;
        s->size = size;
        s->sum = &e->shown_bytes;
        s->print = p->seen.print;
        e->shown_bytes += size;
        p->shown = s;
        return 0;
}

/* NULL: nothing is known of its texts, or it was written since. */
static const Object *shown_now(const Remote *r, const Part *p) {
        bool same = p->shown && print_diff(&p->shown->print, &p->seen.print, FIELDS_ALL) == 0;

        return same && part_look(r, p) == LOOK_PRESENT ? &p->shown->object : NULL;
}

/* ── fields as texts ── */

static const char *copy(Arena *a, const char *s) {
        return arena_strdup(a, s ? s : "");
}

/* "60,1440", as a target has it: "1h, 1d". */
const char *reminders_text(Arena *a, const char *minutes) {
        const char *text = "";
        char span[SPAN_SIZE];
        usec_t before;

        while (text && reminder_next(&minutes, &before))
                text = arena_printf(a, "%s%s%s", text, *text ? ", " : "", span_format(before, false, span));
        return text;
}

static const char *services_text(Arena *a, const Target *t, const Strv *ids) {
        const char *text = "";

        for (size_t i = 0; i < ids->n && text; i++)
                text = arena_printf(a, "%s%s%s", text, i ? ", " : "", target_service_there(t, ids->items[i]));
        return text;
}

static const char *field_text(Arena *a, const Target *t, uint32_t field, const Object *o) {
        char at[RFC3339_SIZE];

        switch (field) {
        case FIELD_TITLE:
                return copy(a, o->title);
        case FIELD_BODY:
                return copy(a, o->body);
        case FIELD_START:
                return arena_strdup(a, rfc3339_format(o->start, at));
        case FIELD_END:
                return arena_strdup(a, rfc3339_format(o->end, at));
        case FIELD_SERVICES:
                return services_text(a, t, &o->services);
        case FIELD_IMPACT:
                return copy(a, o->impact);
        case FIELD_REMINDERS:
                return reminders_text(a, text_or(o->reminders, ""));
        case FIELD_MARKER:
                return copy(a, o->marker);
        default:
                return copy(a, o->extra);
        }
}

/* What is there now; *ret NULL: not known. */
static int field_there(Arena *a, const Remote *r, uint32_t field, const Action *action, const Part *p, const char **ret) {
        const Object *shown = p ? shown_now(r, p) : NULL;
        bool seen = p && part_look(r, p) == LOOK_PRESENT;
        Object o = { 0 };

        *ret = NULL;
        if (shown)
                o = *shown;
        else if (field & FIELDS_TIMES && seen) {
                o.start = p->seen.print.start;
                o.end = p->seen.print.end;
        } else if (field & FIELDS_TIMES && action->record) {
                o.start = action->record->applied.start;
                o.end = action->record->applied.end;
        } else if (field == FIELD_TITLE && action->record && !(seen && print_diff(&p->seen.print, &action->record->echo, FIELD_TITLE))) /* nobody has changed it */
                o.title = action->record->title;
        else
                return 0;
        *ret = field_text(a, r->target, field, &o);
        return *ret ? 0 : -ENOMEM;
}

/* ── an action ── */

static int diff_state(Arena *a, const Action *action, PlannedAction *ret) {
        ret->diff = arena_new0(a, FieldChange);
        if (!ret->diff)
                return -ENOMEM;
        ret->diff[ret->n_diff++] = (FieldChange) { "state", state_to_string(action->from), state_to_string(action->state) };
        return 0;
}

static int diff_object(Arena *a, const Remote *r, const Action *action, const Part *p, PlannedAction *ret) {
        bool create = action->kind == ACTION_CREATE;
        uint32_t fields = create ? FIELDS_ALL & ~FIELD_MARKER : action->fields;

        ret->diff = arena_array(a, FIELDS + 1, sizeof(*ret->diff));
        if (!ret->diff)
                return -ENOMEM;
        for (unsigned n = 0; n < FIELDS; n++) {
                FieldChange c = { .field = field_to_string(BIT(n)) };

                if (!(fields & BIT(n)))
                        continue;
                c.to = field_text(a, r->target, BIT(n), action->want);
                if (!c.to || (!create && field_there(a, r, BIT(n), action, p, &c.from) < 0))
                        return -ENOMEM;
                if (!create || *c.to)
                        ret->diff[ret->n_diff++] = c;
        }
        if (*action->message)
                ret->diff[ret->n_diff++] = (FieldChange) { "message", NULL, arena_strdup(a, action->message) };
        return 0;
}

int action_diff(Arena *a, const Remote *r, const Part *p, PlannedAction *ret) {
        const Action *action = &ret->action;

        switch (action->kind) {
        case ACTION_CREATE:
        case ACTION_UPDATE:
                return action->want ? diff_object(a, r, action, p, ret) : 0;
        case ACTION_START:
        case ACTION_COMPLETE:
        case ACTION_CANCEL:
                return diff_state(a, action, ret);
        case ACTION_MESSAGE:
        case ACTION_TELL:
                ret->diff = arena_new0(a, FieldChange);
                if (!ret->diff)
                        return -ENOMEM;
                ret->diff[ret->n_diff++] = (FieldChange) { "message", NULL, arena_strdup(a, action->message) };
                return 0;
        case ACTION_EFFECT:
        case ACTION_ADOPT:
        case ACTION_FORGET:
                break;
        }
        return 0;
}
