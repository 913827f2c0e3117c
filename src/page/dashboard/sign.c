/*
 * Signing in and out
 *
 * Whoever shows a key gets a new token, whatever cookie came along: a token that somebody else has put into the browser is worth nothing
 * after it. Only failures are counted, for each client; after PAGE_FORM_POSTS_MAX of them even the right key waits for the end of the round.
 */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "page/dashboard/dashboard.h"
#include "page/dashboard/field.h"
#include "page/dashboard/token.h"
#include "page/rest/api.h"

_Static_assert(CSRF_SIZE == TOKEN_MAC_SIZE, "forms carry a token's MAC");

/* A browser that is told "__Host-" takes the cookie over TLS alone, from this very host, and lets no other host write it. */
static bool over_tls(const Visit *x) {
        return x->page->site->url && text_starts(x->page->site->url, "https://");
}

static const char *cookie_name(const Visit *x) {
        return over_tls(x) ? "__Host-maintd" : "maintd";
}

static void cookie_set(Visit *x, const char *token, unsigned seconds) {
        response_header(x->a, "Set-Cookie", arena_printf(x->q->arena, "%s=%s; Path=%s; Max-Age=%u; HttpOnly; SameSite=Strict%s", cookie_name(x), token,
                                                         over_tls(x) ? "/" : DASHBOARD, seconds, over_tls(x) ? "; Secure" : ""));
}

/* 1 and the hash of the token that the request carries; 0: it has none. */
static int cookie_hash(const Visit *x, char token[static SESSION_TOKEN_SIZE], unsigned char ret[static SHA256_SIZE]) {
        if (token_from_cookie(request_header(x->q, "Cookie"), cookie_name(x), token) < 0)
                return 0;
        sha256(token, strlen(token), ret);
        return 1;
}

/* On a disk that is full, people can still look. */
static void note_seen(const Visit *x, const unsigned char hash[static SHA256_SIZE], const Session *s) {
        usec_t now = x->q->now.real;
        int r = usec_sub(now, s->seen_at) >= SESSION_SEEN_EVERY ? store_session_seen(x->page->store, hash, now) : 0;

        if (r < 0)
                log_plain(LOG_WARNING, "a session of the dashboard ends early, for it cannot be noted that it is in use: %s (%s)",
                          strerror(-r), store_error(x->page->store));
}

int visit_recognise(Visit *x) {
        unsigned char hash[SHA256_SIZE];
        char token[SESSION_TOKEN_SIZE];
        Session s;
        int r;

        if (!cookie_hash(x, token, hash))
                return 0;
        r = store_session_get(x->page->store, x->q->arena, hash, &s);
        if (r >= 0 && session_alive(&s, x->q->now.real)) {
                x->who = s;
                x->q->who = s.name;
                (void) token_mac(token, x->csrf);
                note_seen(x, hash, &s);
        }
        explicit_bzero(token, sizeof(token));
        return r == -ENOENT ? 0 : r;
}

bool visit_csrf_holds(const Visit *x) {
        return token_mac_equal(x->csrf, form_value(&x->form, "csrf"));
}

/* Where to go after it: a path of ours, or NULL. */
static const char *wanted_path(const Visit *x) {
        const char *next = x->q->method == METHOD_GET ? request_query(x->q, "next") : form_value(&x->form, "next");

        return next && dashboard_knows(next) && strspn(next, "abcdefghijklmnopqrstuvwxyz0123456789/_-") == strlen(next) ? next : NULL;
}

int visit_sign_in(Visit *x) {
        const char *next = wanted_path(x);

        if (x->who.key != 0 && x->q->method == METHOD_GET)
                return visit_go(x, next ? next : DASHBOARD, TELL_NOTHING);
        visit_head(x, tell(x, TELL_SIGN_IN));
        (void) fprintf(x->v.f, "<p class=\"lead\">%s</p>\n", tell(x, TELL_SIGN_IN_LONG));
        form_begin(x, SIGN_IN);
        if (next)
                form_hidden(x, "next", next);
        field_input(x, &(Field) { .name = "key", .label = TELL_KEY, .type = "password", .attributes = "autocomplete=\"current-password\"",
                                  .required = true });
        form_end(x, TELL_SIGN_IN, "main", NULL);
        return visit_foot(x);
}

static void client_address(const Visit *x, unsigned char ret[static ADDRESS_BYTES]) {
        unsigned char peer[ADDRESS_BYTES];
        bool local = request_peer(x->q, peer) != 0;

        visitor_address(&x->page->site->notices.proxies, local ? NULL : peer, request_header_all(x->q, "X-Forwarded-For"), ret);
}

static int begin_session(Visit *x, const Key *key) {
        unsigned char hash[SHA256_SIZE], old[SHA256_SIZE];
        char token[SESSION_TOKEN_SIZE], before[SESSION_TOKEN_SIZE];
        int r = token_make(token);

        if (r >= 0)
                r = store_begin(x->page->store);
        if (r < 0)
                return r;
        sha256(token, strlen(token), hash);
        if (cookie_hash(x, before, old))
                r = store_session_remove(x->page->store, old);
        if (r >= 0)
                r = store_session_add(x->page->store, hash, key->seq, x->q->now.real);
        r = store_end(x->page->store, r);
        if (r >= 0)
                cookie_set(x, token, (unsigned) (SESSION_LIFE / USEC_PER_SEC));
        explicit_bzero(token, sizeof(token));
        return r;
}

static int refuse(Visit *x, const unsigned char address[static ADDRESS_BYTES]) {
        usec_t wait;

        (void) visitors_take(x->page->strangers, address, x->q->now.boot, &wait);
        log_plain(LOG_NOTICE, "somebody could not sign in at the dashboard: the key is not known");
        x->a->status = 401;
        response_header(x->a, "WWW-Authenticate", "Cookie realm=\"maintd-page\"");
        field_wrong(x, "key", tell(x, TELL_KEY_WRONG));
        return visit_sign_in(x);
}

int visit_sign_in_post(Visit *x) {
        const char *text = text_or(form_value(&x->form, "key"), ""), *next = wanted_path(x);
        unsigned char address[ADDRESS_BYTES];
        usec_t wait;
        Key key;
        int r;

        client_address(x, address);
        if (!visitors_may(x->page->strangers, address, x->q->now.boot, &wait)) {
                response_header(x->a, "Retry-After", arena_printf(x->q->arena, "%" PRIu64, wait / USEC_PER_SEC + 1));
                return visit_message(x, 429, TELL_TOO_MANY_ATTEMPTS, TELL_TOO_MANY_ATTEMPTS_LONG);
        }
        text += strspn(text, " \t\r\n");
        text = arena_strndup(x->q->arena, text, strcspn(text, " \t\r\n"));
        r = text ? key_known(x->page, text, &key) : -ENOMEM;
        if (r == 0)
                return refuse(x, address);
        if (r > 0)
                r = begin_session(x, &key);
        if (r < 0)
                return r;
        log_plain(LOG_INFO, "key %s has signed in at the dashboard", key.id);
        return visit_go(x, next ? next : DASHBOARD, TELL_NOTHING);
}

int visit_sign_out(Visit *x) {
        unsigned char hash[SHA256_SIZE];
        char token[SESSION_TOKEN_SIZE];
        int r = cookie_hash(x, token, hash) ? store_session_remove(x->page->store, hash) : 0;

        if (r < 0)
                return r;
        cookie_set(x, "", 0);
        return visit_go(x, SIGN_IN, TELL_SIGNED_OUT);
}
