/*
 * Engine: the plan, what is held, and what people allow
 *
 * The plan is computed when it is asked for, from the same decisions that the engine acts on: a plan that is printed and the plan
 * that is carried out cannot differ. Held changes are named by what they change, never by when: their digest stays until they do.
 */
#include <string.h>

#include "reconcile/crowd.h"
#include "reconcile/engine-internal.h"

/* ── what is held ──────────────────────────────────────────────────────────────────────────────────────────── */

static int held_add(HeldList *l, const Item *i, uint64_t change, const char *what, const char *text) {
        if (l->n == l->allocated) {
                size_t wanted = MAX(l->allocated * 2, (size_t) 8);
                HeldChange *items = arena_array(l->arena, wanted, sizeof(*items));

                if (!items)
                        return -ENOMEM;
                if (l->n)
                        memcpy(items, l->items, l->n * sizeof(*items));
                l->items = items;
                l->allocated = wanted;
        }
        l->items[l->n++] = (HeldChange) { i->key, change, what, text };
        return 0;
}

/* What is held about one item: by the guard, for a twin, for a deletion by hand. */
static int item_held(const Item *i, Arena *a, HeldList *l) {
        char from[RFC3339_SIZE], to[RFC3339_SIZE];
        int r = 0;

        for (unsigned n = 0; n < i->n_parts && r >= 0; n++) {
                const Record *rec = i->parts[n].record;
                uint64_t held;

                if (!rec)
                        continue;
                held = record_live(rec) ? rec->held : 0; /* a held window goes on, and may be over by now */
                if (held && held == item_cancel_hash(i, rec))
                        r = held_add(l, i, held, "cancel", arena_printf(a, "cancel %s", rec->title));
                else if (held && i->window)
                        r = held_add(l, i, held, "move",
                                     arena_printf(a, "move %s from %s to %s", rec->title, rfc3339_format(rec->start, from), rfc3339_format(i->window->start, to)));
                if (rec->status == RECORD_GONE && i->trouble == TROUBLE_GONE && i->window && r >= 0)
                        r = held_add(l, i, change_hash("gone", i->key, rec->generation, i->window->start, i->window->end), "gone",
                                     arena_printf(a, "publish %s again, which was deleted there", rec->title));
        }
        if (r >= 0 && i->trouble == TROUBLE_ALREADY_THERE && i->window)
                r = held_add(l, i, change_hash("already there", i->key, 0, i->window->start, i->window->end), "already there",
                             arena_printf(a, "publish another %s beside the one of someone else", i->window->title));
        return r;
}

static int compare_held(const void *a, const void *b) {
        const HeldChange *x = a, *y = b;
        int r = key_compare(x->key, y->key);

        return r ? r : x->change < y->change ? -1 : x->change > y->change;
}

int remote_held(const Remote *r, HeldList *l, uint64_t *ret_digest) {
        uint64_t digest = hash_text(HASH_SEED, r->identity);

        for (const Item *i = r->items; i; i = i->next_of_remote) {
                int q = item_held(i, l->arena, l);

                if (q < 0)
                        return q;
        }
        if (l->n)
                qsort(l->items, l->n, sizeof(*l->items), compare_held);
        for (size_t k = 0; k < l->n; k++)
                digest = hash_u64(digest, l->items[k].change);
        *ret_digest = l->n ? (digest ? digest : 1) : 0;
        return 0;
}

uint64_t clock_digest(const Engine *e) {
        return hash_text(HASH_SEED, e->clock_problem ? e->clock_problem : "");
}

/* Of each object that has a twin there another may be published: a record that stands for nothing yet carries the word. */
static int approve_twins(Engine *e, Now now, Item *i, const HeldChange *h) {
        auto_(arena_free) Arena *a = arena_new();
        const char *problem;
        Object *objects;
        size_t n = 0;
        int r = a ? item_project(i, a, &objects, &n, &problem) : -ENOMEM;

        for (size_t k = 0; k < n && r >= 0; k++) {
                Part *p = twin_of(i->remote, &objects[k]) ? item_part(i, objects[k].part) : NULL;
                Record *rec;

                if (!p || (p->record && !record_unpublished(p->record)))
                        continue;
                rec = record_new(e, i, p);
                if (!rec)
                        return -ENOMEM;
                rec->approved = h->change;
                rec->start = i->window->start;
                rec->end = i->window->end;
                r = save(e, now, ENTRY_APPROVAL, i, rec, ACTION_CREATE, h->text, NULL);
        }
        item_dirty(e, i);
        return r;
}

