#pragma once
/*
 * Clients: who is connected, and for how long they may keep a connection to themselves
 *
 * A connection waits for a request, receives its body, or sends an answer. Each of these may take as long as `patience` says,
 * counted from its beginning and not from the last byte: who sends or reads a byte a second gets no further than who sends none. One
 * address has a share of the connections, unless it is a proxy's, behind which anybody may be.
 */
#include <systemd/sd-event.h>

#include "base/instant.h"
#include "page/network.h"

typedef struct ClientLimits {
        usec_t patience;                /* 0: PAGE_PATIENCE_SEC */
        unsigned each;                  /* connections of one address; 0: PAGE_CONNECTIONS_EACH */
        const Networks *proxies;        /* borrowed; NULL or none named: what comes over loopback is a proxy */
} ClientLimits;

/* What is told of a connection that was ended or refused. @address: NULL: a socket in the file system. */
typedef enum ClientFault { CLIENT_SLOW, CLIENT_CROWD } ClientFault;
typedef void (*client_fault_fn)(ClientFault what, const unsigned char *address, void *userdata);

typedef struct Clients Clients;
int clients_new(sd_event *event, const ClientLimits *limits, client_fault_fn fault, void *userdata, Clients **ret);
/* All clients must have been freed. */
Clients *clients_free(Clients *c);
DEFINE_AUTO(Clients *, clients_free)

/* May one more connection come from there? */
bool clients_admit(Clients *c, const struct sockaddr *from);

typedef enum ClientPhase { CLIENT_WAITING, CLIENT_SENDING_TO_US, CLIENT_READING } ClientPhase;

typedef struct Client Client;
/* @fd and @from: borrowed; the descriptor as long as the client. NULL: memory is out. */
Client *client_new(Clients *c, int fd, const struct sockaddr *from);
Client *client_free(Client *k);
/* Its time begins anew. */
void client_enter(Client *k, ClientPhase phase);
/* Ends it as soon as the library has returned, with 414: what it sent will not be answered otherwise. */
void client_refuse(Client *k);

/* Ends some of the connections that have been waiting longest and were not asked anything: others want to come. */
void clients_make_room(Clients *c);
/* Is there one that has sent part of a request, or came just now and may be about to? */
bool clients_expected(Clients *c);
