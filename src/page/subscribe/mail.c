/*
 * Mail: one message as it goes over the wire
 */
#include "page/subscribe/mail.h"

#include <string.h>

#include "base/instant.h"
#include "base/text.h"

#define MAIL_LINE 76u           /* RFC 2045 §6.7, RFC 2047 §2 */
#define WORD_FRAME 12u          /* "=?UTF-8?B?" and "?=" */
#define BOUNDARY "=_maintd_page_" /* "=_" is nothing that quoted-printable could write */

const char *mail_date_format(usec_t t, char buf[static MAIL_DATE_SIZE]) {
        int64_t day = (int64_t) (t / USEC_PER_DAY);
        unsigned second = (unsigned) (t % USEC_PER_DAY / USEC_PER_SEC), month, mday;
        int year;

        civil_from_days(day, &year, &month, &mday);
        (void) snprintf(buf, MAIL_DATE_SIZE, "%s, %02u %s %04d %02u:%02u:%02u +0000", weekday_short(day), mday, month_short(month), year, second / 3600, second / 60 % 60,
                        second % 60);
        return buf;
}

/* ASCII of one line that no reader takes for an encoded word, and whose words fit into lines. */
static bool header_plain(const char *text, bool phrase) {
        size_t word = 0;

        for (const char *p = text; *p; p++) {
                bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');

                word = *p == ' ' ? 0 : word + 1;
                if (*p < ' ' || *p > '~' || word > MAIL_LINE - 20 || (phrase && !letter && *p != ' '))
                        return false;
        }
        return *text && *text != ' ' && text[strlen(text) - 1] != ' ' && !strstr(text, "  ") && !strstr(text, "=?");
}

/* By words, a line of which is at most 76 bytes long. @column: where the line stands. */
static void header_fold(FILE *f, const char *text, size_t column) {
        for (const char *p = text; *p;) {
                size_t n = strcspn(p, " ");

                if (p > text) {
                        bool breaks = column + 1 + n > MAIL_LINE;

                        (void) fputs(breaks ? "\r\n " : " ", f);
                        column = breaks ? 1 : column + 1;
                }
                (void) fwrite(p, 1, n, f);
                column += n;
                p += n + (p[n] == ' ');
        }
}

static void base64(FILE *f, const unsigned char *data, size_t n) {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

        for (size_t i = 0; i < n; i += 3) {
                unsigned v = (unsigned) data[i] << 16 | (i + 1 < n ? (unsigned) data[i + 1] << 8 : 0) | (i + 2 < n ? (unsigned) data[i + 2] : 0);

                (void) fputc(digits[v >> 18], f);
                (void) fputc(digits[v >> 12 & 63], f);
                (void) fputc(i + 1 < n ? digits[v >> 6 & 63] : '=', f);
                (void) fputc(i + 2 < n ? digits[v & 63] : '=', f);
        }
}

/* One character at @p as it may be shown on one line, 1 to 4 bytes; returns how many bytes of @p it stands for. */
static size_t header_character(const char *p, size_t left, char ret[static 4], size_t *ret_n) {
        uint32_t c = 0;
        size_t step = utf8_decode(p, left, &c);

        if (step == 0 || codepoint_hostile(c)) {
                ret[0] = step == 0 ? '?' : ' ';
                *ret_n = 1;
                return step > 0 ? step : 1;
        }
        memcpy(ret, p, step);
        *ret_n = step;
        return step;
}

/* Encoded words, each of whole characters. */
static void header_encode(FILE *f, const char *text, size_t column) {
        unsigned char chunk[MAIL_LINE];
        size_t left = strlen(text), n = 0;
        bool first = true;

        for (const char *p = text; left > 0;) {
                size_t room = (MAIL_LINE - (first ? column : 1) - WORD_FRAME) / 4 * 3, size = 0, step;
                char c[4];

                step = header_character(p, left, c, &size);
                if (n + size <= room) {
                        memcpy(chunk + n, c, size);
                        n += size;
                        p += step;
                        left -= step;
                        if (left > 0)
                                continue;
                }
                (void) fputs(first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?", f);
                base64(f, chunk, n);
                (void) fputs("?=", f);
                first = false;
                n = 0;
                /* What did not fit begins the next word. */
        }
}

static void header_text(FILE *f, const char *name, const char *text, bool phrase) {
        (void) fprintf(f, "%s: ", name);
        if (header_plain(text, phrase))
                header_fold(f, text, strlen(name) + 2);
        else
                header_encode(f, text, strlen(name) + 2);
}

/* As it stands, or as =XX: what is no ASCII, a blank at the end of a line, and what mail servers have been known to touch. */
static bool qp_bare(const char *p, const char *line) {
        if (*p == ' ' || *p == '\t')
                return p[1] != '\n' && p[1] != '\0' && p[1] != '\r';
        if (p == line && (*p == '.' || strncmp(p, "From ", 5) == 0))
                return false;
        return *p > ' ' && *p <= '~' && *p != '=';
}

static void quoted_printable(FILE *f, const char *text) {
        size_t column = 0;
        const char *line = text;

        for (const char *p = text; *p; p++) {
                bool bare = qp_bare(p, line);

                if (*p == '\r')
                        continue;
                if (*p == '\n') {
                        (void) fputs("\r\n", f);
                        column = 0;
                        line = p + 1;
                        continue;
                }
                if (column + (bare ? 1 : 3) > MAIL_LINE - 1) {
                        (void) fputs("=\r\n", f);
                        column = 0;
                        bare = bare && *p != '.';
                }
                column += bare ? 1 : 3;
                if (bare)
                        (void) fputc(*p, f);
                else
                        (void) fprintf(f, "=%02X", (unsigned char) *p);
        }
        if (column > 0)
                (void) fputs("\r\n", f);
}

static void part(FILE *f, const char *type, const char *text) {
        (void) fprintf(f, "--" BOUNDARY "\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", type);
        quoted_printable(f, text);
        (void) fputs("\r\n", f);
}

void mail_write(FILE *f, const Mail *m) {
        char date[MAIL_DATE_SIZE];

        header_text(f, "From", m->from_name, true);
        (void) fprintf(f, "\r\n <%s>\r\nTo: <%s>\r\n", m->from, m->to);
        header_text(f, "Subject", m->subject, false);
        (void) fprintf(f, "\r\nDate: %s\r\nMessage-ID: <%s>\r\n", mail_date_format(m->date, date), m->message_id);
        (void) fputs("Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nPrecedence: bulk\r\n", f);
        if (m->leave)
                (void) fprintf(f, "List-Unsubscribe:\r\n <%s>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", m->leave);
        (void) fputs("MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"" BOUNDARY "\"\r\n\r\n", f);
        part(f, "plain", m->text);
        part(f, "html", m->html);
        (void) fputs("--" BOUNDARY "--\r\n", f);
}
