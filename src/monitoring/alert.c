/* Start and end of an alert. */
#include "alert.h"

bool alert_step(struct alert_state *s, const struct alert_rule *rule, int64_t value, int64_t now_us)
{
    int64_t needed_us = s->firing ? rule->good_for_us : rule->bad_for_us;
    bool asks;

    if (value == ALERT_UNREADABLE)
        return false;
    s->value = value;
    asks = s->firing ? value <= rule->low : value >= rule->high;
    if (!asks) {
        s->other_us = 0;
        return false;
    }
    if (s->other_us == 0)
        s->other_us = now_us;
    if (now_us - s->other_us < needed_us)
        return false;
    s->firing = !s->firing;
    s->since_us = s->other_us;
    s->other_us = 0;
    return true;
}

static void remember(struct alert_window *w, int64_t all, int64_t failed, int64_t now_us)
{
    w->seen[w->next].at_us = now_us;
    w->seen[w->next].all = all;
    w->seen[w->next].failed = failed;
    w->next = (w->next + 1) % ALERT_WINDOW;
    w->n += w->n < ALERT_WINDOW;
}

int64_t alert_share(struct alert_window *w, int64_t all, int64_t failed, int64_t now_us,
    int64_t window_us, int64_t least)
{
    int64_t from_us = now_us, all_then = all, failed_then = failed;

    for (int i = 0; i < w->n; i++) {
        if (w->seen[i].at_us < from_us && now_us - w->seen[i].at_us <= window_us) {
            from_us = w->seen[i].at_us;
            all_then = w->seen[i].all;
            failed_then = w->seen[i].failed;
        }
    }
    remember(w, all, failed, now_us);
    if (all - all_then < least || all == all_then)
        return 0;
    return (failed - failed_then) * 100 / (all - all_then);
}
