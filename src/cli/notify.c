/* sd_notify(3) without its library: a datagram to the socket of NOTIFY_SOCKET. */
#include "notify.h"
#include <ashlar/log.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path, or with '@' a name of Linux's abstract namespace. 0: neither, or too long. */
static socklen_t address_of(const char *name, struct sockaddr_un *out)
{
    size_t size = strlen(name);

    if ((name[0] != '/' && name[0] != '@') || size < 2 || size >= sizeof out->sun_path)
        return 0;
    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    memcpy(out->sun_path, name, size);
    if (name[0] == '@')
        out->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
}

void notify_supervisor(const char *state)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address;
    socklen_t size;
    int fd;

    if (name == NULL || name[0] == '\0')
        return;
    size = address_of(name, &address);
    fd = size ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                      (const struct sockaddr *)(const void *)&address, size) < 0)
        log_warn(NULL, "process.notify_failed", log_text("state", state),
            log_text("why", size ? strerrordesc_np(errno) : "NOTIFY_SOCKET is not an address"));
    if (fd >= 0)
        close(fd);
}
