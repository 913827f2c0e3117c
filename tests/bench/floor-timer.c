/*
 * Floor: how late the kernel itself is
 *
 * One timerfd on CLOCK_REALTIME, set to one absolute instant after the other, as the daemon's only timer is. What it prints is
 * the lateness that no program here can go below; maintd's own stands in its journal lines.
 *
 * usage: floor-timer COUNT STEP-MICROSECONDS   prints median and worst lateness in microseconds
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define COUNT_MAX 100000L

static int64_t now_usec(void) {
        struct timespec t;

        clock_gettime(CLOCK_REALTIME, &t);
        return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int compare(const void *a, const void *b) {
        int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

        return (x > y) - (x < y);
}

/* Waits until @due; how late that was, or -1. */
static int64_t wait_until(int fd, int64_t due) {
        struct itimerspec at = { .it_value = { .tv_sec = due / 1000000, .tv_nsec = due % 1000000 * 1000 } };
        uint64_t expired;

        if (timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL) < 0 || read(fd, &expired, sizeof(expired)) != sizeof(expired))
                return -1;
        return now_usec() - due;
}

int main(int argc, char **argv) {
        long count = argc == 3 ? atol(argv[1]) : 0, step = argc == 3 ? atol(argv[2]) : 0;
        int64_t *late, due;
        int fd;

        if (count < 1 || count > COUNT_MAX || step < 1) {
                fprintf(stderr, "usage: floor-timer COUNT STEP-MICROSECONDS\n");
                return 1;
        }
        late = calloc((size_t) count, sizeof(*late));
        fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
        if (!late || fd < 0) {
                perror("floor-timer");
                free(late);
                return 1;
        }
        due = now_usec();
        for (long i = 0; i < count; i++) {
                due += step;
                late[i] = wait_until(fd, due);
        }
        qsort(late, (size_t) count, sizeof(*late), compare);
        printf("%lld us median, %lld us worst of %ld\n", (long long) late[count / 2], (long long) late[count - 1], count);
        close(fd);
        free(late);
        return 0;
}
