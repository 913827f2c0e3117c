/*
 * A wish: somebody wants an address to be told, and the address is asked
 */
#include "page/subscribe/wish.h"

#include <string.h>

#include "base/text.h"

static const char *joined(Arena *a, const char *const *ids, size_t n) {
        char *text = arena_alloc(a, n * ID_SIZE + 1), *p = text;

        for (size_t i = 0; i < n && p; i++)
                p += snprintf(p, ID_SIZE + 1, "%s%s", i > 0 ? " " : "", ids[i]);
        return text;
}

int wish_make(Store *s, Arena *a, WishBy by, const char *endpoint, const char *const *service_ids, size_t n, usec_t now) {
        const char *services = joined(a, service_ids, n);
        size_t all = 0, own = 0;
        int r = services ? store_wish_count(s, by, endpoint, usec_sub(now, WISH_VALID), &all, &own) : -ENOMEM;

        if (r < 0)
                return r;
        if (all >= PAGE_WISHES_MAX)
                return -EUSERS;
        if (own >= PAGE_WISHES_OWN_MAX && by == WISH_BY_KEY)
                return -EDQUOT;
        return store_wish_add(s, by, endpoint, services, own < PAGE_WISHES_OWN_MAX, now);
}

int wish_find(Store *s, Arena *a, const char *token, usec_t now, Wish *ret) {
        unsigned char hash[SHA256_SIZE];

        if (strlen(token) != TOKEN_CHARS)
                return -ENOENT;
        sha256(token, TOKEN_CHARS, hash);
        return store_wish_by_token(s, a, hash, usec_sub(now, WISH_VALID), ret);
}

/* Those of its services that still exist; -ENOENT: none of them, and none would mean all. */
static int services_of(Store *s, Arena *a, const Wish *wish, int64_t **ret, size_t *ret_n) {
        char *text = arena_strdup(a, wish->services);
        int64_t *seqs = arena_array(a, strlen(wish->services) / 2 + 1, sizeof(*seqs));
        size_t n = 0;

        if (!text || !seqs)
                return -ENOMEM;
        for (char *save = NULL, *id = strtok_r(text, " ", &save); id; id = strtok_r(NULL, " ", &save)) {
                Service service;
                int r = store_service_by_id(s, a, id, &service);

                if (r < 0 && r != -ENOENT)
                        return r;
                if (r >= 0)
                        seqs[n++] = service.seq;
        }
        if (*wish->services && n == 0)
                return -ENOENT;
        *ret = seqs;
        *ret_n = n;
        return 0;
}

static int subscribe(Store *s, Arena *a, const Wish *wish, usec_t now, Subscriber *ret) {
        size_t n = 0;
        int r = store_subscriber_count(s, &n);

        if (r >= 0 && n >= PAGE_SUBSCRIBERS_MAX)
                r = -EUSERS;
        *ret = (Subscriber) { .kind = SUBSCRIBER_EMAIL, .endpoint = wish->endpoint, .created_at = now, .confirmed_at = now };
        return r < 0 ? r : store_subscriber_insert(s, a, ret, now);
}

int wish_fulfil(Store *s, Arena *a, const Wish *wish, usec_t now, Subscriber *ret) {
        int64_t *services = NULL;
        Subscriber found;
        size_t n = 0;
        int r = services_of(s, a, wish, &services, &n);

        if (r < 0)
                return r;
        r = store_subscriber_by_endpoint(s, a, SUBSCRIBER_EMAIL, wish->endpoint, &found);
        if (r == -ENOENT)
                r = subscribe(s, a, wish, now, &found);
        else if (r >= 0 && found.confirmed_at == 0)
                r = store_subscriber_confirm(s, found.seq, now);
        if (r >= 0)
                r = store_subscriber_services_set(s, found.seq, services, n);
        if (r >= 0)
                r = store_wishes_answered(s, wish->endpoint);
        if (r >= 0)
                *ret = found;
        return r;
}
