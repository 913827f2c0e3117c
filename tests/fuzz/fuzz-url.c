/*
 * Addresses: what is accepted leads nowhere but to its own host, whatever id a remote has put behind it
 *
 * First a target's url, then the path of a request; curl's own parser says where the result leads.
 */
#include "fuzz.h"

#include <curl/curl.h>

#include "io/http-url.h"

static char *part_of(const char *url, CURLUPart part) {
        CURLU *u = curl_url();
        char *found = NULL, *copy;

        assert_always(u);
        if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK || curl_url_get(u, part, &found, CURLU_DEFAULT_PORT) != CURLUE_OK)
                found = NULL;
        copy = strdup(found ? found : "");
        curl_free(found);
        curl_url_cleanup(u);
        assert_always(copy);
        return copy;
}

static void check_same(const char *a, const char *b, CURLUPart part) {
        auto_(free) char *x = part_of(a, part), *y = part_of(b, part);

        assert_always(strcmp(x, y) == 0);
}

static void check_target(const HttpUrl *u, const char *url, const char *path, bool absolute) {
        auto_(free) char *joined = NULL, *scheme = NULL, *user = NULL;

        assert_always(u->origin && u->base && u->peer && fuzz_printable(u->peer) && http_url_clean(u->origin));
        if (http_url_join(u, path, absolute, &joined) < 0)
                return;
        scheme = part_of(joined, CURLUPART_SCHEME);
        user = part_of(joined, CURLUPART_USER);
        assert_always(http_url_clean(joined) && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) && !*user);
        if (u->socket) {
                assert_always(u->socket[0] == '/' && text_starts(joined, "http://localhost"));
                check_same(joined, "http://localhost/", CURLUPART_HOST);
                return;
        }
        check_same(joined, url, CURLUPART_SCHEME);
        check_same(joined, url, CURLUPART_HOST);
        check_same(joined, url, CURLUPART_PORT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Input in = { data, size };
        bool insecure = input_byte(&in) & 1, absolute = in.n & 1;
        auto_(free) char *url = input_line(&in), *path = input_line(&in), *error = NULL;
        HttpUrl u;
        int r = http_url_parse(url, insecure, &u, &error);

        assert_always(r == 0 || r == -EINVAL);
        assert_always((r < 0) == (error != NULL));
        if (r < 0) {
                assert_always(fuzz_printable(error));
                return 0;
        }
        check_target(&u, url, path, absolute);
        http_url_done(&u);
        return 0;
}