static int approve_item(Engine *e, Now now, Item *i, const HeldChange *h) {
        Part *p = NULL;
        Record *rec;

        for (unsigned n = 0; n < i->n_parts; n++) {
                rec = i->parts[n].record;
                if (!rec || (rec->held != h->change && (strcmp(h->what, "gone") != 0 || rec->status != RECORD_GONE)))
                        continue;
                rec->approved = h->change;
                rec->held = 0;
                item_dirty(e, i);
                if (save(e, now, ENTRY_APPROVAL, i, rec, ACTION_UPDATE, h->text, NULL) < 0)
                        return -ENOMEM;
                p = &i->parts[n];
        }
        if (strcmp(h->what, "already there") != 0)
                return p ? say(e, EVENT_APPROVED, 5, i->remote, i, p, "approved: %s", h->text) : 0;
        if (approve_twins(e, now, i, h) < 0)
                return -ENOMEM;
        return say(e, EVENT_APPROVED, 5, i->remote, i, NULL, "approved: %s", h->text);
}

int engine_told_approval(Engine *e, Now now, uint64_t digest) {
        auto_(arena_free) Arena *a = arena_new();

        if (!a)
                return -ENOMEM;
        if (e->clock_held && digest == clock_digest(e)) {
                e->clock_held = false;
                e->clock_approved = true;
                (void) set_text(&e->clock_problem, NULL);
                for (Remote *r = e->remotes; r; r = r->next)
                        for (Item *i = r->items; i; i = i->next_of_remote)
                                item_dirty(e, i);
                return say(e, EVENT_CLOCK_TRUSTED, 5, NULL, NULL, NULL, "the clock has been approved");
        }
        for (Remote *r = e->remotes; r; r = r->next) {
                HeldList l = { .arena = a };
                uint64_t d;
                int q = remote_held(r, &l, &d);

                if (q < 0)
                        return q;
                if (d == 0 || d != digest)
                        continue;
                for (size_t k = 0; k < l.n && q >= 0; k++)
                        q = approve_item(e, now, item_find(r, l.items[k].key), &l.items[k]);
                r->gone_reported = 0;
                return q;
        }
        return -ENOENT;
}

int engine_told_adopt_manifest(Engine *e, Now now, const char *target, const char *manifest) {
        const Source *s = source_find(e, manifest);
        bool found = false;

        for (Item *i = s ? s->items : NULL; i; i = i->next_of_source) {
                if (!i->remote->target || strcmp(i->remote->target->name, target) != 0)
                        continue;
                found = i->adopt = i->adopt_next = true;
                wish(&i->remote->list);
                item_dirty(e, i);
        }
        return found ? 0 : -ENOENT;
}

int engine_told_adopt(Engine *e, Now now, const char *target) {
        bool found = false;

        for (Remote *r = e->remotes; r; r = r->next) {
                if (!r->target || (target && strcmp(r->target->name, target) != 0))
                        continue;
                found = r->adopting = true;
                wish(&r->list);
                for (Item *i = r->items; i; i = i->next_of_remote) {
                        i->adopt = true;
                        item_dirty(e, i);
                }
        }
        if (!found && target)
                return -ENOENT;
        if (!target && e->config.writes_blocked) {
                e->config.writes_blocked = false;
                return say(e, EVENT_ADOPTED, 5, NULL, NULL, NULL, "the ledger belongs to this machine now");
        }
        return 0;
}

/* ── the plan ──────────────────────────────────────────────────────────────────────────────────────────────── */

static bool told_of(const Window *w, ActionKind kind, const Action *a) {
        if (!w)
                return true;
        switch (kind) {
        case ACTION_CREATE:
                return a->state == STATE_IN_PROGRESS ? w->notify->started : w->notify->scheduled;
        case ACTION_UPDATE:
                return w->notify->updated;
        case ACTION_START:
                return w->notify->started;
        case ACTION_COMPLETE:
                return w->notify->completed;
        case ACTION_CANCEL:
                return w->notify->cancelled;
        case ACTION_MESSAGE:
        case ACTION_TELL:
                return true;
        case ACTION_EFFECT:
        case ACTION_ADOPT:
        case ACTION_FORGET:
                break;
        }
        return false;
}

