#pragma once
/*
 * The API's objects as JSON
 */
#include <jansson.h>

#include "page/store/monitor.h"
#include "page/subscribe/subscriber.h"

/* Own created_at and its kin always have milliseconds, planned times as many decimals as they were given. NULL: memory is out. */
json_t *maintenance_to_json(const Maintenance *m, const Service *services, size_t n_services, const Update *updates, size_t n_updates);
json_t *service_to_json(const Service *s);
/* Without its secret and without the token of its unsubscribe link. */
json_t *subscriber_to_json(const Subscriber *s, const Service *services, size_t n_services);

json_t *monitor_to_json(const Monitor *m);
json_t *tallies_to_json(const TallyRow *rows, size_t n);

#define STAMP_SIZE 40u
/* "2027-02-01T02:00:00.000Z"; returns @buf */
const char *stamp_format(usec_t t, char buf[static STAMP_SIZE]);
