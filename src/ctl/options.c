/*
 * Options: the command line of maintctl
 *
 * Options may stand before and after the verb. A word nobody knows is answered with the nearest one that exists.
 */
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "ctl/ctl.h"

#define WORD_SHOWN 200u         /* characters of what is not understood */

enum { KEY_CONFIG = 256, KEY_MANIFESTS, KEY_STATE, KEY_CONTROL, KEY_JSON, KEY_NO_COLOR, KEY_NO_PAGER, KEY_HELP, KEY_VERSION, KEY_VERB_OPTION };

static const struct option long_options[] = {
        { "config", required_argument, NULL, KEY_CONFIG },
        { "manifests", required_argument, NULL, KEY_MANIFESTS },
        { "state", required_argument, NULL, KEY_STATE },
        { "control", required_argument, NULL, KEY_CONTROL },
        { "json", no_argument, NULL, KEY_JSON },
        { "no-color", no_argument, NULL, KEY_NO_COLOR },
        { "no-pager", no_argument, NULL, KEY_NO_PAGER },
        { "help", no_argument, NULL, KEY_HELP },
        { "version", no_argument, NULL, KEY_VERSION },
        { "strict", no_argument, NULL, KEY_VERB_OPTION + OPTION_STRICT },
        { "all", no_argument, NULL, KEY_VERB_OPTION + OPTION_ALL },
        { "limit", required_argument, NULL, KEY_VERB_OPTION + OPTION_LIMIT },
        { "label", required_argument, NULL, KEY_VERB_OPTION + OPTION_LABEL },
        { "message", required_argument, NULL, KEY_VERB_OPTION + OPTION_MESSAGE },
        { "by", required_argument, NULL, KEY_VERB_OPTION + OPTION_BY },
        { "end", required_argument, NULL, KEY_VERB_OPTION + OPTION_END },
        { "commit", no_argument, NULL, KEY_VERB_OPTION + OPTION_COMMIT },
        { "diff", no_argument, NULL, KEY_VERB_OPTION + OPTION_DIFF },
        { "markdown", no_argument, NULL, KEY_VERB_OPTION + OPTION_MARKDOWN },
        { "since", required_argument, NULL, KEY_VERB_OPTION + OPTION_SINCE },
        { "follow", no_argument, NULL, KEY_VERB_OPTION + OPTION_FOLLOW },
        { "days", required_argument, NULL, KEY_VERB_OPTION + OPTION_DAYS },
        { "format", required_argument, NULL, KEY_VERB_OPTION + OPTION_FORMAT },
        { "from", required_argument, NULL, KEY_VERB_OPTION + OPTION_FROM },
        { "to", required_argument, NULL, KEY_VERB_OPTION + OPTION_FROM },
        { "restart-at", required_argument, NULL, KEY_VERB_OPTION + OPTION_FROM },
        { "into", required_argument, NULL, KEY_VERB_OPTION + OPTION_INTO },
        { "dry-run", no_argument, NULL, KEY_VERB_OPTION + OPTION_DRY_RUN },
        { "svg", required_argument, NULL, KEY_VERB_OPTION + OPTION_SVG },
        { "wait", no_argument, NULL, KEY_VERB_OPTION + OPTION_WAIT },
        { "timeout", required_argument, NULL, KEY_VERB_OPTION + OPTION_TIMEOUT },
        { "title", required_argument, NULL, KEY_VERB_OPTION + OPTION_NEW },
        { "start", required_argument, NULL, KEY_VERB_OPTION + OPTION_NEW },
        { "duration", required_argument, NULL, KEY_VERB_OPTION + OPTION_NEW },
        { "services", required_argument, NULL, KEY_VERB_OPTION + OPTION_NEW },
        { "timezone", required_argument, NULL, KEY_VERB_OPTION + OPTION_NEW },
        { "description", required_argument, NULL, KEY_VERB_OPTION + OPTION_NEW },
        { 0 },
};