bool action_notifies(const Capabilities *can, const Action *a) {
        bool silent = a->quiet && (can->quietable & BIT(a->kind));

        return (can->notifies & BIT(a->kind)) && !silent && told_of(a->window, a->kind, a);
}

static void field_line(FILE *f, Arena *a, uint32_t field, const Object *o, const Window *w, const Record *r) {
        char from[RFC3339_SIZE], to[RFC3339_SIZE];
        const char *name = field_to_string(field);

        if (field == FIELD_START || field == FIELD_END) {
                usec_t old = !r ? 0 : field == FIELD_START ? r->applied.start : r->applied.end, new = field == FIELD_START ? o->start : o->end;

                (void) fprintf(f, "%s: %s%s%s\n", name, r ? rfc3339_format(old, from) : "", r ? " → " : "", rfc3339_format(new, to));
        } else if (field == FIELD_TITLE) {
                (void) fprintf(f, "%s: %s%s%s\n", name, r ? r->title : "", r ? " → " : "", text_or(o->title, ""));
        } else if (field == FIELD_SERVICES) {
                const Strv *services = w ? &w->services : &o->services; /* people know the catalogue's names, not the target's ids */

                (void) fprintf(f, "%s:", name);
                for (size_t n = 0; n < services->n; n++)
                        (void) fprintf(f, "%s %s", n ? "," : "", services->items[n]);
                (void) fputc('\n', f);
        } else if (field == FIELD_IMPACT && o->impact && *o->impact) {
                (void) fprintf(f, "%s: %s\n", name, o->impact);
        } else if (field == FIELD_REMINDERS && o->reminders && *o->reminders) {
                (void) fprintf(f, "%s: %s before\n", name, text_or(reminders_text(a, o->reminders), "?"));
        } else if (r) {
                (void) fprintf(f, "%s: changed\n", name);
        }
}

/* Field by field, one a line, without a final newline. */
static const char *action_text(Arena *a, const Action *action) {
        uint32_t fields = action->kind == ACTION_CREATE ? FIELDS_ALL & ~(FIELD_MARKER | FIELD_EXTRA) : action->fields;
        auto_(free) char *text = NULL;
        size_t size = 0;
        FILE *f;

        if (!action->want || (action->kind != ACTION_CREATE && action->kind != ACTION_UPDATE))
                return *action->message ? arena_printf(a, "message: %s", action->message) : "";
        f = open_memstream(&text, &size);
        if (!f)
                return NULL;
        for (unsigned n = 0; n < FIELDS; n++)
                if (fields & BIT(n))
                        field_line(f, a, BIT(n), action->want, action->window, action->kind == ACTION_CREATE ? NULL : action->record);
        if (*action->message)
                (void) fprintf(f, "message: %s\n", action->message);
        if (fclose(f) != 0)
                return NULL;
        while (size > 0 && text[size - 1] == '\n')
                text[--size] = '\0';
        return arena_strdup(a, text);
}

typedef struct PlanBuilder { const Engine *e; Now now; Arena *a; Plan *plan; size_t actions, problems; } PlanBuilder;

static int add_action(PlanBuilder *b, const Item *i, const PartPlan *pp) {
        Plan *p = b->plan;
        PlannedAction *pa;

        if (p->n_actions == b->actions) {
                size_t wanted = MAX(b->actions * 2, (size_t) 16);
                PlannedAction *more = arena_array(b->a, wanted, sizeof(*more));

                if (!more)
                        return -ENOMEM;
                if (p->n_actions)
                        memcpy(more, p->actions, p->n_actions * sizeof(*more));
                p->actions = more;
                b->actions = wanted;
        }
        pa = &p->actions[p->n_actions++];
        *pa = (PlannedAction) { .action = pp->d.action };
        pa->action.reason = pp->d.reason;
        if (pp->want)
                pa->action.want = &pp->d.want;
        pa->text = action_text(b->a, &pa->action);
        return pa->text ? action_diff(b->a, i->remote, pp->p, pa) : -ENOMEM;
}

