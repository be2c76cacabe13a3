/* Revocation of one session or one key by staff. In a unit of work as ashlar_system, where the
 * acting person is not the affected one. */
#include "auth_internal.h"

/* Streams of that session end immediately. */
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
