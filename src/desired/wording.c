/*
 * Wording: does a text tell users what they want to know?
 *
 * "Scheduled maintenance" says nothing, and "we will perform work on our servers" not what it means for anybody. Both are known by their
 * words: a title is vague when it has no word but the usual ones, a description when it has none that speaks of effects. That is a
 * guess. It errs towards silence: a text that is not English must be very short to be blamed.
 */
#include "desired/wording.h"

#include <string.h>

#define WORD_BYTES 24u          /* the longest we know, and room */
#define FEW_WORDS 6u

/* Words of titles that say nothing of this maintenance and not of another. English, German, French, Spanish; lower case. */
static const char *const usual[] = {
        "a", "an", "and", "at", "be", "brief", "cambio", "cambios", "change", "changes", "de", "del", "der", "des", "die", "downtime",
        "du", "el", "emergency", "en", "et", "for", "general", "geplant", "geplante", "geplanter", "im", "important", "improvement",
        "improvements", "in", "information", "infrastructure", "instandhaltung", "intervention", "is", "it", "kurze", "la", "le", "les",
        "maint", "maintenance", "maintenances", "mantenimiento", "minor", "misc", "n", "new", "note", "notice", "of", "on", "our",
        "outage", "patch", "patches", "patching", "periodic", "planifiée", "planned", "platform", "planmäßige", "planmässige",
        "plattform", "please", "production", "programada", "programado", "programmée", "reboot", "reboots", "regular", "release",
        "restart", "routine", "scheduled", "server", "servers", "servicio", "service", "services", "short", "site", "small", "some",
        "störung", "sys", "system", "systems", "systeme", "système", "sistema", "tba", "tbd", "temporary", "test", "the", "this", "tmp",
        "to", "todo", "travaux", "und", "unscheduled", "untitled", "update", "updates", "upgrade", "upgrades", "upcoming", "urgent",
        "various", "von", "wartung", "wartungen", "wartungsarbeit", "wartungsarbeiten", "wartungsfenster", "we", "window", "windows",
        "work", "works", "y", "daily", "weekly", "monthly", "nightly", "yearly", "quarterly", "today", "tonight", "tomorrow", "monday",
        "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april", "may", "june",
        "july", "august", "september", "october", "november", "december",
};

/* Words that speak of what is noticed. */
static const char *const effects[] = {
        "again", "afterwards", "can", "cannot", "could", "crawl", "degraded", "down", "downtime", "except", "gone", "hang", "hangs",
        "keep", "keeps", "later", "less", "lose", "loses", "lost", "may", "might", "must", "no", "nobody", "none", "not", "nothing",
        "offline", "once", "only", "outage", "queue", "queued", "readonly", "remain", "remains", "retry", "stay", "stays", "still",
        "stop", "stops", "stopped", "twice", "unable", "unaffected", "unless", "unusable", "until", "usable", "usual", "wait", "waits",
        "without", "works", "wrong", "aucun", "aucune", "bleibt", "bleiben", "disponible", "erreichbar", "funktioniert", "funktionieren",
        "geht", "gehen", "indisponible", "kann", "kein", "keine", "keinen", "können", "langsam", "langsamer", "nicht", "nichts", "nur",
        "pas", "peut", "peuvent", "puede", "pueden", "reste", "restent", "sigue", "siguen", "später", "verfügbar", "weiter", "weiterhin",
        "accessible", "inaccessible", "sin",
};

/* … and beginnings of such words. */
static const char *const effect_stems[] = {
        "affect", "availab", "continu", "delay", "disconnect", "disrupt", "drop", "error", "fail", "impact", "inaccessib", "interrupt",
        "notic", "reachab", "reject", "respon", "slow", "timeout", "unavailab", "unreachab", "unterbr", "unerreichbar",
};

/* What stands before the number of a ticket or a version. */
static const char *const tickets[] = { "chg", "cr", "inc", "req", "rfc", "task", "ticket", "v" };

/* Words by which English is known. */
static const char *const english[] = { "and", "are", "for", "is", "of", "our", "the", "this", "we", "will", "with", "be", "to" };

#define HAS(list, word) has((list), ARRAY_SIZE(list), (word))

static bool has(const char *const *list, size_t n, const char *word) {
        for (size_t i = 0; i < n; i++)
                if (strcmp(list[i], word) == 0)
                        return true;
        return false;
}

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char) c >= 0x80;
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* The next run of letters and digits in lower case, cut to what we know; false: there is none more. */
static bool next_word(const char **text, char buf[static WORD_BYTES]) {
        const char *p = *text;
        size_t n = 0;

        while (*p && !is_letter(*p) && !is_digit(*p))
                p++;
        for (; is_letter(*p) || is_digit(*p); p++)
                if (n < WORD_BYTES - 1)
                        buf[n++] = *p >= 'A' && *p <= 'Z' ? (char) (*p - 'A' + 'a') : *p;
        buf[n] = '\0';
        *text = p;
        return n > 0;
}

/* A number: of a ticket, a day, a version. */
static bool is_number(const char *word) {
        char letters[WORD_BYTES];
        size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz");

        if (word[n + strspn(word + n, "0123456789")] || !word[n])
                return false;
        memcpy(letters, word, n);
        letters[n] = '\0';
        return n == 0 || HAS(tickets, letters);
}

bool wording_title_vague(const char *title) {
        char word[WORD_BYTES];

        while (next_word(&title, word))
                if (!HAS(usual, word) && !is_number(word) && !HAS(tickets, word))
                        return false;
        return true;
}

static bool speaks_of_effects(const char *word) {
        if (HAS(effects, word) || (strlen(word) == 3 && is_number(word) && (*word == '4' || *word == '5')))
                return true;
        for (size_t i = 0; i < ARRAY_SIZE(effect_stems); i++)
                if (strncmp(word, effect_stems[i], strlen(effect_stems[i])) == 0)
                        return true;
        return false;
}

static bool same_words(const char *a, const char *b) {
        char x[WORD_BYTES], y[WORD_BYTES];

        for (;;) {
                bool more = next_word(&a, x);

                if (more != next_word(&b, y) || strcmp(x, y) != 0)
                        return false;
                if (!more)
                        return true;
        }
}

/* Scripts that do not write words apart cannot be counted. */
static bool mostly_ascii(const char *text) {
        size_t n = 0, other = 0;

        for (; *text; text++, n++)
                other += (unsigned char) *text >= 0x80;
        return other * 2 < n;
}

Wording wording_description(const char *description, const char *title) {
        const char *p = description ? description : "";
        char word[WORD_BYTES];
        unsigned words = 0, of_english = 0;

        if (!p[strspn(p, " \t\n")])
                return WORDING_MISSING;
        if (same_words(p, title))
                return WORDING_REPEATS;
        while (next_word(&p, word)) {
                if (speaks_of_effects(word))
                        return WORDING_FINE;
                words++;
                of_english += HAS(english, word);
        }
        return description && mostly_ascii(description) && (words < FEW_WORDS || of_english >= 2) ? WORDING_VAGUE : WORDING_FINE;
}