static const struct { unsigned option; const char *help; } verb_options[] = {
        { OPTION_STRICT, "  --strict           warnings fail, too\n" },
        { OPTION_ALL, "  --all              every target, and this machine\n" },
        { OPTION_LIMIT, "  --limit N          the newest N lines, default 1000, with --follow 20\n" },
        { OPTION_SINCE, "  --since TIME       not before; as 2027-02-01T02:00, 02:00, or 2h: so long ago\n" },
        { OPTION_FOLLOW, "  -f, --follow       and what happens from now on, as it happens\n" },
        { OPTION_LABEL, "  -l, --label KEY[=VALUE]\n                     of manifests with that label; several must all match\n" },
        { OPTION_NEW, "  --title TEXT       what people read first\n"
                      "  --start TIME       as 2027-02-01T02:00, in --timezone\n"
                      "  --duration SPAN    as 2h, or --end TIME\n"
                      "  --timezone ZONE    as Europe/Berlin; default: the directory's, the config's\n"
                      "  --services A,B     what is touched\n"
                      "  --description TEXT what users can and cannot do\n" },
        { OPTION_FORMAT, "  --format FORMAT    sarif, github, gitlab or junit, for other programs\n" },
        { OPTION_DIFF, "  --diff             field by field: what is there, what is wanted\n" },
        { OPTION_MARKDOWN, "  --markdown         for a comment on a merge request\n" },
        { OPTION_FROM, "  --from TIME        where it begins, as 2027-02-01T02:00; default: now\n"
                       "  --to TIME          where it ends, or +SPAN; default: 7 days later\n"
                       "  --restart-at TIME  maintd is restarted then, too; may be given again\n" },
        { OPTION_INTO, "  --into DIR         a folder in the directory of manifests\n" },
        { OPTION_DRY_RUN, "  --dry-run          show the manifests, write and take over nothing\n" },
        { OPTION_DAYS, "  --days N           so many days ahead, 1 to 400\n" },
        { OPTION_SVG, "  --svg FILE         a picture instead, - for standard output\n" },
        { OPTION_BY, "  --by SPAN          so much longer, as 1h or 90min\n" },
        { OPTION_END, "  --end TIME         as 2027-02-01T05:00, or 05:00\n" },
        { OPTION_MESSAGE, "  -m, --message TEXT what subscribers are told\n" },
        { OPTION_COMMIT, "  --commit           commit the file to git, and nothing else\n" },
        { OPTION_WAIT, "  --wait             until maintd has done it at every target\n" },
        { OPTION_TIMEOUT, "  --timeout SPAN     but no longer than that, default 5min\n" },
};

void ctl_usage(FILE *f) {
        (void) fputs("maintctl [OPTION ...] VERB [ARGUMENT ...]\n\nChecks, previews and watches planned maintenance. See maintctl(1).\n\n", f);
        for (const Verb *v = verbs; v->name; v++) {
                char call[64];

                (void) snprintf(call, sizeof(call), "%s%s%s", v->name, *v->args ? " " : "", v->args);
                (void) fprintf(f, "  %-22s %s\n", call, v->summary);
        }
        (void) fputs("\n"
                     "  --config FILE      configuration, default " CONFIG_DEFAULT "\n"
                     "  --manifests DIR    directory of manifests, in place of the configuration's\n"
                     "  --state DIR        state directory of the daemon, default " STATE_DEFAULT "\n"
                     "  --control SOCKET   its control socket, default " CONTROL_DEFAULT "\n"
                     "  --json             one JSON document on standard output\n"
                     "  --no-color         no colours\n"
                     "  --no-pager         long outputs all at once\n"
                     "  --help, --version\n"
                     "\nmaintctl VERB --help says more.\n"
                     "Exit status: 0 fine, 1 failed or wrong usage, 2 plan: there are changes.\n", f);
}

void ctl_verb_usage(const Verb *v, FILE *f) {
        (void) fprintf(f, "maintctl %s%s%s\n\n%s.\n%s", v->name, *v->args ? " " : "", v->args, v->summary, v->help);
        if (v->options)
                (void) fputs("\n", f);
        for (size_t i = 0; i < ARRAY_SIZE(verb_options); i++)
                if (v->options & verb_options[i].option)
                        (void) fputs(verb_options[i].help, f);
        if (v->run == verb_lint)
                lint_usage(f);
}

const Verb *verb_find(const char *name) {
        for (const Verb *v = verbs; v->name; v++)
                if (strcmp(v->name, name) == 0)
                        return v;
        return NULL;
}

static int unknown_verb(const char *name, FILE *err) {
        auto_(free) char *safe = text_printable(name, WORD_SHOWN);
        const char *names[32], *near;
        size_t n = 0;

        for (const Verb *v = verbs; v->name && n < ARRAY_SIZE(names); v++)
                names[n++] = v->name;
        near = text_nearest(name, names, n);
        if (near)
                (void) fprintf(err, "maintctl: unknown verb \"%s\", did you mean \"%s\"?\n", text_or(safe, "?"), near);
        else
                (void) fprintf(err, "maintctl: unknown verb \"%s\": maintctl --help lists them\n", text_or(safe, "?"));
        return -EINVAL;
}

