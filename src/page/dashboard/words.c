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
        [TELL_SUBSCRIBERS] = { "Subscribers", "Abonnements" },
        [TELL_SUBSCRIBERS_ALL] = { "All together: %s", "Insgesamt: %s" },
        [TELL_PENDING] = { "Asked, not confirmed", "Gefragt, nicht bestätigt" },
        [TELL_CONFIRMED] = { "Confirmed", "Bestätigt" },
        [TELL_ALL_SERVICES] = { "All services", "Alle Dienste" },
        [TELL_SEARCH_ADDRESS] = { "Part of the address", "Teil der Adresse" },
        [TELL_SEARCH] = { "Search", "Suchen" },
        [TELL_NOBODY] = { "Nobody.", "Niemand." },
        [TELL_NEXT_PAGE] = { "Next page", "Nächste Seite" },
        [TELL_ADDED] = { "Added", "Hinzugefügt" },
        [TELL_ADD_SUBSCRIBER] = { "Add a subscriber", "Abonnement hinzufügen" },
        [TELL_ADD_SUBSCRIBER_LONG] = { "An e-mail address is asked first, and told of maintenance once its owner has agreed. A webhook is told from now on.",
                                       "Eine E-Mail-Adresse wird erst gefragt und erfährt von Wartungen, sobald zugestimmt wurde. Ein Webhook erfährt ab sofort davon." },
        [TELL_TYPE] = { "Type", "Art" },
        [TELL_ENDPOINT] = { "Address", "Adresse" },
        [TELL_ENDPOINT_HINT] = { "An e-mail address, or the https address of a webhook.",
                                 "Eine E-Mail-Adresse oder die https-Adresse eines Webhooks." },
        [TELL_ONLY_SERVICES] = { "Only of these services", "Nur zu diesen Diensten" },
        [TELL_ADDED_HOOK] = { "The webhook is told from now on", "Der Webhook erfährt ab sofort davon" },
        [TELL_SECRET_LONG] = { "Its messages are signed with this secret, which is shown this once: keep it where they are received.",
                               "Seine Nachrichten sind mit diesem Geheimnis signiert. Es wird nur dieses eine Mal gezeigt und gehört dorthin, wo sie ankommen." },
        [TELL_ASK_AGAIN] = { "Ask again", "Noch einmal fragen" },
        [TELL_ASKED_AGAIN] = { "The address is being asked.", "Die Adresse wird gefragt." },
        [TELL_NOT_ASKED] = { "Nobody was asked", "Es wurde nicht gefragt" },
        [TELL_ASKED_OFTEN] = { "This address has been asked as often as is good within a day, or very many others have. Try again tomorrow.",
                               "Diese Adresse wurde an einem Tag oft genug gefragt, oder sehr viele andere. Bitte morgen noch einmal." },
        [TELL_MAIL_OFF] = { "This page sends no mail: it has no mail_server in its settings.",
                            "Diese Seite verschickt keine Mails: In ihren Einstellungen steht kein mail_server." },
        [TELL_REMOVE] = { "Remove", "Entfernen" },
        [TELL_REMOVE_WHOM] = { "Remove %s?", "%s entfernen?" },
        [TELL_REMOVE_LONG] = { "It is told nothing more, not even what waits. It can be subscribed again.",
                               "Es wird nichts mehr geschickt, auch nichts, was noch wartet. Ein neues Abonnement ist möglich." },
        [TELL_REMOVED] = { "The subscriber is removed.", "Das Abonnement ist entfernt." },
        [TELL_DELIVERIES] = { "Deliveries", "Zustellungen" },
        [TELL_NOTHING_WAITS] = { "Nothing waits.", "Es wartet nichts." },
        [TELL_MAIL_AWAY] = { "Mail cannot be sent for now, and waits:", "Mails können gerade nicht verschickt werden und warten:" },
        [TELL_ATTEMPTS] = { "Attempts that failed: %s", "Gescheiterte Versuche: %s" },
        [TELL_NEXT_TRY] = { "Next attempt", "Nächster Versuch" },
        [TELL_LAST_ERROR] = { "Last error", "Letzter Fehler" },
        [TELL_WAITING] = { "Messages that wait: %s,", "Nachrichten, die warten: %s," },
        [TELL_SINCE] = { "since", "seit" },
        [TELL_RETRY] = { "Try now", "Jetzt versuchen" },
        [TELL_RETRIED] = { "It is being tried.", "Es wird versucht." },
        [TELL_DROP] = { "Drop", "Verwerfen" },
        [TELL_DROP_WHOSE] = { "Drop what waits for %s?", "Verwerfen, was auf %s wartet?" },
        [TELL_DROP_LONG] = { "These messages are never sent. What happens from now on is told as before.",
                             "Diese Nachrichten werden nie verschickt. Was ab jetzt geschieht, wird wie bisher gemeldet." },
        [TELL_DROPPED] = { "What waited is dropped.", "Was wartete, ist verworfen." },
        [TELL_QUESTIONS] = { "Questions to new addresses", "Fragen an neue Adressen" },
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
        { "Must be an e-mail address, such as someone@example.com", "Muss eine E-Mail-Adresse wie jemand@example.com sein" },
        { "Must begin with https://", "Muss mit https:// beginnen" },
        { "Must begin with https:// or http://", "Muss mit https:// oder http:// beginnen" },
        { "Must be an address such as https://hooks.example.com/path, without a user or a fragment",
          "Muss eine Adresse wie https://hooks.example.com/pfad sein, ohne Benutzer und ohne #" },
        { "Must be a public address; webhook_networks in the page's settings allows others",
          "Muss eine öffentliche Adresse sein; andere erlaubt webhook_networks in den Einstellungen der Seite" },
        { "This endpoint is subscribed: see details.id", "Diese Adresse hat schon abonniert" },
        { "This page sends no mail: set mail_server in its settings, see maintd-page(8)",
          "Diese Seite verschickt keine Mails: In ihren Einstellungen fehlt mail_server, siehe maintd-page(8)" },
        { "%s addresses have been asked within a day, which is enough: try again later",
          "%s Adressen wurden an einem Tag gefragt, das ist genug: bitte später noch einmal" },
        { "This page has %s subscribers, which is all it can hold", "Diese Seite hat %s Abonnements, mehr passen nicht hinein" },
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
