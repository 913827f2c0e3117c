#pragma once
/*
 * Limits: how much of anything maintd takes from outside
 *
 * Everything that people, files, remotes, clients and visitors send is counted before it is believed. The numbers stand here, by who
 * sends, so that one page answers what the worst input can cost. They are generous to what people mean and far below what hurts: what
 * is at a limit works, one more is refused or cut, as said. unit/test-limits.c tries both sides of each, and fails for one it does not know.
 *
 * Counts unless a comment says bytes or characters (Unicode code points). Sizes of tables of our own making, paces and patience are
 * no limits in this sense and stay where they are used.
 */
#include "base/instant.h"

/* ── Manifests: refused by line and column ── */
#define MANIFEST_BYTES_MAX (64u * 1024)         /* bytes of a file */
#define MANIFEST_DEPTH_MAX 16u                  /* maps and lists inside one another */
#define MANIFEST_DOCUMENTS_MAX 256u             /* in a file */
#define ID_MAX 120u                             /* bytes; one that is made of a longer path is cut */
#define TITLE_MAX 200u                          /* characters */
#define DESCRIPTION_MAX 16384u                  /* bytes; also of a message */
#define NAME_MAX_BYTES 120u                     /* bytes; of a service or target in a list */
#define TIMEZONE_MAX 64u                        /* bytes */
#define UPDATES_MAX 64u
#define OVERRIDES_MAX 366u
#define DATES_MAX 732u                          /* in `except`, and in `extra` */
#define SERVICES_MAX 128u
#define TARGETS_MAX 64u                         /* in a manifest, and in the configuration */
#define REMINDERS_MAX 8u
#define LABELS_MAX 64u
#define LABEL_KEY_MAX 64u                       /* characters */
#define LABEL_VALUE_MAX 1024u                   /* characters */
#define WAIVERS_MAX 256u                        /* comments that switch warnings off, and ids in them; further ones are not read, as said */
#define SPAN_DAYS_MAX 36600u                    /* days; the longest time span */

/* ── Rules: what they may cost ── */
#define RULE_MAX 512u                           /* bytes */
#define RULE_STEPS_MAX 200000u                  /* steps one expansion may cost; what it found until then counts */
#define WINDOWS_PER_MANIFEST_MAX 1000u          /* published ahead of one manifest; later ones follow as these pass */

/* ── Directories and repositories: refused as a whole, the last good state stays in force ── */
#define TREE_FILES_MAX 200000u                  /* manifests */
#define TREE_DEPTH_MAX 32u                      /* folders */
#define WATCH_DIRS_MAX 65536u                   /* folders watched; beyond, changes are found by looking again */
#define WATCH_DEPTH_MAX 64u                     /* folders, links followed; as above */
#define LINKS_MAX 40u                           /* symbolic links on one path, as the kernel has it: path_resolution(7) */
#define FOLDERS_MAX 64u                         /* open at once while a path is walked without openat2() */
#define GIT_LINE_MAX 4096u                      /* bytes of what HEAD, a ref, commondir say; longer: no commit is shown */
#define GIT_REF_MAX 255u                        /* bytes; a longer one has no commit */
#define PACKED_REFS_MAX (8u * 1024 * 1024)      /* bytes; beyond, no commit is shown */

/* ── What is said of errors: further ones are counted, longer ones cut ── */
#define PROBLEMS_MAX 110u                       /* of the YAML of one file */
#define PER_FILE_MAX 100u                       /* diagnostics of one file */
#define MESSAGE_MAX 600u                        /* characters */
#define WORD_MAX 64u                            /* bytes; nothing is suggested for a longer one */
#define LOG_VALUE_MAX 4096u                     /* characters of a field of the journal */
#define LOG_LABELS_MAX 64u                      /* labels of a line of the journal */

/* ── The configuration ── */
#define CONFIG_BYTES_MAX (256u * 1024)          /* bytes */
#define CATALOGUE_MAX 4096u                     /* services */
#define SERVICE_NAME_MAX 120u                   /* bytes */
#define NAME_BYTES_MAX 64u                      /* bytes; of a target */
#define DISABLED_MAX 128u                       /* warnings switched off */
#define INSTANCE_MAX 32u                        /* bytes */
#define MATCHERS_MAX 32u                        /* of a service */
#define MATCHER_VALUE_MAX 1024u                 /* characters */
#define URL_MAX 2048u                           /* bytes */
#define HOST_MAX 253u                           /* bytes; RFC 1035 §2.3.4 without the last dot */
#define PATH_BYTES_MAX 4095u                    /* bytes */
#define SECRET_BYTES_MAX (64u * 1024)           /* bytes of a credential */
#define SECRET_NAME_MAX 64u                     /* bytes */

