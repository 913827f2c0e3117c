/*
 * What the public page says, in the languages it knows
 */
#include "page/show/words.h"

#include <assert.h>
#include <string.h>

#define YEAR_UNSAID (330 * USEC_PER_DAY)

static const char *const codes[LANGUAGES] = { [LANGUAGE_EN] = "en", [LANGUAGE_DE] = "de" };

/* %s: one value, put in by word_fill(); in each column or in none, which test-page-words.c checks. */
static const char *const words[WORDS][LANGUAGES] = {
        [WORD_ALL_OPERATIONAL] = { "All systems operational", "Alle Systeme laufen" },
        [WORD_ALL_MAINTENANCE] = { "Maintenance in progress", "Wartung läuft" },
        [WORD_ALL_DEGRADED] = { "Degraded performance", "Eingeschränkte Leistung" },
        [WORD_ALL_PARTIAL] = { "Partial outage", "Teilweiser Ausfall" },
        [WORD_ALL_MAJOR] = { "Major outage", "Schwerer Ausfall" },

        [WORD_OPERATIONAL] = { "Operational", "In Betrieb" },
        [WORD_MAINTENANCE] = { "Under maintenance", "In Wartung" },
        [WORD_DEGRADED] = { "Degraded performance", "Eingeschränkt" },
        [WORD_PARTIAL] = { "Partial outage", "Teilweiser Ausfall" },
        [WORD_MAJOR] = { "Major outage", "Schwerer Ausfall" },
        [WORD_NO_DATA] = { "No data", "Keine Daten" },

        [WORD_SCHEDULED] = { "Scheduled", "Geplant" },
        [WORD_IN_PROGRESS] = { "In progress", "Läuft" },
        [WORD_COMPLETED] = { "Completed", "Abgeschlossen" },
        [WORD_CANCELLED] = { "Cancelled", "Abgesagt" },

        [WORD_RUNNING] = { "Maintenance in progress", "Laufende Wartung" },
        [WORD_UPCOMING] = { "Upcoming maintenance", "Kommende Wartungen" },
        [WORD_SERVICES] = { "Services", "Dienste" },
        [WORD_RECENT] = { "Past 30 days", "Vergangene 30 Tage" },
        [WORD_NONE_PLANNED] = { "No maintenance is planned.", "Es ist keine Wartung geplant." },
        [WORD_NONE_RECENT] = { "No maintenance in the past 30 days.", "Keine Wartung in den vergangenen 30 Tagen." },
        [WORD_NEXT] = { "Next maintenance:", "Nächste Wartung:" },
        [WORD_LATE] = { "Not begun yet:", "Noch nicht begonnen:" },
        [WORD_MORE] = { "and %s more", "und %s weitere" },
        [WORD_EXPECTED_END] = { "Expected to end", "Voraussichtliches Ende" },
        [WORD_SEVERAL_RUNNING] = { "%s running; the last is expected to end", "%s laufen; voraussichtliches Ende der letzten" },
        [WORD_OVERDUE] = { "It takes longer than planned.", "Sie dauert länger als geplant." },
        [WORD_SEVERAL_OVERDUE] = { "%s running; they take longer than planned.", "%s laufen und dauern länger als geplant." },
        [WORD_AFFECTED] = { "Affected", "Betroffen" },
        [WORD_UPDATES] = { "Updates", "Verlauf" },
        [WORD_OLDER_UPDATES] = { "All updates (%s)", "Ganzer Verlauf (%s)" },
        [WORD_UPDATES_LEFT_OUT] = { "Older ones that are not shown: %s", "Ältere, die hier fehlen: %s" },
        [WORD_PLANNED] = { "Planned", "Geplant" },
        [WORD_STARTED] = { "Started", "Begonnen" },
        [WORD_ENDED] = { "Ended", "Beendet" },
        [WORD_CANCELLED_AT] = { "Cancelled", "Abgesagt" },
        [WORD_READ_ON] = { "Read on", "Weiterlesen" },
        [WORD_STATUS] = { "Status", "Status" },
        [WORD_HISTORY] = { "History", "Archiv" },
        [WORD_ALL_HISTORY] = { "Full history", "Ganzes Archiv" },
        [WORD_HISTORY_OF] = { "Maintenance in %s", "Wartungen im %s" },
        [WORD_NONE_IN_MONTH] = { "No maintenance ended in this month.", "In diesem Monat ging keine Wartung zu Ende." },
        [WORD_EARLIER] = { "Earlier", "Früher" },
        [WORD_LATER] = { "Later", "Später" },
        [WORD_MORE_IN_MONTH] = { "More of this month", "Weitere dieses Monats" },
        [WORD_CALENDAR] = { "Calendar", "Kalender" },
        [WORD_FEED] = { "Feed", "Feed" },
        [WORD_SUPPORT] = { "Support", "Hilfe" },
        [WORD_SKIP] = { "Skip to content", "Zum Inhalt" },
        [WORD_MAIN_MENU] = { "Main menu", "Hauptmenü" },
        [WORD_MONTHS] = { "Months", "Monate" },
        [WORD_ADD_TO_CALENDAR] = { "Add to calendar", "In den Kalender" },
        [WORD_MORE_RUNNING] = { "%s more in progress", "%s weitere laufen" },
        [WORD_MORE_UPCOMING] = { "%s more to come", "%s weitere sind geplant" },
        [WORD_ALL_OPEN] = { "Current and upcoming maintenance", "Laufende und kommende Wartungen" },
        [WORD_FEED_TITLE] = { "Maintenance: %s", "Wartungen: %s" },
        [WORD_DAYS_AGO] = { "%s days ago", "vor %s Tagen" },
        [WORD_TODAY] = { "Today", "Heute" },
        [WORD_UPTIME] = { "%s uptime", "%s verfügbar" },
        [WORD_LAST_DAYS] = { "Last %s days", "Letzte %s Tage" },
        [WORD_UNEVENTFUL] = { "Operational every day", "Jeden Tag in Betrieb" },
        [WORD_ZONE_NOTE] = { "All times are %s.", "Alle Zeiten: %s." },
        [WORD_YOUR_TIME] = { "Your time:", "Ihre Zeit:" },
        [WORD_NOT_FOUND] = { "Not found", "Nicht gefunden" },
        [WORD_NOT_FOUND_LONG] = { "There is no such page.", "Diese Seite gibt es nicht." },
        [WORD_NOT_ALLOWED] = { "Not allowed", "Nicht erlaubt" },
        [WORD_NOT_ALLOWED_LONG] = { "This page can only be read.", "Diese Seite kann nur gelesen werden." },

        [WORD_SUBSCRIBE] = { "Subscribe", "Abonnieren" },
        [WORD_SUBSCRIBE_LONG] = { "Get a mail when maintenance is planned, begins, changes and ends.",
                                  "Eine E-Mail, wenn eine Wartung geplant wird, beginnt, sich ändert oder endet." },
        [WORD_ADDRESS] = { "E-mail address", "E-Mail-Adresse" },
        [WORD_ADDRESS_WRONG] = { "That is no e-mail address.", "Das ist keine E-Mail-Adresse." },
        [WORD_SERVICES_WRONG] = { "The services that were chosen do not exist here. Choose again, please.", "Die gewählten Dienste gibt es hier nicht. Bitte wählen Sie neu." },
        [WORD_ONLY_SERVICES] = { "Only for these services (none: all)", "Nur für diese Dienste (keiner: alle)" },
        [WORD_ASKED] = { "Look into your mailbox", "Bitte ins Postfach sehen" },
        [WORD_ASKED_LONG] = { "A message with a link goes to the address you gave. Follow the link within 24 hours, and you are subscribed.",
                              "An die angegebene Adresse geht eine Nachricht mit einem Link. Wer ihm binnen 24 Stunden folgt, hat abonniert." },
        [WORD_CONFIRM_LONG] = { "Shall %s be told of maintenance?", "Soll %s von Wartungen erfahren?" },
        [WORD_CONFIRMED] = { "You are subscribed", "Abonniert" },
        [WORD_CONFIRMED_LONG] = { "Each message that you get has a link that unsubscribes.", "Jede Nachricht enthält einen Link zum Abbestellen." },
        [WORD_EXPIRED] = { "This link is not valid any more", "Dieser Link gilt nicht mehr" },
        [WORD_EXPIRED_LONG] = { "It works once, and for 24 hours. Subscribe again to get another one.",
                                "Er gilt einmal und 24 Stunden lang. Wer noch einmal abonniert, bekommt einen neuen." },
        [WORD_UNSUBSCRIBE] = { "Unsubscribe", "Abbestellen" },
        [WORD_UNSUBSCRIBE_LONG] = { "No further message will be sent to you.", "Es kommen keine weiteren Nachrichten." },
        [WORD_UNSUBSCRIBED] = { "You are not subscribed", "Nicht abonniert" },
        [WORD_UNSUBSCRIBED_LONG] = { "No further message will be sent to you.", "Es kommen keine weiteren Nachrichten." },
        [WORD_TOO_OFTEN] = { "Too many requests", "Zu viele Anfragen" },
        [WORD_TOO_OFTEN_LONG] = { "Please try again later.", "Bitte später noch einmal versuchen." },
        [WORD_FOREIGN] = { "This form came from another page", "Dieses Formular kam von einer anderen Seite" },
        [WORD_FOREIGN_LONG] = { "Open this page itself and try again.", "Bitte diese Seite selbst öffnen und noch einmal versuchen." },
        [WORD_MAIL_WINDOW] = { "Maintenance", "Wartung" },
        [WORD_MAIL_WHY] = { "You get this because %s is subscribed.", "Diese Nachricht kommt, weil %s abonniert hat." },
        [WORD_MAIL_QUESTION] = { "Confirm your subscription: %s", "Abonnement bestätigen: %s" },
        [WORD_MAIL_QUESTION_LONG] = { "Somebody, most likely you, asked that %s be told of maintenance. Follow this link within 24 hours if that is so.",
                                      "Jemand, wohl der Inhaber, möchte, dass %s von Wartungen erfährt. Wenn das stimmt, bitte binnen 24 Stunden diesem Link folgen." },
        [WORD_MAIL_CONFIRM] = { "Confirm", "Bestätigen" },
        [WORD_TOLD_SCHEDULED] = { "Scheduled maintenance: %s", "Geplante Wartung: %s" },
        [WORD_TOLD_REMINDER] = { "Maintenance begins soon: %s", "Bald beginnt die Wartung: %s" },
        [WORD_TOLD_IN_PROGRESS] = { "Maintenance in progress: %s", "Wartung läuft: %s" },
        [WORD_TOLD_UPDATED] = { "Maintenance ends at another time: %s", "Neues Ende der Wartung: %s" },
        [WORD_TOLD_RESCHEDULED] = { "Maintenance rescheduled: %s", "Wartung verschoben: %s" },
        [WORD_TOLD_COMPLETED] = { "Maintenance completed: %s", "Wartung abgeschlossen: %s" },
        [WORD_TOLD_CANCELLED] = { "Maintenance cancelled: %s", "Wartung abgesagt: %s" },
        [WORD_TOLD_UPDATE] = { "Maintenance update: %s", "Neues zur Wartung: %s" },
        [WORD_TOLD_LEFT_OUT] = { "It no longer affects your services: %s", "Betrifft Ihre Dienste nicht mehr: %s" },
        [WORD_MAIL_IGNORE] = { "If not, do nothing, and nothing more will come.", "Wenn nicht, ist nichts zu tun, und es kommt nichts weiter." },
};

