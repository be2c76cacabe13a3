/* What staff end: one session, one key. In a unit of work as ashlar_system, where the person who
 * acts is not the one it is done to. Knows no HTTP and no SQL. */
#include "auth_internal.h"

/* Who follows something with it is sent away at once. */
err auth_revoke_session_of(struct ctx *c, struct uuid person, struct uuid session)
{
    TRY(auth__delete_session_of(c, person, session));
    stream_wake(c, person);
    return audit_act(c, "auth.session_revoked", "session", session);
}

err auth_revoke_key(struct ctx *c, struct uuid key)
{
    return auth__revoke_key(c, key);
}