static int unknown_option(const char *given, FILE *err) {
        auto_(free) char *safe = text_printable(given, WORD_SHOWN);
        const char *names[ARRAY_SIZE(long_options)], *near, *word = given + strspn(given, "-");
        char name[64];
        size_t n = 0;

        for (const struct option *o = long_options; o->name; o++)
                names[n++] = o->name;
        (void) snprintf(name, sizeof(name), "%.*s", (int) MIN(strcspn(word, "="), (size_t) 60), word);
        near = text_nearest(name, names, n);
        if (near)
                (void) fprintf(err, "maintctl: unknown option \"%s\", did you mean \"--%s\"?\n", text_or(safe, "?"), near);
        else
                (void) fprintf(err, "maintctl: unknown option \"%s\": maintctl --help lists them\n", text_or(safe, "?"));
        return -EINVAL;
}

static int parse_number(const char *option, const char *text, unsigned max, unsigned *ret, FILE *err) {
        char *end;
        unsigned long n = strtoul(text, &end, 10);

        if (*text < '0' || *text > '9' || *end || n == 0 || n > max) {
                auto_(free) char *safe = text_printable(text, WORD_SHOWN);

                (void) fprintf(err, "maintctl: --%s %s: a number from 1 to %u is wanted\n", option, text_or(safe, "?"), max);
                return -EINVAL;
        }
        *ret = (unsigned) n;
        return 0;
}

static int parse_label(Ctl *ctl, const char *text, FILE *err) {
        const char *problem = ctl->n_labels == LABEL_FILTERS_MAX ? "too many labels" : label_filter_problem(text);

        if (problem) {
                auto_(free) char *safe = text_printable(text, 200);

                (void) fprintf(err, "maintctl: --label \"%s\": %s\n", text_or(safe, ""), problem);
                return -EINVAL;
        }
        ctl->labels[ctl->n_labels++] = text;
        return 0;
}

static int add_restart(Ctl *ctl, const char *text, FILE *err) {
        if (ctl->n_restarts == SIMULATE_RESTARTS_MAX) {
                (void) fprintf(err, "maintctl: --restart-at: at most %u\n", SIMULATE_RESTARTS_MAX);
                return -EINVAL;
        }
        ctl->restarts[ctl->n_restarts++] = text;
        return 0;
}

