/*
 * A form's fields as address, subject, name and body of a mail: whatever they are, the mail has the headers that are ours and no others
 */
#include <string.h>

#include "fuzz.h"

#include "base/text.h"
#include "page/form.h"
#include "page/subscribe/mail.h"
#include "page/subscribe/subscriber.h"

/* Short lines of printable ASCII (and tabs, in bodies) that end in CRLF, twelve headers, two parts. */
static void mail_check(const char *text) {
        unsigned headers = 0, parts = 0;
        bool body = false;

        for (const char *line = text; *line;) {
                const char *end = strstr(line, "\r\n");

                assert_always(end && end - line <= 76 + (text_starts(line, "To: ") ? PAGE_MAILBOX_MAX : 0));
                for (const char *p = line; p < end; p++)
                        assert_always((*p >= ' ' && *p <= '~') || (body && *p == '\t'));
                body = body || end == line;
                headers += !body && *line != ' ';
                parts += text_starts(line, "--=_");
                assert_always(!text_starts(line, "Bcc:") || body);
                line = end + 2;
        }
        assert_always(body && headers == 12 && parts == 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        auto_(arena_free) Arena *a = arena_new();
        auto_(free) char *text = NULL;
        const char *wrong, *address, *body;
        size_t n;
        Form form;
        FILE *f;

        assert_always(a);
        if (size > PAGE_BODY_BYTES_MAX || form_parse(a, (const char *) data, size, &form) < 0)
                return 0;
        address = mailbox_take(a, text_or(form_value(&form, "address"), ""), &wrong);
        assert_always(!address || (strlen(address) <= PAGE_MAILBOX_MAX && !strpbrk(address, " \t\r\n<>\"(),:;\\[]")));
        body = text_or(form_value(&form, "text"), "");
        f = open_memstream(&text, &n);
        assert_always(f);
        mail_write(f, &(Mail) { .from_name = text_or(form_value(&form, "name"), "x"), .from = "status@example.com", .to = address ? address : "a@example.com",
                                .subject = text_or(form_value(&form, "subject"), "x"), .message_id = "1@example.com", .leave = "https://h/l", .text = body, .html = body });
        assert_always(fclose(f) == 0);
        mail_check(text);
        return 0;
}
