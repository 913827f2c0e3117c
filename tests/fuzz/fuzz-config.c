/*
 * Config: whatever is accepted keeps its promises to those who use it
 */
#include "fuzz-diagnostics.h"

#include "manifest/config.h"

static const ConfigDriver drivers[] = {
        { "kodo", NULL, false },
        { "alertmanager", (const char *const[]) { "comment", NULL }, true },
        { "webhook", (const char *const[]) { "format", NULL }, false },
        { NULL, NULL, false },
};

static void check_sorted(const Strv *v) {
        for (size_t i = 1; i < v->n; i++)
                assert_always(strcmp(v->items[i - 1], v->items[i]) < 0);
}

static void check_target(const ConfigTarget *t) {
        assert_always(t->name && t->type && t->url && t->timeout);
        assert_always(!strchr(t->url, ' ') && t->url[strlen(t->url) - 1] != '/');
        for (size_t i = 0; i < t->n_services; i++) {
                const ConfigTargetService *s = &t->services[i];
                size_t n = 0;

                assert_always(s->service && !!s->name + !!s->id + !!s->matchers == 1);
                while (s->matchers && s->matchers[n])
                        n++;
                assert_always(n % 3 == 0);
        }
}

static void check_config(const Config *c) {
        assert_always(!c->manifests != !c->git);
        assert_always(!c->git || (c->git_ref && c->git_path));
        assert_always(c->timezone && c->instance && strlen(c->instance) <= INSTANCE_MAX);
        assert_always(c->max_cancel <= 100 && c->max_move <= 100);
        assert_always(c->service_names.n == c->n_services && c->target_names.n == c->n_targets);
        check_sorted(&c->service_names);
        check_sorted(&c->target_names);
        for (size_t i = 0; i < c->n_targets; i++)
                check_target(&c->targets[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        auto_(config_free) Config *c = NULL;
        Diagnostics diags = { 0 };
        int r;

        r = config_parse("/etc/maintd/maintd.yaml", (const char *) data, size, drivers, &diags, &c);
        assert_always(r == 0 || r == -EINVAL);
        assert_always((r == 0) == (c != NULL) && (r == 0) == (diags.n_errors == 0));
        if (c)
                check_config(c);
        check_diagnostics(&diags, data, size);
        return 0;
}
