/*
 * Verbs: what can be asked over the control socket
 *
 *      status   {"id": "ID" or "ID@OCCURRENCE", "labels": ["KEY=VALUE" or "KEY", …]}?   where everything stands
 *      plan     {"labels"}?                                    what would be done now
 *      history  {"id", "labels", "after": seq, "limit": n, "follow": true}?    what was done; follow: answered once there is something, the oldest first
 *      approve  {"digest": "16 hex digits"}                    release what is held under it
 *      adopt    {"target": "NAME"} or {"all": true}            take over what is found there
 *               {"target": "NAME", "manifests": ["ID", …]}     of these alone
 *      reload                                                  read everything again; answered when that is done
 *
 * Answers are the documents of report.h.
 */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "daemon/manager.h"
#include "daemon/report.h"

#define HISTORY_DEFAULT 1000u

typedef struct Asked {                  /* the selection of a request, and the memory behind it */
        Selection sel;
        char key[KEY_SIZE];
        const char *labels[LABEL_FILTERS_MAX];
} Asked;

/* "ID" or "ID@OCCURRENCE". Returns NULL, or what is wrong. */
static const char *asked_id(const json_t *id, Asked *ret) {
        const char *text = json_string_value(id);
        char *at;

        if (!id || json_is_null(id))
                return NULL;
        if (!text || strlen(text) >= KEY_SIZE)
                return "\"id\" is ID or ID@OCCURRENCE";
        (void) strcpy(ret->key, text);
        at = strchr(ret->key, '@');
        if (at) {
                *at = '\0';
                ret->sel.occurrence = at + 1;
        }
        ret->sel.manifest = ret->key;
        return NULL;
}

static const char *asked_labels(const json_t *labels, Asked *ret) {
        json_t *x;
        size_t i;

        if (!labels || json_is_null(labels))
                return NULL;
        if (!json_is_array(labels) || json_array_size(labels) > LABEL_FILTERS_MAX)
                return "\"labels\" is a list of KEY and KEY=VALUE";
        json_array_foreach((json_t *) labels, i, x) {
                const char *problem;

                if (!json_is_string(x))
                        return "\"labels\" is a list of texts";
                problem = label_filter_problem(json_string_value(x));
                if (problem)
                        return problem;
                ret->labels[ret->sel.n_labels++] = json_string_value(x);
        }
        ret->sel.labels = ret->labels;
        return NULL;
}

/* False: refused. What is asked borrows from @request. */
static bool request_read(ControlCall *call, const json_t *request, Asked *ret) {
        const char *problem;

        *ret = (Asked) { 0 };
        problem = asked_id(json_object_get(request, "id"), ret);
        if (!problem)
                problem = asked_labels(json_object_get(request, "labels"), ret);
        if (problem)
                control_refuse(call, "%s", problem);
        return !problem;
}

static void verb_status(Manager *m, ControlCall *call, const json_t *request) {
        Asked asked;

        if (request_read(call, request, &asked))
                control_answer(call, report_status(m->site, now_read(), &asked.sel));
}

static void verb_plan(Manager *m, ControlCall *call, const json_t *request) {
        Asked asked;

        if (request_read(call, request, &asked))
                control_answer(call, report_plan(m->site, now_read(), &asked.sel));
}

static json_t *history(Manager *m, const json_t *request, const Asked *asked) {
        json_int_t after = json_integer_value(json_object_get(request, "after")), limit = json_integer_value(json_object_get(request, "limit"));

        HistoryRange range = { .after = (uint64_t) after, .limit = limit ? (unsigned) limit : HISTORY_DEFAULT };

        range.oldest = json_is_true(json_object_get(request, "follow")); /* it will ask for what comes after them */
        return report_history(m->site, &asked->sel, range);
}

int manager_history(Manager *m, const json_t *request, json_t **ret) {
        Asked asked = { 0 };
        json_t *doc;

        (void) asked_id(json_object_get(request, "id"), &asked);
        (void) asked_labels(json_object_get(request, "labels"), &asked);
        doc = history(m, request, &asked);
        if (doc && json_array_size(json_object_get(doc, "history")) == 0) {
                json_decref(doc);
                return 0;
        }
        *ret = doc;
        return 1;
}