static int add_problem(PlanBuilder *b, WindowKey key, const char *text) {
        Plan *p = b->plan;

        if (p->n_problems == b->problems) {
                size_t wanted = MAX(b->problems * 2, (size_t) 8);
                Problem *more = arena_array(b->a, wanted, sizeof(*more));

                if (!more)
                        return -ENOMEM;
                if (p->n_problems)
                        memcpy(more, p->problems, p->n_problems * sizeof(*more));
                p->problems = more;
                b->problems = wanted;
        }
        p->problems[p->n_problems++] = (Problem) { key, text };
        return 0;
}

static int compare_actions(const void *a, const void *b) {
        return action_compare(&((const PlannedAction *) a)->action, &((const PlannedAction *) b)->action);
}

static int compare_problems(const void *a, const void *b) {
        return key_compare(((const Problem *) a)->key, ((const Problem *) b)->key);
}

typedef struct Create { Action *of; size_t place; } Create;

static int compare_creates(const void *a, const void *b) {
        const Create *x = a, *y = b;
        int r = strcmp(x->of->key.manifest, y->of->key.manifest);

        return r ? r : x->place < y->place ? -1 : 1;
}

/* The first new window of a recurring manifest is announced, the rest of the pass is quiet. */
static int quiet_series(Plan *p, Arena *a) {
        Create *creates = arena_array(a, MAX(p->n_actions, (size_t) 1), sizeof(*creates));
        size_t n = 0;

        if (!creates)
                return -ENOMEM;
        for (size_t k = 0; k < p->n_actions; k++)
                if (p->actions[k].action.kind == ACTION_CREATE)
                        creates[n++] = (Create) { &p->actions[k].action, k };
        if (n)
                qsort(creates, n, sizeof(*creates), compare_creates);
        for (size_t k = 1; k < n; k++) {
                Action *later = creates[k].of;

                if (later->window && later->window->recurring && later->state == STATE_SCHEDULED &&
                    strcmp(later->key.manifest, creates[k - 1].of->key.manifest) == 0)
                        later->quiet = true;
        }
        return 0;
}

const char *trouble_text(Trouble t) {
        static const char *const texts[] = {
                [TROUBLE_NONE] = "", [TROUBLE_SUSPENDED] = "suspended", [TROUBLE_ALREADY_THERE] = "already there, by someone else",
                [TROUBLE_CLAIMED] = "claimed by another ledger", [TROUBLE_GONE] = "deleted there by someone", [TROUBLE_DIVERGED] = "changed there by someone",
                [TROUBLE_MOVED_INTO_PAST] = "moved into the past", [TROUBLE_MISSED] = "missed: not started by anyone", [TROUBLE_OVERRUNNING] = "overrunning: waits for a person to complete it",
                [TROUBLE_HELD] = "held by the guard", [TROUBLE_HEAL_LIMIT] = "keeps being changed there", [TROUBLE_REFUSED] = "refused by the target",
        };

        return texts[t];
}

/* ── remarks: what the limit will make late, which names have changed ─────────────────────────────────────────────────────────────────────────────── */

#define CROWDS_SHOWN 5u

typedef struct Dues { usec_t *items; size_t n, allocated; } Dues;

static int due_add(Dues *d, usec_t t, Now now) {
        if (t <= now.real)
                return 0;
        if (list_grow(&d->items, d->n, &d->allocated, sizeof(usec_t)) < 0)
                return -ENOMEM;
        d->items[d->n++] = t;
        return 0;
}

/* The start and end of one part, where they are ours to write. */
static int dues_of(const Item *i, const PartPlan *pp, Now now, Dues *d) {
        unsigned ours = i->remote->can.writes & ~i->remote->can.moves;
        const Record *rec = pp->p ? pp->p->record : NULL;
        const Window *w = i->window;
        int q = 0;

        if (!w || !pp->want || w->suspend || state_final(pp->d.wanted) || (rec && rec->status == RECORD_GONE))
                return 0;
        if (w->auto_start && (ours & BIT(STATE_IN_PROGRESS)) && (!rec || rec->left == STATE_SCHEDULED))
                q = due_add(d, pp->want->start, now);
        if (q >= 0 && w->auto_complete && (ours & BIT(STATE_COMPLETED)))
                q = due_add(d, pp->want->end, now);
        return q;
}

static int compare_instants(const void *a, const void *b) {
        usec_t x = *(const usec_t *) a, y = *(const usec_t *) b;

        return x < y ? -1 : x > y;
}

