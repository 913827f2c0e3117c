/*
 * Clients: who is connected, and for how long they may keep a connection to themselves
 *
 * All phases have the same patience, so the list in order of their beginning is also the list in order of their end: whoever enters a
 * phase goes to its tail, and the one timer stands at its head. The library that owns the connections is not asked to end one: the socket is
 * shut down, and it finds that out as if the client had gone.
 */
#include "page/client.h"

#include <netinet/in.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/text.h"

#define SLOTS 16384u                            /* several addresses may share one, and then its share of connections */
#define ROOM_AFTER (2 * USEC_PER_SEC)           /* a connection that has been idle for less is left alone */
#define ROOM_AT_ONCE 64u
#define NEW_FOR USEC_PER_SEC
#define NOBODY SLOTS

struct Client {
        TAILQ_ENTRY(Client) order;
        Clients *all;
        usec_t since;                   /* CLOCK_BOOTTIME: when its phase began */
        int fd;                         /* borrowed */
        unsigned slot;                  /* where it is counted, or NOBODY */
        ClientPhase phase;
        bool refused;                   /* for a target that is too long */
        bool served;                    /* has had an answer */
        bool ended;                     /* shut down, and soon to be freed */
        bool local;                     /* a socket in the file system */
        unsigned char address[ADDRESS_BYTES];
};

struct Clients {
        ClientLimits limits;
        sd_event *event;                /* our reference */
        sd_event_source *timer;         /* owned; at the head's end, or earlier */
        bool armed;
        client_fault_fn fault;
        void *userdata;
        uint64_t seed;
        TAILQ_HEAD(, Client) list;
        uint16_t counts[SLOTS];
};

static usec_t clients_now(const Clients *c) {
        uint64_t now = 0;

        (void) sd_event_now(c->event, CLOCK_BOOTTIME, &now);
        return now;
}

static void clients_arm(Clients *c) {
        const Client *first = TAILQ_FIRST(&c->list);

        if (c->armed || !first)
                return;
        if (sd_event_source_set_time(c->timer, usec_add(first->since, c->limits.patience)) >= 0)
                c->armed = sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT) >= 0;
}

/* Part of a request has come in this phase: known of TCP alone, whose clients are those that nobody vouches for. */
static bool client_has_begun(const Client *k, usec_t now) {
        struct tcp_info info = { 0 };
        socklen_t n = sizeof(info);

        if (k->local || getsockopt(k->fd, IPPROTO_TCP, TCP_INFO, &info, &n) < 0 || n < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(info.tcpi_bytes_received))
                return false;
        return k->served ? info.tcpi_last_data_recv * USEC_PER_MSEC + 100 * USEC_PER_MSEC < now - k->since : info.tcpi_bytes_received > 0;
}

static void client_end(Client *k) {
        k->ended = true;
        (void) shutdown(k->fd, SHUT_RDWR);
}

