/*
 * start, complete, cancel, extend, update, suspend, resume: a person's word, written into the manifest
 */
#include <string.h>

#include "base/text.h"
#include "ctl/finish.h"
#include "ctl/words.h"

static Word word_of(const Verb *v) {
        static const struct { const char *name; Word word; } words[] = {
                { "start", WORD_START }, { "complete", WORD_COMPLETE }, { "cancel", WORD_CANCEL }, { "extend", WORD_EXTEND },
                { "update", WORD_UPDATE }, { "suspend", WORD_SUSPEND }, { "resume", WORD_RESUME },
        };
        size_t i = 0;

        while (strcmp(words[i].name, v->name) != 0)
                i++;
        return words[i].word;
}

/* A manifest as a whole is suspended, not one window of it. */
static int pick(const Ctl *ctl, const Site *s, Word word, Picked *ret) {
        const Manifest *m;
        int r;

        if (word != WORD_SUSPEND && word != WORD_RESUME)
                return pick_window(ctl, s, ctl->args[0], ret);
        r = pick_manifest(s, ctl->args[0], &m);
        if (r < 0)
                return r;
        *ret = (Picked) { .m = m, .override = -1 };
        (void) snprintf(ret->id, sizeof(ret->id), "%s", m->id);
        (void) snprintf(ret->key, sizeof(ret->key), "%s", m->id);
        return 0;
}

/* The file as it is may not be what is in force. */
static int of_this_file(const Site *s, const Manifest *m) {
        for (size_t i = 0; i < s->last.n_sets; i++)
                if (strcmp(s->last.sets[i].set->manifest, m->id) == 0 && s->last.sets[i].status == DESIRED_GOOD)
                        return 0;
        (void) fprintf(stderr, "maintctl: %s is refused as its file stands now: maintctl lint\n", m->id);
        return -EINVAL;
}

static int edit(const Ctl *ctl, Arena *a, const Picked *w, const Wording *words, Edited *e) {
        const char *text, *why;
        size_t n;
        int r = edit_apply(a, e->before, e->n_before, w->m->origin.line, words->edits, words->n_edits, &text, &n, &why);

        if (r < 0) {
                (void) fprintf(stderr, "maintctl: %s:%u: this cannot be edited by maintctl: %s; edit it by hand\n", e->path, w->m->origin.line, why);
                return r;
        }
        e->after = strdup(text);
        e->n_after = n;
        return e->after ? 0 : -ENOMEM;
}

static int words_for(const Ctl *ctl, const Site *s, Arena *a, const Picked *w, Wording *ret) {
        WordInput in = { .word = word_of(ctl->verb), .window = w, .now = ctl->now, .message = ctl->message, .by = ctl->by, .end = ctl->end };
        int r;

        if (in.word == WORD_EXTEND && !in.by == !in.end) {
                (void) fprintf(stderr, "maintctl: extend: either --by SPAN or --end TIME\n");
                return -EINVAL;
        }
        r = zones_get(s->zones, w->m->timezone, &in.zone);
        if (r >= 0)
                r = words_make(a, &in, ret);
        if (r >= 0 && ret->problem) {
                (void) fprintf(stderr, "maintctl: %s: %s\n", w->key, ret->problem);
                r = -EINVAL;
        }
        return r;
}

int verb_edit(Ctl *ctl) {
        auto_(arena_free) Arena *a = arena_new();
        auto_(site_free) Site *s = NULL;
        Edited e = { 0 };
        Wording words;
        Picked w;
        int status = EXIT_FAILED;

        if (!a || local_open(ctl, SITE_LEDGER_NONE, true, &s) < 0)
                return EXIT_FAILED;
        if (pick(ctl, s, word_of(ctl->verb), &w) < 0 || of_this_file(s, w.m) < 0 || words_for(ctl, s, a, &w, &words) < 0)
                return EXIT_FAILED;
        if (edited_open(s, w.m->origin.file, false, &e) < 0)
                return EXIT_FAILED;
        if (edit(ctl, a, &w, &words, &e) >= 0)
                status = finish_edit(ctl, s, &e, &(Finish) { w.id, w.key, words.summary, w.m->origin.line });
        edited_done(&e);
        return status;
}