/* ── Time zone data of the system: what exceeds it is no zone ── */
#define TZIF_BYTES_MAX (256u * 1024)            /* bytes of a zone */
#define TZIF_ABBREVIATION_MAX 16u               /* bytes with the NUL, in a footer */
#define TZIF_OFFSET_MAX (26 * 3600)             /* seconds; RFC 9636 §3.2 advises less, nothing real comes near */
#define ZONES_MAX 2048u                         /* distinct zones in use at once; tzdata has 600 names */
#define ZONE_INDEX_BYTES_MAX (512u * 1024)      /* bytes of tzdata.zi */

/* ── The ledger: a row that exceeds it is corrupt ── */
#define OCCURRENCE_MAX 31u                      /* bytes */
#define PART_MAX 160u                           /* bytes */
#define TOLD_MAX 128u                           /* messages remembered per record; beyond, the oldest are forgotten */
#define DOC_BYTES_MAX (16u * MANIFEST_BYTES_MAX) /* bytes of a manifest in canonical text: escapes and defaults take room */

/* ── Remotes ── */
#define HTTP_BODY_MAX (8u * 1024 * 1024)        /* bytes; cut, which the reader is told */
#define HTTP_HEADERS_MAX (64u * 1024)           /* bytes; the request fails */
#define HTTP_URL_MAX 8192u                      /* bytes, of the base and of the path */
#define HTTP_ERROR_CHARS 300u                   /* characters of a reason; cut */
#define JSON_VALUES_MAX (512u * 1024)           /* values in one answer, of up to 130 bytes of memory each; refused */
#define DETAIL_CHARS_MAX 200u                   /* characters of what a remote says went wrong; cut */
#define REMOTE_ID_MAX 200u                      /* bytes; an object with a longer one is not touched */
#define CURSOR_MAX 2048u                        /* bytes; the listing is partial */
#define KODO_PAGES_MAX 2000u                    /* pages of one of Kodo's listings: a server that never ends is not followed for ever */
#define LIST_PAGES_MAX 10000u                   /* pages of any listing; the look fails */
#define UNOWNED_MAX 100000u                     /* objects of others remembered per target; further ones are not shown */
#define REMOTE_CATALOGUE_MAX 20000u             /* names a target knows; further ones are unknown */
#define FACTS_MAX 64u                           /* that a target tells of itself; further ones are dropped */
#define PROBLEM_CHARS_MAX 400u                  /* characters of what is said of a service that a target does not know; cut */
#define KNOWN_NAME_CHARS_MAX 100u               /* characters of its name for one that it does; cut */
#define LEDGER_ID_MAX 64u                       /* bytes of another maintd's id in a comment; longer: not ours, nobody's */
#define WAIT_MAX (15 * USEC_PER_MINUTE)         /* whatever a remote asks for, it is asked again after this long */

/* ── Clients of the control socket ── */
#define CONTROL_LINE_MAX (64u * 1024)           /* bytes of a request, with its newline; the client is told and dropped */
#define CONTROL_CLIENTS_MAX 16u                 /* further ones are told to come again */
#define CONTROL_OUT_MAX (128u * 1024 * 1024)    /* bytes of answers waiting to be read, of all clients together */
#define CONTROL_IDLE_SEC 30u                    /* seconds; a client that neither asks nor reads is dropped */
#define HISTORY_LIMIT_MAX 10000u                /* entries in one answer */
#define LABEL_FILTERS_MAX 16u

/* ── maintctl ── */
#define SIMULATE_DAYS_MAX 400u                  /* days of a simulation */
#define SIMULATE_DEEDS_MAX 100000u              /* lines of a simulation; it ends there and says so */
#define SIMULATE_RESTARTS_MAX 16u
#define IMPORT_MAX 1000u                        /* manifests written at once; further windows are left for another time */

