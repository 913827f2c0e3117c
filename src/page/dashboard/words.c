/*
 * What the dashboard says, in the languages of the page
 */
#include "page/dashboard/words.h"

#include <assert.h>
#include <string.h>

/* %s: one value; in each column or in none, which test-page-dashboard-words.c checks. */
static const char *const words[TELLS][LANGUAGES] = {
        [TELL_NOTHING] = { "-", "-" },
        [TELL_DASHBOARD] = { "Dashboard", "Verwaltung" },
        [TELL_SIGN_IN] = { "Sign in", "Anmelden" },
        [TELL_SIGN_IN_LONG] = { "With an API key of this page; maintd-page key add makes one.",
                                "Mit einem API-Schlüssel dieser Seite; maintd-page key add erzeugt einen." },
        [TELL_KEY] = { "API key", "API-Schlüssel" },
        [TELL_KEY_WRONG] = { "This key is not known here.", "Dieser Schlüssel ist hier nicht bekannt." },
        [TELL_SIGN_OUT] = { "Sign out", "Abmelden" },
        [TELL_SIGNED_IN_AS] = { "Signed in with %s", "Angemeldet mit %s" },
        [TELL_SIGNED_OUT] = { "You are signed out.", "Sie sind abgemeldet." },
        [TELL_SESSION_OVER] = { "Your session is over. Sign in again; what you had entered was not saved.",
                                "Die Sitzung ist zu Ende. Bitte neu anmelden; das Eingegebene wurde nicht gespeichert." },
        [TELL_TOO_MANY_ATTEMPTS] = { "Too many attempts", "Zu viele Versuche" },
        [TELL_TOO_MANY_ATTEMPTS_LONG] = { "Nobody can sign in from here for some minutes.",
                                          "Von hier aus kann sich für einige Minuten niemand anmelden." },
        [TELL_MENU] = { "Dashboard menu", "Menü der Verwaltung" },
        [TELL_SKIP] = { "Skip to content", "Zum Inhalt" },
        [TELL_PUBLIC_PAGE] = { "Public page", "Öffentliche Seite" },
        [TELL_WINDOWS] = { "Maintenance", "Wartungen" },
        [TELL_CALENDAR] = { "Calendar", "Kalender" },
        [TELL_SERVICES] = { "Services", "Dienste" },
        [TELL_KEYS] = { "API keys", "API-Schlüssel" },
        [TELL_RUNNING] = { "Running", "Laufend" },
        [TELL_UPCOMING] = { "Upcoming", "Kommend" },
        [TELL_PAST] = { "Past", "Vergangen" },
        [TELL_NO_WINDOWS] = { "None.", "Keine." },
        [TELL_SCHEDULE] = { "Schedule maintenance", "Wartung planen" },
        [TELL_NOT_FOUND] = { "Not found", "Nicht gefunden" },
        [TELL_NOT_FOUND_LONG] = { "There is no such page, or what it showed is gone.",
                                  "Diese Seite gibt es nicht, oder was sie zeigte, ist weg." },
        [TELL_NOT_ALLOWED] = { "Not allowed", "Nicht erlaubt" },
        [TELL_NOT_ALLOWED_LONG] = { "This address cannot be used in this way.", "Diese Adresse lässt sich so nicht verwenden." },
        [TELL_NO_SCOPE] = { "Your key may not do this", "Ihr Schlüssel darf das nicht" },
        [TELL_NO_SCOPE_LONG] = { "The key that you signed in with lacks a scope for it. Sign in with another key, or have one made.",
                                 "Dem Schlüssel fehlt eine Berechtigung dafür. Bitte mit einem anderen anmelden oder einen erzeugen lassen." },
        [TELL_FOREIGN] = { "This form came from another page", "Dieses Formular kam von einer anderen Seite" },
        [TELL_FOREIGN_LONG] = { "Nothing was changed. Open the dashboard itself and try again.",
                                "Es wurde nichts geändert. Bitte die Verwaltung selbst öffnen und noch einmal versuchen." },
        [TELL_STALE_FORM] = { "This form is out of date", "Dieses Formular ist veraltet" },
        [TELL_STALE_FORM_LONG] = { "Nothing was changed: it was opened before you signed in. Go back, load the page again, and send it once more.",
                                   "Es wurde nichts geändert: Es wurde vor der Anmeldung geöffnet. Bitte zurückgehen, neu laden und noch einmal senden." },
        [TELL_TOO_LARGE] = { "Too much text", "Zu viel Text" },
        [TELL_TOO_LARGE_LONG] = { "Nothing was changed. Go back and shorten what you entered.",
                                  "Es wurde nichts geändert. Bitte zurückgehen und das Eingegebene kürzen." },
        [TELL_BAD_FORM] = { "This form cannot be read", "Dieses Formular ist nicht lesbar" },
        [TELL_BAD_FORM_LONG] = { "Nothing was changed. Go back, load the page again, and send it once more.",
                                 "Es wurde nichts geändert. Bitte zurückgehen, neu laden und noch einmal senden." },
        [TELL_TOO_OFTEN] = { "Too many changes", "Zu viele Änderungen" },
        [TELL_TOO_OFTEN_LONG] = { "Nothing was changed: this key has used up its changes. Try again in a minute.",
                                  "Es wurde nichts geändert: Dieser Schlüssel hat seine Änderungen verbraucht. Bitte in einer Minute noch einmal." },
        [TELL_BACK] = { "Back", "Zurück" },
        [TELL_OPTIONAL] = { "optional", "optional" },
        [TELL_SUMMARY] = { "Please correct what is marked below.", "Bitte korrigieren, was unten markiert ist." },
};