/* Nothing of an answer is on its way unless it is being read, so this one is whole; who does not read gets a reset. */
static void client_answer(const Client *k, const char *status) {
        char text[512];
        int n = snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 0\r\n"
                         "Content-Security-Policy: default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'\r\n"
                         "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\r\n", status);

        (void) send(k->fd, text, (size_t) n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void client_expire(Client *k, usec_t now) {
        bool idle = k->phase == CLIENT_WAITING && !k->refused && !client_has_begun(k, now);

        if (k->phase == CLIENT_READING)
                (void) setsockopt(k->fd, SOL_SOCKET, SO_LINGER, &(struct linger) { 1, 0 }, sizeof(struct linger));
        else if (!idle && !k->ended)
                client_answer(k, k->refused ? "414 URI Too Long" : "408 Request Timeout");
        if (!idle && !k->ended && !k->refused)
                k->all->fault(CLIENT_SLOW, k->local ? NULL : k->address, k->all->userdata);
        client_end(k);
}

static int on_timer(sd_event_source *src, uint64_t usec, void *userdata) {
        Clients *c = userdata;
        usec_t now = clients_now(c);

        c->armed = false;
        for (Client *k; (k = TAILQ_FIRST(&c->list)) && usec_add(k->since, c->limits.patience) <= now;) {
                client_expire(k, now);
                TAILQ_REMOVE(&c->list, k, order);
                k->since = now;
                TAILQ_INSERT_TAIL(&c->list, k, order);
        }
        clients_arm(c);
        return 0;
}

int clients_new(sd_event *event, const ClientLimits *limits, client_fault_fn fault, void *userdata, Clients **ret) {
        auto_(clients_free) Clients *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        c->limits = *limits;
        if (c->limits.patience == 0)
                c->limits.patience = PAGE_PATIENCE_SEC * USEC_PER_SEC;
        if (c->limits.each == 0)
                c->limits.each = PAGE_CONNECTIONS_EACH;
        c->event = sd_event_ref(event);
        c->fault = fault;
        c->userdata = userdata;
        TAILQ_INIT(&c->list);
        if (getrandom(&c->seed, sizeof(c->seed), 0) != (ssize_t) sizeof(c->seed))
                return -errno;
        r = sd_event_add_time(event, &c->timer, CLOCK_BOOTTIME, USEC_INFINITY, 50 * USEC_PER_MSEC, on_timer, c);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(c->timer, "http-clients");
        *ret = STEAL(c);
        return 0;
}

Clients *clients_free(Clients *c) {
        if (!c)
                return NULL;
        (void) sd_event_source_disable_unref(c->timer);
        (void) sd_event_unref(c->event);
        free(c);
        return NULL;
}

/* Where an address is counted, of IPv6 the network that one customer has; NOBODY: a proxy. */
static unsigned clients_slot(const Clients *c, const unsigned char address[static ADDRESS_BYTES]) {
        const Networks *proxies = c->limits.proxies;

        if (proxies && proxies->n > 0 ? networks_contain(proxies, address) : address_loopback(address))
                return NOBODY;
        return (unsigned) (hash_bytes(c->seed, address, address_v4(address) ? ADDRESS_BYTES : ADDRESS_BYTES / 2) % SLOTS);
}

bool clients_admit(Clients *c, const struct sockaddr *from) {
        unsigned char address[ADDRESS_BYTES];
        unsigned slot;

        if (address_of(from, address) != 0)
                return true;
        slot = clients_slot(c, address);
        if (slot == NOBODY || c->counts[slot] < c->limits.each)
                return true;
        c->fault(CLIENT_CROWD, address, c->userdata);
        return false;
}

Client *client_new(Clients *c, int fd, const struct sockaddr *from) {
        Client *k = calloc(1, sizeof(*k));

        if (!k)
                return NULL;
        *k = (Client) { .all = c, .fd = fd, .since = clients_now(c), .slot = NOBODY };
        k->local = !from || address_of(from, k->address) != 0;
        if (!k->local)
                k->slot = clients_slot(c, k->address);
        if (k->slot != NOBODY)
                c->counts[k->slot]++;
        TAILQ_INSERT_TAIL(&c->list, k, order);
        clients_arm(c);
        return k;
}

Client *client_free(Client *k) {
        if (!k)
                return NULL;
        if (k->slot != NOBODY)
                k->all->counts[k->slot]--;
        TAILQ_REMOVE(&k->all->list, k, order);
        free(k);
        return NULL;
}

void client_enter(Client *k, ClientPhase phase) {
        Clients *c = k->all;

        k->served = k->served || phase == CLIENT_READING;
        k->phase = phase;
        k->since = clients_now(c);
        TAILQ_REMOVE(&c->list, k, order);
        TAILQ_INSERT_TAIL(&c->list, k, order);
}

void client_refuse(Client *k) {
        Clients *c = k->all;

        k->refused = true;
        k->since = 0;
        TAILQ_REMOVE(&c->list, k, order);
        TAILQ_INSERT_HEAD(&c->list, k, order);
        c->armed = false;
        clients_arm(c);
}

void clients_make_room(Clients *c) {
        usec_t now = clients_now(c);
        unsigned n = 0;

        for (Client *k = TAILQ_FIRST(&c->list); k && n < ROOM_AT_ONCE && usec_add(k->since, ROOM_AFTER) <= now; k = TAILQ_NEXT(k, order))
                if (k->phase == CLIENT_WAITING && !k->ended && !client_has_begun(k, now)) {
                        client_end(k);
                        n++;
                }
}

bool clients_expected(Clients *c) {
        usec_t now = clients_now(c);
        Client *k;

        TAILQ_FOREACH(k, &c->list, order)
                if (k->phase == CLIENT_WAITING && !k->ended && ((!k->served && now < k->since + NEW_FOR) || client_has_begun(k, now)))
                        return true;
        return false;
}
