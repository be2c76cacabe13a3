/* Notification of an account's owner about security changes. */
#include "auth_internal.h"

err auth__publish_security_event(
    struct ctx *c, const EVENT(auth_security_event) * kind, const struct auth_security_event *event)
{
    struct auth_security_event full = *event;

    TRY(auth__email_of_person(c, event->person_id, &full.email));
    TRY(audit_act(c, kind->kind.name, "person", event->person_id));
    return event_publish(c, kind, event->person_id, &full);
}
