/*
 * The verbs of the command line: keys and services
 */
#include "page/verb.h"

#include <string.h>

#include "base/limits.h"
#include "page/rest/input.h"
#include "page/rest/json.h"

static int failed(Store *s, const char *what, int error) {
        (void) fprintf(stderr, "maintd-page: cannot %s: %s (%s)\n", what, strerror(-error), store_error(s));
        return EXIT_FAILURE;
}

static int key_add(Store *s, const char *name, const char *scope) {
        char text[KEY_SIZE];
        Key key;
        int r;

        if (!key_name_valid(name)) {
                (void) fprintf(stderr, "maintd-page: a key's name is 1 to %u letters, digits, '.', '_', '@' and '-'\n", PAGE_KEY_NAME_MAX);
                return EXIT_FAILURE;
        }
        r = key_make(text, &key);
        if (r < 0)
                return failed(s, "make a key", r);
        if (scopes_parse(scope, &key.scopes) < 0) {
                (void) fputs("maintd-page: a scope is one of these, or several joined by commas:", stderr);
                for (size_t i = 0; scope_listed(i); i++)
                        (void) fprintf(stderr, " %s", scope_listed(i));
                (void) fputc('\n', stderr);
                return EXIT_FAILURE;
        }
        r = store_key_insert(s, &key, name, now_read().real);
        if (r == -EEXIST) {
                (void) fprintf(stderr, "maintd-page: there is a key named '%s' already; `maintd-page key remove %s` withdraws it\n", name, name);
                return EXIT_FAILURE;
        }
        if (r < 0)
                return failed(s, "store the key", r);
        (void) printf("%s\n", text);
        (void) fprintf(stderr, "This is shown once. Keep it where the client reads its secrets.\n");
        explicit_bzero(text, sizeof(text));
        return EXIT_SUCCESS;
}

static int key_list(Store *s) {
        auto_(arena_free) Arena *a = arena_new();
        KeyRow *rows = NULL;
        size_t n = 0;
        int r = a ? store_key_list(s, a, &rows, &n) : -ENOMEM;

        if (r < 0)
                return failed(s, "list the keys", r);
        for (size_t i = 0; i < n; i++) {
                char scopes[SCOPES_SIZE], created[STAMP_SIZE];

                (void) printf("%s\t%s\t%s\n", rows[i].name, scopes_format(rows[i].scopes, scopes), stamp_format(rows[i].created_at, created));
        }
        return EXIT_SUCCESS;
}

static int key_remove(Store *s, const char *name) {
        int r = store_key_delete(s, name);

        if (r == -ENOENT) {
                (void) fprintf(stderr, "maintd-page: there is no key named '%s'; `maintd-page key list` shows them\n", name);
                return EXIT_FAILURE;
        }
        return r < 0 ? failed(s, "remove the key", r) : EXIT_SUCCESS;
}

int verb_key(Store *s, int n, char **args) {
        if (n == 4 && strcmp(args[0], "add") == 0 && strcmp(args[2], "--scope") == 0)
                return key_add(s, args[1], args[3]);
        if (n == 3 && strcmp(args[0], "add") == 0 && strncmp(args[2], "--scope=", 8) == 0)
                return key_add(s, args[1], args[2] + 8);
        if (n == 1 && strcmp(args[0], "list") == 0)
                return key_list(s);
        if (n == 2 && strcmp(args[0], "remove") == 0)
                return key_remove(s, args[1]);
        return -EINVAL;
}

static int service_add(Store *s, const char *name, const char *group) {
        auto_(arena_free) Arena *a = arena_new();
        usec_t now = now_read().real;
        Service service = { .name = name, .group = group, .description = "", .created_at = now, .updated_at = now };
        const char *wrong = a ? line_refused(a, name, PAGE_NAME_CHARS_MAX) : NULL;
        int r;

        if (a && !wrong && group)
                wrong = line_refused(a, group, PAGE_NAME_CHARS_MAX);
        if (wrong) {
                (void) fprintf(stderr, "maintd-page: the name or group of a service: %s\n", wrong);
                return EXIT_FAILURE;
        }
        r = a ? store_service_insert(s, a, &service) : -ENOMEM;
        if (r == -EEXIST) {
                (void) fprintf(stderr, "maintd-page: there is a service of that name already\n");
                return EXIT_FAILURE;
        }
        if (r < 0)
                return failed(s, "store the service", r);
        (void) printf("%s\n", service.id);
        return EXIT_SUCCESS;
}

static int print_services(Store *s) {
        auto_(arena_free) Arena *a = arena_new();
        Service *rows = NULL;
        size_t n = 0;
        int r = a ? store_service_list(s, a, &rows, &n) : -ENOMEM;

        if (r < 0)
                return failed(s, "list the services", r);
        for (size_t i = 0; i < n; i++)
                (void) printf("%s\t%s\t%s\t%s\n", rows[i].id, rows[i].name, rows[i].group ? rows[i].group : "-", status_to_string(rows[i].shown));
        return EXIT_SUCCESS;
}

int verb_service(Store *s, int n, char **args) {
        if (n == 4 && strcmp(args[0], "add") == 0 && strcmp(args[2], "--group") == 0)
                return service_add(s, args[1], args[3]);
        if (n == 2 && strcmp(args[0], "add") == 0)
                return service_add(s, args[1], NULL);
        if (n == 1 && strcmp(args[0], "list") == 0)
                return print_services(s);
        return -EINVAL;
}