/* Sentences of the API about a field. %s: a number. */
static const struct {
        const char *said, *german;
} problems[] = {
        { "Required", "Pflichtfeld" },
        { "Must not be empty", "Darf nicht leer sein" },
        { "Must be valid UTF-8", "Muss gültiges UTF-8 sein" },
        { "Must be one line without control or direction characters", "Muss eine Zeile ohne Steuer- oder Richtungszeichen sein" },
        { "Must not contain control characters", "Darf keine Steuerzeichen enthalten" },
        { "Must be at most %s characters", "Darf höchstens %s Zeichen lang sein" },
        { "Must be at most %s bytes", "Darf höchstens %s Bytes lang sein" },
        { "Must be at most %s services", "Dürfen höchstens %s Dienste sein" },
        { "The end must be later than the start", "Das Ende muss nach dem Beginn liegen" },
        { "The maintenance must not be longer than 366 days", "Die Wartung darf nicht länger als 366 Tage dauern" },
        { "Must be minutes before the start, 1 to 527040, or a list of up to 8 of them",
          "Müssen Minuten vor dem Beginn sein, 1 bis 527040, höchstens 8 davon" },
        { "Must be a whole number from 0 to 1000000", "Muss eine ganze Zahl von 0 bis 1000000 sein" },
};

const char *tell_in(Language l, Tell w) {
        assert(words[w][l]);
        return words[w][l];
}

/* "Must be at most %s characters" fits "Must be at most 200 characters": *@ret_n digits at *@ret are the value. */
static bool problem_fits(const char *pattern, const char *text, const char **ret, size_t *ret_n) {
        const char *place = strstr(pattern, "%s");
        size_t n = place ? (size_t) (place - pattern) : strlen(pattern);

        *ret = text + n;
        *ret_n = 0;
        if (strncmp(pattern, text, n) != 0)
                return false;
        if (place)
                *ret_n = strspn(*ret, "0123456789");
        return strcmp(*ret + *ret_n, place ? place + 2 : "") == 0;
}

const char *tell_problem(Arena *a, Language l, const char *text) {
        for (size_t i = 0; l == LANGUAGE_DE && i < ARRAY_SIZE(problems); i++) {
                const char *value, *place = strstr(problems[i].german, "%s");
                size_t n;

                if (!problem_fits(problems[i].said, text, &value, &n))
                        continue;
                if (!place)
                        return problems[i].german;
                return arena_printf(a, "%.*s%.*s%s", (int) (place - problems[i].german), problems[i].german, (int) n, value, place + 2);
        }
        return text;
}
