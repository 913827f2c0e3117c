#pragma once
/*
 * Service: maintd, the daemon
 *
 * Sets up a Site, runs its engine until it is told to stop, and speaks with systemd (readiness, reload, status, watchdog), with
 * people (control socket, signals) and with the file system (watch).
 */
#include "base/base.h"

typedef struct ServiceOptions {
        const char *config, *manifests, *state; /* NULL: as in site.h */
        const char *control;    /* NULL: $RUNTIME_DIRECTORY/control, then CONTROL_DEFAULT */
} ServiceOptions;

/* Runs until SIGTERM or SIGINT, which (with SIGHUP) must be blocked. Says itself what is wrong. Return: 0 or -errno. */
int service_run(const ServiceOptions *o);
