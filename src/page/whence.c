/*
 * Where a form was sent from
 */
#include "page/whence.h"

#include <string.h>
#include <strings.h>

/* Browsers say where a form was sent from; of those that do not, an address of another page is believed. Our own pages have no
 * referrer, so that their forms come from "null" in a browser without Sec-Fetch-Site. */
bool request_from_elsewhere(const Request *q) {
        const char *site = request_header(q, "Sec-Fetch-Site"), *origin = request_header(q, "Origin"), *host = request_header(q, "Host");

        if (site)
                return strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
        if (!origin || strcmp(origin, "null") == 0)
                return false;
        origin = strstr(origin, "://");
        return !origin || !host || strcasecmp(origin + 3, host) != 0;
}
