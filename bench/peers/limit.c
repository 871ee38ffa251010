/* What this machine can do at most: WebSocket frames from one thread with epoll and one write
 * per delivery. No sign-in, no store, no check of the handshake's key: only the wire.
 *
 *     cc -O2 -o limit limit.c && ./limit PORT CONTROL_PORT
 *
 * Whoever connects to PORT hears, after any HTTP request, what is sent to CONTROL_PORT: a length
 * of four bytes, most significant first, and so many bytes of text, which become one frame. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 65536
#define FRAME_LIMIT 70000

enum state { CLOSED, ASKING, HEARING, CONTROL };
struct peer {
    enum state state;
    char *held;             /* what the kernel did not take yet */
    size_t length, capacity;
};

static struct peer peers[MOST];
static int hearing[MOST], hearing_count;
static char inbox[FRAME_LIMIT * 64];
static size_t inbox_length;
static int loop;

static const char ACCEPTED[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: none\r\n\r\n";

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4096)) {
        perror("listen");
        exit(1);
    }
    struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(loop, EPOLL_CTL_ADD, fd, &wanted);
    return fd;
}

static void drop(int fd) {
    for (int i = 0; i < hearing_count; i++)
        if (hearing[i] == fd) {
            hearing[i] = hearing[--hearing_count];
            break;
        }
    free(peers[fd].held);
    memset(&peers[fd], 0, sizeof peers[fd]);
    close(fd);
}

static void want(int fd, uint32_t events) {
    struct epoll_event wanted = {.events = events, .data.fd = fd};
    epoll_ctl(loop, EPOLL_CTL_MOD, fd, &wanted);
}

static void keep(int fd, const char *data, size_t length) {
    struct peer *peer = &peers[fd];
    if (peer->length + length > peer->capacity) {
        peer->capacity = (peer->length + length) * 2;
        peer->held = realloc(peer->held, peer->capacity);
    }
    memcpy(peer->held + peer->length, data, length);
    if (peer->length == 0) want(fd, EPOLLIN | EPOLLOUT);
    peer->length += length;
}

static void send_to(int fd, const char *data, size_t length) {
    if (peers[fd].length) {
        keep(fd, data, length);
        return;
    }
    ssize_t sent = write(fd, data, length);
    if (sent < 0) {
        if (errno != EAGAIN) return;
        sent = 0;
    }
    if ((size_t)sent < length) keep(fd, data + sent, length - sent);
}

static void flush(int fd) {
    struct peer *peer = &peers[fd];
    ssize_t sent = write(fd, peer->held, peer->length);
    if (sent <= 0) return;
    memmove(peer->held, peer->held + sent, peer->length - sent);
    peer->length -= sent;
    if (peer->length == 0) want(fd, EPOLLIN);
}

static void broadcast(const unsigned char *text, size_t length) {
    static char frame[FRAME_LIMIT + 10];
    size_t head = 2;
    frame[0] = (char)0x81;
    if (length < 126) {
        frame[1] = (char)length;
    } else {
        frame[1] = 126;
        frame[2] = (char)(length >> 8);
        frame[3] = (char)length;
        head = 4;
    }
    memcpy(frame + head, text, length);
    for (int i = 0; i < hearing_count; i++) send_to(hearing[i], frame, head + length);
}

static void read_control(int fd) {
    ssize_t got = read(fd, inbox + inbox_length, sizeof inbox - inbox_length);
    if (got <= 0) {
        if (got == 0) drop(fd);
        return;
    }
    inbox_length += got;
    size_t at = 0;
    while (inbox_length - at >= 4) {
        const unsigned char *part = (unsigned char *)inbox + at;
        size_t length = (size_t)part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3];
        if (length > 65535) exit(2);
        if (inbox_length - at - 4 < length) break;
        broadcast(part + 4, length);
        at += 4 + length;
    }
    memmove(inbox, inbox + at, inbox_length - at);
    inbox_length -= at;
}

static void read_peer(int fd) {
    char data[4096];
    ssize_t got = read(fd, data, sizeof data);
    if (got == 0 || (got < 0 && errno != EAGAIN)) {
        drop(fd);
        return;
    }
    if (peers[fd].state != ASKING || got < 4 || memcmp(data + got - 4, "\r\n\r\n", 4)) return;
    peers[fd].state = HEARING;
    hearing[hearing_count++] = fd;
    send_to(fd, ACCEPTED, sizeof ACCEPTED - 1);
}

static void take_in(int listener, enum state state) {
    int fd, yes = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MOST) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        peers[fd].state = state;
        struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(loop, EPOLL_CTL_ADD, fd, &wanted);
    }
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    loop = epoll_create1(0);
    int sockets = listen_on(atoi(arguments[1])), control = listen_on(atoi(arguments[2]));
    struct epoll_event events[512];
    for (;;) {
        int ready = epoll_wait(loop, events, 512, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == sockets) take_in(fd, ASKING);
            else if (fd == control) take_in(fd, CONTROL);
            else if (peers[fd].state == CONTROL) read_control(fd);
            else {
                if (events[i].events & EPOLLOUT && peers[fd].length) flush(fd);
                if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_peer(fd);
            }
        }
    }
}
