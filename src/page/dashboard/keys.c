/*
 * API keys: who has one, a new one, and one that is withdrawn
 *
 * A key is in one answer, and nowhere else: not in the store, not in the log, and a form that is sent twice makes one key and shows it once.
 * Whoever may give out every right must have it: all of this wants a key with *:*.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "page/dashboard/call.h"
#include "page/dashboard/field.h"
#include "page/show/html.h"

#define KEYS DASHBOARD "/keys"

static const struct {
        const char *name;
        Tell tell;
} choices[] = {
        { "maintenance:read", TELL_SCOPE_M_READ },   { "maintenance:write", TELL_SCOPE_M_WRITE }, { "services:read", TELL_SCOPE_S_READ },
        { "services:write", TELL_SCOPE_S_WRITE },    { "subscribers:read", TELL_SCOPE_U_READ },   { "subscribers:write", TELL_SCOPE_U_WRITE },
        { "monitors:read", TELL_SCOPE_O_READ },      { "monitors:write", TELL_SCOPE_O_WRITE },    { "*:*", TELL_SCOPE_EVERYTHING },
};

static void show_key(Visit *x, const KeyRow *k) {
        char scopes[SCOPES_SIZE], made[PHRASE_SIZE];
        FILE *f = x->v.f;

        (void) fputs("<li class=\"line\"><h2>", f);
        html_text(f, k->name);
        (void) fprintf(f, "%s%s%s</h2><a href=\"" KEYS "/%s/remove\">%s<span class=\"comma\"> %s</span></a>\n<p class=\"when\"><code>%s</code> · %s %s</p></li>\n",
                       text_equal(k->name, x->who.name) ? " <span class=\"tag\">" : "", text_equal(k->name, x->who.name) ? tell(x, TELL_YOURS) : "",
                       text_equal(k->name, x->who.name) ? "</span>" : "", k->name, tell(x, TELL_REMOVE), k->name, scopes_format(k->scopes, scopes),
                       tell(x, TELL_MADE), phrase_moment(&x->page->site->voice, k->created_at, x->v.now, made));
}

static void show_new(Visit *x) {
        (void) fprintf(x->v.f, "<h2>%s</h2>\n", tell(x, TELL_NEW_KEY));
        form_begin(x, KEYS);
        field_input(x, &(Field) { .name = "name", .label = TELL_KEY_NAME, .hint = TELL_KEY_NAME_HINT, .required = true,
                                  .attributes = "maxlength=\"64\" autocomplete=\"off\" spellcheck=\"false\"" });
        field_group(x, &(Field) { .name = "scope", .label = TELL_SCOPES, .hint = TELL_SCOPES_HINT });
        (void) fputs("<div class=\"boxes\">\n", x->v.f);
        for (size_t i = 0; i < ARRAY_SIZE(choices); i++)
                field_box(x, "scope", choices[i].name, tell(x, choices[i].tell), false);
        (void) fputs("</div>\n", x->v.f);
        field_group_end(x);
        form_end(x, TELL_NEW_KEY, "main", NULL);
}
_Static_assert(PAGE_KEY_NAME_MAX == 64, "show_new() and the words say this number");

int keys_page(Visit *x) {
        KeyRow *rows = NULL;
        size_t n = 0;
        int r = store_key_list(x->page->store, x->q->arena, &rows, &n);

        if (r < 0)
                return r;
        visit_head(x, tell(x, TELL_KEYS));
        (void) fputs("<ul class=\"panel lines\">\n", x->v.f);
        for (size_t i = 0; i < n; i++)
                show_key(x, &rows[i]);
        (void) fputs("</ul>\n", x->v.f);
        show_new(x);
        return visit_foot(x);
}

static unsigned scopes_entered(const Visit *x) {
        unsigned all = 0, bits;

        for (size_t i = 0; i < x->form.n; i++)
                if (strcmp(x->form.fields[i].name, "scope") == 0 && scopes_parse(x->form.fields[i].value, &bits) >= 0)
                        all |= bits;
        return all;
}

static int show_made(Visit *x, const char *name, const char *text) {
        visit_head(x, tell_fill(x, TELL_KEY_MADE, name));
        (void) fprintf(x->v.f, "<p class=\"lead\">%s</p>\n<pre class=\"secret\" tabindex=\"0\"><code>%s</code></pre>\n<p class=\"buttons\"><a class=\"button\" href=\"" KEYS "\">%s</a></p>\n",
                       tell(x, TELL_KEY_MADE_LONG), text, tell(x, TELL_BACK));
        return visit_foot(x);
}

/* Both or neither: a key that cannot be known for the one of this click would be shown to nobody. */
static int key_store(Visit *x, const Key *key, const char *name) {
        int r = store_begin(x->page->store);

        if (r < 0)
                return r;
        r = store_key_insert(x->page->store, key, name, x->q->now.real);
        if (r >= 0)
                r = visit_once_keep(x, key->id);
        return store_end(x->page->store, r);
}

static int key_add(Visit *x, const char *name, unsigned scopes) {
        char text[KEY_SIZE];
        Key key;
        int r = key_make(text, &key);

        key.scopes = scopes;
        if (r >= 0)
                r = key_store(x, &key, name);
        if (r == -EEXIST) {
                field_wrong(x, "name", tell(x, TELL_KEY_NAME_TAKEN));
                x->a->status = 409;
                r = keys_page(x);
        } else if (r >= 0) {
                log_plain(LOG_NOTICE, "key %s was made at the dashboard", key.id);
                r = show_made(x, name, text);
        }
        explicit_bzero(text, sizeof(text));
        return r;
}

int keys_post(Visit *x) {
        const char *name = text_entered(x, "name"), *done = NULL;
        unsigned scopes = scopes_entered(x);
        int r = visit_once_done(x, &done);

        if (r != 0)
                return r < 0 ? r : visit_message(x, 409, TELL_KEY_MADE_ALREADY, TELL_KEY_MADE_ALREADY_LONG);
        if (!key_name_valid(name))
                field_wrong(x, "name", tell(x, TELL_KEY_NAME_WRONG));
        if (scopes == 0)
                field_wrong(x, "scope", tell(x, TELL_SCOPES_MISSING));
        if (!fields_wrong(x))
                return key_add(x, name, scopes);
        x->a->status = 400;
        return keys_page(x);
}

/* 1: there is such a key. */
static int key_there(Visit *x) {
        KeyRow *rows = NULL;
        size_t n = 0;
        int r = store_key_list(x->page->store, x->q->arena, &rows, &n);

        for (size_t i = 0; i < n && r >= 0; i++)
                if (text_equal(rows[i].name, x->id))
                        return 1;
        return r;
}

int key_remove(Visit *x) {
        int r = key_there(x);

        if (r <= 0)
                return r < 0 ? r : visit_not_found(x);
        return form_question(x, tell_fill(x, TELL_REMOVE_KEY, x->id), TELL_REMOVE_KEY_LONG, text_equal(x->id, x->who.name) ? TELL_REMOVE_OWN_KEY : TELL_NOTHING,
                             TELL_REMOVE, KEYS);
}

int key_remove_post(Visit *x) {
        bool own = text_equal(x->id, x->who.name);
        int r = store_key_delete(x->page->store, x->id);

        if (r < 0 && r != -ENOENT) /* which a second click finds */
                return r;
        if (r >= 0)
                log_plain(LOG_NOTICE, "the key of '%s' was removed at the dashboard", key_name_valid(x->id) ? x->id : "?");
        return visit_go(x, own ? SIGN_IN : KEYS, TELL_KEY_REMOVED);
}
