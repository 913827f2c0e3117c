/*
 * Secrets: a small cache in front of secret_read()
 *
 * The look-up order is base/secret.c's. A failure is not kept: a credential that appears later is found at its next use.
 */
#include "daemon/secrets.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/text.h"
#include "io/http.h"

typedef struct Cached {
        char *token;
        char *content; /* NULL: it could not be read */
} Cached;

struct Secrets {
        char *config_dir;
        Cached *items;
        size_t n;
};

/* The leak check of AddressSanitizer looks at its own process as a debugger would. */
#if defined(__SANITIZE_ADDRESS__)
#define CHECKED_FOR_LEAKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHECKED_FOR_LEAKS 1
#endif
#endif
#ifndef CHECKED_FOR_LEAKS
#define CHECKED_FOR_LEAKS 0
#endif

/* What a core dump or another process of our user could read is to hold no credential: neither of them gets our memory. */
static void protect_memory(void) {
        (void) setrlimit(RLIMIT_CORE, &(struct rlimit) { 0, 0 });
        if (!CHECKED_FOR_LEAKS)
                (void) prctl(PR_SET_DUMPABLE, 0);
}

int secrets_new(const char *config_dir, Secrets **ret) {
        auto_(secrets_free) Secrets *s = calloc(1, sizeof(Secrets));

        if (!s)
                return -ENOMEM;
        s->config_dir = strdup(config_dir);
        if (!s->config_dir)
                return -ENOMEM;
        protect_memory();
        *ret = STEAL(s);
        return 0;
}

void secrets_forget(Secrets *s) {
        for (size_t i = 0; i < s->n; i++) {
                free(s->items[i].token);
                secret_free(s->items[i].content);
        }
        free(s->items);
        s->items = NULL;
        s->n = 0;
}

Secrets *secrets_free(Secrets *s) {
        if (s) {
                secrets_forget(s);
                free(s->config_dir);
                free(s);
        }
        return NULL;
}

static Cached *secrets_find(Secrets *s, const char *token) {
        for (size_t i = 0; i < s->n; i++)
                if (strcmp(s->items[i].token, token) == 0)
                        return &s->items[i];
        return NULL;
}

static int secrets_add(Secrets *s, const char *token, Cached **ret) {
        Cached *more = reallocarray(s->items, s->n + 1, sizeof(Cached));
        char *name = strdup(token);

        if (more)
                s->items = more;
        if (!more || !name) {
                free(name);
                return -ENOMEM;
        }
        s->items[s->n] = (Cached) { .token = name };
        *ret = &s->items[s->n++];
        return 0;
}

int secrets_get(void *userdata, const char *token, char **ret, char **reterr) {
        Secrets *s = userdata;
        Cached *c = secrets_find(s, token);
        int r = c ? 0 : secrets_add(s, token, &c);

        if (r < 0)
                return r;
        if (!c->content) {
                r = secret_read(s->config_dir, token, &c->content, reterr);
                if (r < 0)
                        return r;
        }
        *ret = strdup(c->content);
        return *ret ? 0 : -ENOMEM;
}

int secrets_refresh(Secrets *s, const char *token) {
        Cached *c = secrets_find(s, token);
        char *content = NULL, *why = NULL;
        bool changed;
        int r;

        if (!c)
                return 0;
        r = secret_read(s->config_dir, token, &content, &why);
        free(why); /* whoever uses it next is told */
        if (r == -ENOMEM)
                return r;
        changed = !content != !c->content || (content && strcmp(content, c->content) != 0);
        secret_free(c->content);
        c->content = content;
        return changed;
}