static const char *const weekdays[LANGUAGES][7] = { /* 1970-01-01 was a Thursday */
        { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" },
        { "Do.", "Fr.", "Sa.", "So.", "Mo.", "Di.", "Mi." },
};

static const char *const months[LANGUAGES][12] = {
        { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December" },
        { "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember" },
};

static const char *const short_months[LANGUAGES][12] = {
        { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" },
        { "Jan.", "Feb.", "März", "April", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez." },
};

const char *word(Language l, Word w) {
        assert(words[w][l]);
        return words[w][l];
}

const char *word_fill(Arena *a, Language l, Word w, const char *value) {
        const char *text = word(l, w), *place = strstr(text, "%s");

        assert(place);
        return arena_printf(a, "%.*s%s%s", (int) (place - text), text, value, place + 2);
}

const char *language_code(Language l) {
        return codes[l];
}

int language_from_code(const char *code) {
        for (size_t i = 0; i < LANGUAGES; i++)
                if (strcmp(codes[i], code) == 0)
                        return (int) i;
        return -EINVAL;
}

static int clock_phrase(Language l, const Local *at, char *buf, size_t size) {
        if (l == LANGUAGE_DE)
                return snprintf(buf, size, "%02u:%02u\u00a0Uhr", at->hour, at->minute);
        return snprintf(buf, size, "%u:%02u\u00a0%s", (at->hour + 11) % 12 + 1, at->minute, at->hour < 12 ? "AM" : "PM");
}

const char *phrase_moment(const Voice *v, usec_t t, usec_t now, char buf[static PHRASE_SIZE]) {
        bool year = (t > now ? t - now : now - t) > YEAR_UNSAID;
        const char *weekday, *month;
        char of_year[8] = "";
        Local at;
        int n;

        zone_local(v->zone, t, &at, NULL, NULL);
        weekday = weekdays[v->language][days_from_civil(at.year, at.month, at.day) % 7];
        month = short_months[v->language][at.month - 1];
        if (year)
                (void) snprintf(of_year, sizeof(of_year), v->language == LANGUAGE_DE ? " %d" : ", %d", at.year);
        if (v->language == LANGUAGE_DE)
                n = snprintf(buf, PHRASE_SIZE, "%s, %u. %s%s, ", weekday, at.day, month, of_year);
        else
                n = snprintf(buf, PHRASE_SIZE, "%s, %s %u%s, ", weekday, month, at.day, of_year);
        (void) clock_phrase(v->language, &at, buf + n, PHRASE_SIZE - (size_t) n);
        return buf;
}

const char *phrase_until(const Voice *v, usec_t from, usec_t to, usec_t now, char buf[static PHRASE_SIZE]) {
        Local a, b;

        zone_local(v->zone, from, &a, NULL, NULL);
        zone_local(v->zone, to, &b, NULL, NULL);
        if (a.year != b.year || a.month != b.month || a.day != b.day)
                return phrase_moment(v, to, now, buf);
        (void) clock_phrase(v->language, &b, buf, PHRASE_SIZE);
        return buf;
}

const char *phrase_day(const Voice *v, usec_t t, char buf[static PHRASE_SIZE]) {
        Local at;

        zone_local(v->zone, t, &at, NULL, NULL);
        if (v->language == LANGUAGE_DE)
                (void) snprintf(buf, PHRASE_SIZE, "%u. %s", at.day, short_months[v->language][at.month - 1]);
        else
                (void) snprintf(buf, PHRASE_SIZE, "%s %u", short_months[v->language][at.month - 1], at.day);
        return buf;
}

const char *phrase_month(Language l, int year, unsigned month, char buf[static PHRASE_SIZE]) {
        (void) snprintf(buf, PHRASE_SIZE, "%s %d", months[l][month - 1], year);
        return buf;
}

const char *phrase_offset(const Voice *v, usec_t t, char buf[static PHRASE_SIZE]) {
        const char *abbreviation = NULL;
        int offset = 0, minutes;
        Local at;

        zone_local(v->zone, t, &at, &offset, &abbreviation);
        minutes = abs(offset) / 60;
        if (abbreviation && *abbreviation != '+' && *abbreviation != '-')
                (void) snprintf(buf, PHRASE_SIZE, "%s", abbreviation);
        else if (minutes % 60 == 0) /* tzdata has no letters for it */
                (void) snprintf(buf, PHRASE_SIZE, "UTC%s%d", offset < 0 ? "−" : "+", minutes / 60);
        else
                (void) snprintf(buf, PHRASE_SIZE, "UTC%s%d:%02d", offset < 0 ? "−" : "+", minutes / 60, minutes % 60);
        return buf;
}

const char *phrase_length(Language l, usec_t length, char buf[static PHRASE_SIZE]) {
        unsigned minutes = (unsigned) (length / USEC_PER_MINUTE), days = minutes / (24 * 60), hours = minutes / 60 % 24;
        size_t n = 0;

        buf[0] = '\0';
        minutes %= 60;
        if (days > 0)
                n += (size_t) snprintf(buf, PHRASE_SIZE, "%u %s", days,
                                       l == LANGUAGE_DE ? (days == 1 ? "Tag" : "Tage") : (days == 1 ? "day" : "days"));
        if (hours > 0)
                n += (size_t) snprintf(buf + n, PHRASE_SIZE - n, "%s%u h", n > 0 ? " " : "", hours);
        if (minutes > 0 && days == 0)
                n += (size_t) snprintf(buf + n, PHRASE_SIZE - n, "%s%u min", n > 0 ? " " : "", minutes);
        if (n == 0)
                (void) snprintf(buf, PHRASE_SIZE, "< 1 min");
        return buf;
}

const char *phrase_percent(Language l, uint64_t part, uint64_t whole, char buf[static PHRASE_SIZE]) {
        uint64_t hundredths = whole == 0 ? 0 : part * 10000 / whole;
        const char *unit = l == LANGUAGE_DE ? "\u00a0%" : "%"; /* a space that does not break */

        if (hundredths % 100 == 0)
                (void) snprintf(buf, PHRASE_SIZE, "%u%s", (unsigned) (hundredths / 100), unit);
        else
                (void) snprintf(buf, PHRASE_SIZE, "%u%c%02u%s", (unsigned) (hundredths / 100), l == LANGUAGE_DE ? ',' : '.',
                                (unsigned) (hundredths % 100), unit);
        return buf;
}
