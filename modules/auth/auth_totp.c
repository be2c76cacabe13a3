/* Codes of authenticator apps: RFC 6238 over RFC 4226, with SHA-1, 30 seconds and 6 digits, which
 * every app supports. */
#include "auth_internal.h"

enum { STEP_S = 30, STEPS_BACK = 1, STEPS_AHEAD = 1, DIGITS = 6, MODULUS = 1000000 };

char *auth__base32(struct arena *a, const uint8_t *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; /* RFC 4648 section 6 */
    char *text = arena_alloc(a, (size * 8 + 4) / 5 + 1);
    size_t n = 0;

    for (size_t bit = 0; bit < size * 8; bit += 5) {
        unsigned two = (unsigned)data[bit / 8] << 8;
        if (bit / 8 + 1 < size)
            two |= data[bit / 8 + 1];
        text[n++] = digits[two >> (11 - bit % 8) & 31];
    }
    text[n] = '\0';
    return text;
}

/* RFC 4226 section 5.3. */
bool auth__totp_code(struct bytes secret, int64_t step, char out[AUTH__TOTP_CODE_SIZE + 1])
{
    uint8_t counter[8], mac[SHA1_SIZE];
    uint32_t truncated;

    for (int i = 7; i >= 0; i--, step >>= 8)
        counter[i] = (uint8_t)(step & 0xff);
    if (!hmac_sha1(secret, (struct bytes){ counter, sizeof counter }, mac))
        return false;
    const uint8_t *at = mac + (mac[SHA1_SIZE - 1] & 0x0f);
    truncated = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
                (uint32_t)at[3];
    snprintf(out, AUTH__TOTP_CODE_SIZE + 1, "%0*u", (int)DIGITS, truncated % MODULUS);
    wipe(mac, sizeof mac);
    return true;
}

bool auth__totp_step(struct bytes secret, const char *code, struct instant now, int64_t *step)
{
    const int64_t current = now.us / SECONDS(STEP_S);
    char wanted[AUTH__TOTP_CODE_SIZE + 1];
    bool found = false;

    if (strlen(code) != AUTH__TOTP_CODE_SIZE)
        return false;
    /* Clocks of phones are slow or fast (RFC 6238 section 6). All steps are compared, so that the
     * duration does not reveal the matching one. */
    for (int64_t at = current - STEPS_BACK; at <= current + STEPS_AHEAD; at++) {
        if (!auth__totp_code(secret, at, wanted))
            return false;
        if (bytes_equal((struct bytes){ wanted, AUTH__TOTP_CODE_SIZE },
                (struct bytes){ code, AUTH__TOTP_CODE_SIZE })) {
            *step = at;
            found = true;
        }
    }
    wipe(wanted, sizeof wanted);
    return found;
}

/* RFC 3986 section 2.3; an address or a name may contain any character. */
static void add_escaped(struct buf *b, const char *text)
{
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            strchr("-._~", c))
            buf_char(b, (char)c);
        else
            buf_printf(b, "%%%02X", c);
    }
}

/* https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
const char *auth__otpauth_uri(
    struct arena *a, const char *issuer, const char *email, const char *secret)
{
    enum { URI_MAX = 4096 };
    struct buf b;

    buf_init(&b, a, URI_MAX);
    buf_text(&b, "otpauth://totp/");
    add_escaped(&b, issuer);
    buf_text(&b, ":");
    add_escaped(&b, email);
    buf_printf(&b, "?secret=%s&issuer=", secret);
    add_escaped(&b, issuer);
    buf_printf(&b, "&algorithm=SHA1&digits=%d&period=%d", (int)DIGITS, (int)STEP_S);
    return b.data;
}