/* Where the value of an option that is kept as it stands goes; NULL: it is another kind of option. */
static const char **text_value(Ctl *ctl, const char *name) {
        const struct { const char *name, **value; } texts[] = {
                { "message", &ctl->message }, { "svg", &ctl->svg }, { "format", &ctl->format }, { "by", &ctl->by }, { "end", &ctl->end },
                { "timeout", &ctl->timeout }, { "since", &ctl->since }, { "from", &ctl->from }, { "to", &ctl->to }, { "into", &ctl->into }, { "title", &ctl->title }, { "start", &ctl->start },
                { "duration", &ctl->duration }, { "services", &ctl->services }, { "timezone", &ctl->timezone }, { "description", &ctl->description },
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                if (strcmp(texts[i].name, name) == 0)
                        return texts[i].value;
        return NULL;
}

/* What goes into a file, a commit and onto a terminal. */
static int parse_text(const char *name, const char *text, FILE *err) {
        size_t left = strlen(text), n;
        uint32_t c = 0;

        for (const char *s = text; left > 0; s += n, left -= n) {
                n = utf8_decode(s, left, &c);
                if (n > 0 && (c == '\n' || c == '\t' || !codepoint_hostile(c)))
                        continue;
                if (n == 0)
                        (void) fprintf(err, "maintctl: --%s: this is not UTF-8\n", name);
                else
                        (void) fprintf(err, "maintctl: --%s: holds the control character U+%04X: remove it\n", name, c);
                return -EINVAL;
        }
        return 0;
}

/* What a manifest would refuse later, and say of a line that the person has not written. */
static int parse_message(const char *text, FILE *err) {
        size_t n = strlen(text);

        while (n > 0 && strchr(" \t\n", text[n - 1]))
                n--;
        if (n > 0 && n <= DESCRIPTION_MAX)
                return 0;
        if (n == 0)
                (void) fprintf(err, "maintctl: --message: the message is empty: give it a text, or leave the option out\n");
        else
                (void) fprintf(err, "maintctl: --message: the message is too long: at most %u bytes are allowed\n", DESCRIPTION_MAX);
        return -EINVAL;
}

static int apply_option(Ctl *ctl, int key, const char *name, FILE *err) {
        switch (key) {
        case KEY_CONFIG:
                ctl->config = optarg;
                return 0;
        case KEY_MANIFESTS:
                ctl->manifests = optarg;
                return 0;
        case KEY_STATE:
                ctl->state = optarg;
                return 0;
        case KEY_CONTROL:
                ctl->control = optarg;
                return 0;
        case KEY_JSON:
                ctl->json = true;
                return 0;
        case KEY_NO_COLOR:
                ctl->no_color = true;
                return 0;
        case KEY_NO_PAGER:
                ctl->no_pager = true;
                return 0;
        case KEY_HELP:
                ctl->help = true;
                return 0;
        case KEY_VERSION:
                ctl->version = true;
                return 0;
        default:
                ctl->options |= (unsigned) (key - KEY_VERB_OPTION);
                if (strcmp(name, "restart-at") == 0)
                        return parse_text(name, optarg, err) < 0 ? -EINVAL : add_restart(ctl, optarg, err);
                if (text_value(ctl, name) && strcmp(name, "svg") != 0 && parse_text(name, optarg, err) < 0)
                        return -EINVAL;
                if (key == KEY_VERB_OPTION + OPTION_MESSAGE && parse_message(optarg, err) < 0)
                        return -EINVAL;
                if (text_value(ctl, name))
                        *text_value(ctl, name) = optarg;
                return key == KEY_VERB_OPTION + OPTION_LIMIT ? parse_number(name, optarg, HISTORY_LIMIT_MAX, &ctl->limit, err)
                        : key == KEY_VERB_OPTION + OPTION_DAYS ? parse_number(name, optarg, 400, &ctl->days, err)
                        : key == KEY_VERB_OPTION + OPTION_LABEL ? parse_label(ctl, optarg, err) : 0;
        }
}

static bool is_id(const Verb *v) {
        return strcmp(v->args, "ID") == 0 || strcmp(v->args, "[ID]") == 0;
}

/* Such as a script has from a variable that is not set; an occurrence of nothing is as empty. */
static bool is_empty(const Verb *v, const char *arg) {
        return !*arg || (*arg == '@' && is_id(v));
}

/* Options that the verb does not take, and how many arguments it wants. */
static int check_verb(const Ctl *ctl, FILE *err) {
        unsigned extra = ctl->options & ~ctl->verb->options;

        for (const struct option *o = long_options; extra && o->name; o++)
                if (o->val > KEY_VERB_OPTION && extra & (unsigned) (o->val - KEY_VERB_OPTION)) {
                        (void) fprintf(err, "maintctl: \"%s\" takes no option \"--%s\"\n", ctl->verb->name, o->name);
                        return -EINVAL;
                }
        for (int i = 0; i < ctl->n_args; i++)
                if (is_empty(ctl->verb, ctl->args[i])) {
                        (void) fprintf(err, "maintctl: the %s is empty: usage: maintctl %s %s\n", is_id(ctl->verb) ? "id" : "argument", ctl->verb->name, ctl->verb->args);
                        return -EINVAL;
                }
        if (ctl->n_args >= ctl->verb->min_args && (ctl->verb->max_args < 0 || ctl->n_args <= ctl->verb->max_args))
                return 0;
        (void) fprintf(err, "maintctl: usage: maintctl %s%s%s\n", ctl->verb->name, *ctl->verb->args ? " " : "", ctl->verb->args);
        return -EINVAL;
}

int ctl_parse(int argc, char **argv, Ctl *ret, FILE *err) {
        Ctl ctl = { 0 };

        opterr = 0;
        optind = 0; /* from the beginning, also the second time */
        for (int key, which = -1; (key = getopt_long(argc, argv, ":fhl:m:", long_options, &which)) >= 0; which = -1) {
                int r = 0;

                if (key == '?' && optopt && optopt < 256)
                        r = unknown_option((char[]) { '-', (char) optopt, '\0' }, err);
                else if (key == '?')
                        r = unknown_option(argv[optind - 1], err); /* getopt has moved past it */
                else if (key == ':') {
                        auto_(free) char *safe = text_printable(argv[optind - 1], WORD_SHOWN);

                        (void) fprintf(err, "maintctl: option \"%s\" wants a value\n", text_or(safe, "?"));
                        r = -EINVAL;
                } else
                        r = apply_option(&ctl, key == 'h' ? KEY_HELP : key == 'l' ? KEY_VERB_OPTION + OPTION_LABEL
                                                                    : key == 'f' ? KEY_VERB_OPTION + OPTION_FOLLOW
                                                                    : key == 'm' ? KEY_VERB_OPTION + OPTION_MESSAGE : key,
                                         which >= 0 ? long_options[which].name : key == 'm' ? "message" : "", err);
                if (r < 0)
                        return r;
        }
        if (optind < argc) {
                ctl.verb = verb_find(argv[optind]);
                if (!ctl.verb)
                        return unknown_verb(argv[optind], err);
                ctl.args = argv + optind + 1;
                ctl.n_args = argc - optind - 1;
        }
        if (!ctl.help && !ctl.version) {
                if (!ctl.verb) {
                        (void) fputs("maintctl: which verb? maintctl --help lists them\n", err);
                        return -EINVAL;
                }
                if (check_verb(&ctl, err) < 0)
                        return -EINVAL;
        }
        *ret = ctl;
        return 0;
}
