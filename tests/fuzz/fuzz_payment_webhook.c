/* A payment provider's event: first byte how long the signature header is, then header and body. */
#include "../../modules/payments/payments_internal.h"
#include "base/ctx_open.h"
#include "base/log_start.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct payments__envelope e;
    struct ctx c;
    size_t header_size;

    log_start_by_name("error", "json");
    ctx_open(&c, a, "fuzz");
    if (size > 0) {
        header_size = data[0] < size ? data[0] : size - 1;
        const char *header = arena_strndup(a, (const char *)data + 1, header_size);
        const struct bytes body = { data + 1 + header_size, size - 1 - header_size };
        const char *text = arena_strndup(a, body.data, body.size);
        if (payments__check_signature(a, header, body, "whsec_a,whsec_b", clock_now()) ==
            PAYMENTS__SIGNED)
            __builtin_trap(); /* nobody has the secret */
        if (payments__read_envelope(&c, (struct bytes){ text, body.size }, &e) == NULL &&
            (e.id[0] == '\0' || strlen(e.subject) > 200 || strlen(e.type) > 120))
            __builtin_trap();
    }
    arena_free(a);
    return 0;
}
