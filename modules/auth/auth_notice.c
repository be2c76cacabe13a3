/* The owner of an account hears what happened to it. Knows no HTTP and no SQL. */
#include "auth_internal.h"

err auth__tell_owner(struct ctx *c, const EVENT(auth_security_notice) * kind,
    const struct auth_security_notice *notice)
{
    struct auth_security_notice full = *notice;

    TRY(auth__email_of_person(c, notice->person_id, &full.email));
    TRY(audit_act(c, kind->kind.name, "person", notice->person_id));
    return event_publish(c, kind, notice->person_id, &full);
}