/* ── maintd-page: clients with a key, and visitors ── */
#define PAGE_CONNECTIONS 1024u                  /* at once, of all sockets together; further ones wait in the kernel. --connections changes it … */
#define PAGE_CONNECTIONS_MAX 20000u             /* … up to this */
#define PAGE_CONNECTIONS_EACH 64u               /* of one address, of IPv6 one network of 64 bits; further ones are closed. Proxies have all */
#define PAGE_HEAD_BYTES_MAX (16u * 1024)        /* bytes of a connection's memory: request line and headers; 414, 431. Less where all together … */
#define PAGE_HEADS_BYTES_MAX (64u * 1024 * 1024) /* … would exceed this */
#define PAGE_HEADERS_MAX 128u                   /* 431 */
#define PAGE_QUERY_FIELDS_MAX 64u               /* 414 */
#define PAGE_PATIENCE_SEC 30u                   /* seconds a client has to send a head, then a body, then to take the answer. --timeout changes it … */
#define PAGE_PATIENCE_SEC_MAX 600u              /* … up to this */
#define PAGE_REFUSALS_LOGGED 10u                /* lines a minute of requests that were refused or had no key; the others are counted */
#define PAGE_DRAIN_SEC 3u                       /* seconds that are left to requests under way when the page ends */
#define PAGE_BODY_BYTES_MAX (128u * 1024)       /* bytes; 413. Description and message in one, each all quotes, which JSON doubles */
#define PAGE_DRAIN_BYTES_MAX (1024u * 1024)     /* bytes of a body that is too large: read and thrown away, so that the client sees the 413 */
#define PAGE_LIMIT_READS 100u                   /* of a key, a minute; --rate-limit changes it */
#define PAGE_LIMIT_WRITES 30u                   /* as above */
#define PAGE_LIST_MAX 100u                      /* objects of one answer */
#define PAGE_LIST_BYTES_MAX (1024u * 1024)      /* bytes of texts; a page ends early beyond, and says so by its cursor */
#define PAGE_ANSWER_BYTES_MAX (64u * 1024)      /* bytes; a larger one is not kept for a repeated request but made again from the object */
#define PAGE_IDEMPOTENCY_KEY_MAX 255u           /* characters */
#define PAGE_TITLE_CHARS_MAX 200u               /* characters */
#define PAGE_DESCRIPTION_BYTES_MAX (16u * 1024) /* bytes */
#define PAGE_MESSAGE_BYTES_MAX DESCRIPTION_MAX  /* bytes; what a manifest may say, its page takes */
#define PAGE_EXTERNAL_ID_CHARS_MAX 200u         /* characters */
#define PAGE_OWNER_CHARS_MAX 64u                /* characters */
#define PAGE_NAME_CHARS_MAX 120u                /* characters; of a service */
#define PAGE_NOTE_BYTES_MAX 2000u               /* bytes; a service's description */
#define PAGE_WINDOW_SERVICES_MAX 200u
#define PAGE_REMINDERS_MAX 8u
#define PAGE_REMINDER_MINUTES_MAX (366u * 24 * 60) /* minutes */
#define PAGE_WINDOW_LENGTH_MAX (366 * USEC_PER_DAY)
#define PAGE_UPDATES_MAX 500u                   /* of an object */
#define PAGE_SERVICES_MAX 1000u
#define PAGE_DISPLAY_ORDER_MAX 1000000
#define PAGE_NESTING_MAX 16                     /* of Markdown; deeper, only the text is shown */
#define PAGE_HTML_SMALL 1024u                   /* bytes of HTML made of a Markdown; beyond, … */
#define PAGE_HTML_GROWTH_MAX 32u                /* … times its bytes more; else it is shown as it was written. Sixteen quotes in one another: 27 */
#define PAGE_KEY_NAME_MAX 64u                   /* bytes */
#define PAGE_SITE_BYTES_MAX (16u * 1024)        /* bytes of page.yaml */
#define PAGE_SITE_TITLE_MAX 80u                 /* characters */
#define PAGE_FOOTER_BYTES_MAX 2048u             /* bytes */
#define PAGE_LOGO_BYTES_MAX (64u * 1024)        /* bytes */
#define PAGE_SUBSCRIBERS_MAX 20000u
#define PAGE_MAILBOX_MAX 254u                   /* bytes of an e-mail address; RFC 5321 §4.5.3.1.3 */
#define PAGE_LOCAL_PART_MAX 64u                 /* bytes before its @ */
#define PAGE_NETWORKS_MAX 16u                   /* in a list of them */
#define PAGE_WISHES_MAX 5000u                   /* addresses asked in a day by visitors, and as many by keys; then it is too much */
#define PAGE_WISHES_OWN_MAX 3u                  /* mails to one address in a day that ask it; further wishes are silent */
#define PAGE_FORM_FIELDS_MAX 256u               /* of a form; 400 */
#define PAGE_FORM_POSTS_MAX 5u                  /* forms of one visitor in ten minutes; 429 */
#define PAGE_VISITORS_MAX 1024u                 /* whose forms are counted at once; then the oldest is forgotten */
#define PAGE_SESSIONS_MAX 64u                   /* of a key at the dashboard; one more ends the oldest */
#define PAGE_MONITORS_MAX 500u
#define PAGE_MONITOR_INTERVAL_MAX (24 * USEC_PER_HOUR)
#define PAGE_MONITOR_TIMEOUT_MIN (100 * USEC_PER_MSEC)
#define PAGE_MONITOR_TIMEOUT_MAX (30 * USEC_PER_SEC)

/* ── maintd-page: what its monitors look at ── */
#define PAGE_CHECK_HEADER_BYTES_MAX (64u * 1024) /* bytes of all header lines of an answer; beyond, it counts as none */
#define PAGE_CHECK_BODY_BYTES_MAX (64u * 1024)  /* bytes; no more is read, which is no fault of the answer */