static void remark_names(const Remote *r, Arena *a, Plan *plan) {
        for (size_t k = 0; k < r->target->n_known; k++) {
                const char *text = target_known_remark(r->target, &r->target->known[k], a);

                if (text)
                        plan->remarks[plan->n_remarks++] = (Problem) { { "", "" }, text };
        }
}

static int remark(const Remote *r, const Dues *d, Arena *a, Plan *plan) {
        Crowd crowds[CROWDS_SHOWN];
        char t[RFC3339_SIZE], span[SPAN_SIZE];
        size_t n;

        if (d->n)
                qsort(d->items, d->n, sizeof(*d->items), compare_instants);
        n = MIN(crowds_find(d->items, d->n, r->writes.per_min, crowds, CROWDS_SHOWN), (size_t) CROWDS_SHOWN);
        plan->remarks = arena_array(a, n + r->target->n_known + 1, sizeof(*plan->remarks));
        if (!plan->remarks)
                return -ENOMEM;
        for (size_t k = 0; k < n; k++) {
                const char *text = arena_printf(a, "%zu transitions are due at %s, but only %u writes a minute are taken: the last will be %s late",
                                                crowds[k].n, rfc3339_format(crowds[k].due, t), r->writes.per_min, span_format(crowds[k].late, true, span));

                if (!text)
                        return -ENOMEM;
                plan->remarks[plan->n_remarks++] = (Problem) { { "", "" }, text };
        }
        remark_names(r, a, plan);
        return 0;
}

static int plan_items(const Engine *e, Now now, const Remote *r, PlanBuilder *b, Dues *dues) {
        Plan *plan = b->plan;
        int q = 0;

        for (const Item *i = r->items; i && q >= 0; i = i->next_of_remote) {
                const char *problem;
                PartPlan *plans;
                size_t n;

                q = item_decide(e, now, i, b->a, &plans, &n, &problem);
                if (q >= 0 && problem)
                        q = add_problem(b, i->key, problem);
                for (size_t k = 0; k < n && q >= 0; k++) {
                        plan->next = MIN(plan->next, plans[k].d.next);
                        if (plans[k].d.step == STEP_ACT && !(plans[k].p && plans[k].p->flight))
                                q = add_action(b, i, &plans[k]);
                        if (q >= 0 && plans[k].d.trouble != TROUBLE_NONE && plans[k].d.trouble != TROUBLE_SUSPENDED)
                                q = add_problem(b, i->key, trouble_text(plans[k].d.trouble));
                        if (q >= 0)
                                q = dues_of(i, &plans[k], now, dues);
                }
        }
        return q;
}

static int plan_remote(const Engine *e, Now now, const Remote *r, Arena *a, Plan *plan) {
        PlanBuilder b = { e, now, a, plan, 0, 0 };
        HeldList held = { .arena = a };
        Dues dues = { 0 };
        int q;

        *plan = (Plan) { .target = r->target->name, .next = USEC_INFINITY };
        q = plan_items(e, now, r, &b, &dues);
        if (q >= 0)
                q = remark(r, &dues, a, plan);
        free(dues.items);
        if (q >= 0)
                q = remote_held(r, &held, &plan->digest);
        if (q < 0)
                return q;
        plan->held = held.items;
        plan->n_held = held.n;
        if (plan->n_actions)
                qsort(plan->actions, plan->n_actions, sizeof(*plan->actions), compare_actions);
        if (plan->n_problems)
                qsort(plan->problems, plan->n_problems, sizeof(*plan->problems), compare_problems);
        q = quiet_series(plan, a);
        if (q < 0)
                return q;
        for (size_t k = 0; k < plan->n_actions; k++) {
                plan->actions[k].notifies = action_notifies(&r->can, &plan->actions[k].action);
                plan->notices += plan->actions[k].notifies;
        }
        return 0;
}

int engine_plan(const Engine *e, Now now, Arena *a, Plan **ret, size_t *ret_n) {
        size_t n = 0;
        Plan *plans;

        for (const Remote *r = e->remotes; r; r = r->next)
                n += r->target != NULL;
        plans = arena_array(a, MAX(n, (size_t) 1), sizeof(*plans));
        if (!plans)
                return -ENOMEM;
        n = 0;
        for (const Remote *r = e->remotes; r; r = r->next)
                if (r->target) {
                        int q = plan_remote(e, now, r, a, &plans[n++]);

                        if (q < 0)
                                return q;
                }
        *ret = plans;
        *ret_n = n;
        return 0;
}