static void verb_history(Manager *m, ControlCall *call, const json_t *request) {
        json_int_t after = json_integer_value(json_object_get(request, "after")), limit = json_integer_value(json_object_get(request, "limit"));
        json_t *news = NULL;
        Asked asked;

        if (!request_read(call, request, &asked))
                return;
        if (after < 0 || limit < 0 || limit > UINT32_MAX)
                control_refuse(call, "\"after\" and \"limit\" are counts");
        else if (!json_is_true(json_object_get(request, "follow")))
                control_answer(call, history(m, request, &asked));
        else if (manager_history(m, request, &news) > 0)
                control_answer(call, news);
        else
                manager_follow(m, call, request);
}

static void verb_approve(Manager *m, ControlCall *call, const json_t *request) {
        const char *text = json_string_value(json_object_get(request, "digest"));
        uint64_t digest;
        char end;
        int r;

        if (!text || strlen(text) != 16 || sscanf(text, "%16" SCNx64 "%c", &digest, &end) != 1) {
                control_refuse(call, "a digest has 16 hex digits: `maintctl approve` lists what is held");
                return;
        }
        r = engine_told_approval(m->site->engine, now_read(), digest);
        if (r == -ENOENT) {
                control_refuse(call, "nothing is held under %s any more: `maintctl approve` lists what is", text);
                return;
        }
        runner_poke(m->runner);
        control_answer(call, r < 0 ? NULL : json_pack("{s:s}", "approved", text));
}

static void refuse_target(ControlCall *call) {
        control_refuse(call, "there is no target of that name in the config");
}

static int adopt(Manager *m, const char *target) {
        int r = engine_told_adopt(m->site->engine, now_read(), target);

        if (r < 0 || target || !m->site->other_machine)
                return r;
        r = ledger_adopt_machine(m->site->ledger, m->site->machine_id);
        if (r >= 0)
                m->site->other_machine = false;
        return r;
}

/* Answers with those that are known: others may not have been loaded. */
static void adopt_manifests(Manager *m, ControlCall *call, const char *target, const json_t *manifests) {
        json_t *adopted = json_array(), *id;
        int r = adopted ? 0 : -ENOMEM;
        size_t i;

        json_array_foreach((json_t *) manifests, i, id) {
                if (r < 0 || !json_is_string(id) || engine_told_adopt_manifest(m->site->engine, now_read(), target, json_string_value(id)) < 0)
                        continue;
                r = json_array_append(adopted, id);
        }
        runner_poke(m->runner);
        control_answer(call, r < 0 ? NULL : json_pack("{s:s, s:O}", "adopted", target, "manifests", adopted));
        json_decref(adopted);
}

static void verb_adopt(Manager *m, ControlCall *call, const json_t *request) {
        const json_t *manifests = json_object_get(request, "manifests");
        const char *target = json_string_value(json_object_get(request, "target"));
        bool all = json_is_true(json_object_get(request, "all"));
        int r;

        if (!target == !all) {
                control_refuse(call, "adopt takes a target or all");
                return;
        }
        if (manifests && target) {
                if (!json_is_array(manifests))
                        control_refuse(call, "\"manifests\" is a list of ids");
                else if (!targetset_find(m->site->targets, target))
                        refuse_target(call);
                else
                        adopt_manifests(m, call, target, manifests);
                return;
        }
        r = adopt(m, target);
        if (r == -ENOENT) {
                refuse_target(call);
                return;
        }
        if (r < 0 && r != -ENOMEM) {
                control_refuse(call, "the ledger cannot be written: %s", strerror(-r));
                return;
        }
        runner_poke(m->runner);
        control_answer(call, r < 0 ? NULL : json_pack("{s:s?}", "adopted", target));
}

static void verb_reload(Manager *m, ControlCall *call, const json_t *request) {
        manager_reload(m, call);
}

static const struct {
        const char *name;
        void (*fn)(Manager *m, ControlCall *call, const json_t *request);
} verbs[] = {
        { "status", verb_status },   { "plan", verb_plan },   { "history", verb_history },
        { "approve", verb_approve }, { "adopt", verb_adopt }, { "reload", verb_reload },
};

void manager_verb(void *userdata, ControlCall *call, const char *verb, const json_t *request) {
        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
                if (strcmp(verbs[i].name, verb) == 0) {
                        verbs[i].fn(userdata, call, request);
                        return;
                }
        control_refuse(call, "this maintd does not know that verb: are maintctl and maintd of one version?");
}
