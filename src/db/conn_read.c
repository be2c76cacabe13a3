/* Order of results when several statements were sent together. */
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

/* On a shared connection two batches may have prepared the same statement concurrently. */
static bool is_prepared_now(const PGresult *r)
{
    return result_is_ok(r) || strcmp(result_sqlstate(r), "42P05") == 0;
}

/* Row mode must be set before the first row of the statement's result, and not while another's is
 * read. Otherwise rows arrive together, and their size is checked afterwards. */
void reading_expect(const struct reading *r, struct conn *k)
{
    if (r->expects == EXPECT_RESULT && !r->preparing && r->steps[r->at].most_bytes > 0 &&
        r->steps[r->at].result == NULL)
        PQsetSingleRowMode(k->pg);
}

static size_t row_size(const PGresult *row)
{
    size_t size = 1; /* at least 1 */

    for (int i = 0; i < PQnfields(row); i++)
        size += sizeof(int) + (size_t)PQgetlength(row, 0, i);
    return size;
}

static bool append_row(PGresult *all, const PGresult *row)
{
    int n = PQntuples(all);

    for (int i = 0; i < PQnfields(row); i++) {
        bool is_null = PQgetisnull(row, 0, i) == 1;
        if (!PQsetvalue(all, n, i, is_null ? NULL : PQgetvalue(row, 0, i),
                is_null ? -1 : PQgetlength(row, 0, i)))
            return false;
    }
    return true;
}

/* False: memory is exhausted. */
static bool keep_row(struct step *s, PGresult *row)
{
    size_t size = row_size(row);
    bool kept = true;

    s->cut = s->cut || (s->result != NULL && s->bytes + size > s->most_bytes);
    if (!s->cut && s->result == NULL)
        s->result = PQcopyResult(row, PG_COPYRES_ATTRS);
    if (!s->cut)
        kept = s->result != NULL && append_row(s->result, row);
    s->bytes += size;
    PQclear(row);
    return kept;
}

/* After rows that arrived one by one: an empty result, or the error that ended them. */
static void keep_last(struct step *s, PGresult *last)
{
    if (result_is_ok(last)) {
        PQclear(last);
        return;
    }
    PQclear(s->result);
    s->result = last;
}

/* A failed PREPARE is the step's result. The step's own error only follows from it. */
static void keep_result(struct reading *r, struct conn *k, PGresult *result)
{
    struct step *s = &r->steps[r->at];

    if (r->preparing && is_prepared_now(result))
        conn_note_prepared(k, s->query);
    else if (s->result == NULL) {
        s->result = result;
        return;
    } else if (!r->preparing && s->bytes > 0) {
        keep_last(s, result);
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

    if (r->expects == EXPECT_RESULT && PQresultStatus(result) == PGRES_SINGLE_TUPLE)
        return keep_row(&r->steps[r->at], result);
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
