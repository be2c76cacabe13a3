/* Which result comes next when several statements were sent at once. Knows no waiting. */
#include "conn.h"

static size_t next_to_prepare(const struct reading *r, size_t from)
{
    while (from < r->n && !r->steps[from].prepare)
        from++;
    return from;
}

static void begin_running(struct reading *r)
{
    r->preparing = r->at < r->n;
    if (!r->preparing)
        r->at = 0;
    r->expects = EXPECT_RESULT;
}

void reading_begin(struct reading *r, struct step *steps, size_t n)
{
    *r = (struct reading){ .steps = steps, .n = n };
    r->at = next_to_prepare(r, 0);
    begin_running(r);
}

bool reading_is_done(const struct reading *r)
{
    return r->expects == EXPECT_NOTHING;
}

/* On a shared connection two may have prepared the same statement at once. */
static bool is_prepared_now(const PGresult *r)
{
    return result_is_ok(r) || strcmp(result_sqlstate(r), "42P05") == 0;
}

/* A failed PREPARE is the step's result; what the step itself then says is only its echo. */
static void keep_result(struct reading *r, struct conn *k, PGresult *result)
{
    struct step *s = &r->steps[r->at];

    if (r->preparing && is_prepared_now(result))
        conn_note_prepared(k, s->query);
    else if (s->result == NULL) {
        s->result = result;
        return;
    }
    PQclear(result);
}

static void pass_end(struct reading *r)
{
    if (!r->preparing)
        r->at++;
    r->expects = r->preparing || r->at == r->n ? EXPECT_SYNC : EXPECT_RESULT;
}

static void pass_sync(struct reading *r)
{
    if (!r->preparing) {
        r->expects = EXPECT_NOTHING;
        return;
    }
    r->at = next_to_prepare(r, r->at + 1);
    begin_running(r);
}

bool reading_take(struct reading *r, struct conn *k, PGresult *result)
{
    const bool is_sync = PQresultStatus(result) == PGRES_PIPELINE_SYNC;

    if (r->expects == EXPECT_RESULT && result != NULL && !is_sync) {
        keep_result(r, k, result);
        r->expects = EXPECT_END;
        return true;
    }
    PQclear(result);
    if (r->expects == EXPECT_END && result == NULL)
        pass_end(r);
    else if (r->expects == EXPECT_SYNC && is_sync)
        pass_sync(r);
    else
        return false;
    return true;
}
