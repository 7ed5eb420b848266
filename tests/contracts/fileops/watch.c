/* Asks a supervisor before every operation on files below a folder: loaded with LD_PRELOAD, the supervisor is watch.py.

   MEDRAG_WATCH_ROOT is the folder and MEDRAG_WATCH_SOCKET the supervisor's socket. Each operation is one message,
   "operation <tab> path <tab> other path <tab> bytes", and waits for one int: 0 lets it happen, an errno makes it fail
   with that, and HALF lets a write take half its bytes. A supervisor that does not reply holds the process there, so
   that it can look at the files, or kill it. Streams of C (FAISS, numpy) call no `write` that could be seen from outside
   the C library, so they are made anew over one that can. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define HALF 10000
#define REAL(name) ((__typeof__(&name))real(#name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int supervisor = -1;
static pid_t connected; /* the process whose connection it is: a forked one makes its own */

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static const char *root(void) {
    static const char *value;
    if (!value) value = getenv("MEDRAG_WATCH_ROOT") ? getenv("MEDRAG_WATCH_ROOT") : "";
    return value;
}

static int below(const char *path) {
    size_t length = strlen(root());
    return length && !strncmp(path, root(), length) && (path[length] == '/' || !path[length]);
}

static int of_handle(int fd, char *path) {
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}

static int of_name(int folder, const char *name, char *path) {
    char at[PATH_MAX] = "";
    if (!name) return 0;
    if (name[0] == '/') at[0] = 0;
    else if (folder == AT_FDCWD) { if (!getcwd(at, sizeof at)) return 0; }
    else if (!of_handle(folder, at)) return 0;
    snprintf(path, PATH_MAX, at[0] ? "%s/%s" : "%s%s", at, name);
    return below(path);
}

static void reach(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = getenv("MEDRAG_WATCH_SOCKET");
    connected = getpid();
    if (!name) return;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", name);
    supervisor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connect(supervisor, (struct sockaddr *)&address, sizeof address)) {
        close(supervisor);
        supervisor = -1;
    }
}

static int ask(const char *operation, const char *path, const char *other, long size) {
    char message[2 * PATH_MAX + 64];
    int verdict = 0, before = errno;
    int length = snprintf(message, sizeof message, "%s\t%s\t%s\t%ld", operation, path, other, size);
    pthread_mutex_lock(&lock);
    if (connected != getpid()) reach();
    if (supervisor >= 0 && (send(supervisor, message, length, MSG_NOSIGNAL) < 0 ||
                            recv(supervisor, &verdict, sizeof verdict, 0) != sizeof verdict)) verdict = 0;
    pthread_mutex_unlock(&lock);
    errno = before;
    return verdict;
}

/* Returns from the function with -1 where the supervisor refuses. */
#define REFUSED(verdict) if ((verdict) && (verdict) != HALF) { errno = (verdict); return -1; }

static size_t allowed(int verdict, size_t size) { return verdict == HALF && size > 1 ? size / 2 : size; }

ssize_t write(int fd, const void *data, size_t size) {
    char path[PATH_MAX];
    int verdict = of_handle(fd, path) ? ask("write", path, "", size) : 0;
    REFUSED(verdict);
    return REAL(write)(fd, data, allowed(verdict, size));
}

#define PWRITE(name, offset_t_) ssize_t name(int fd, const void *data, size_t size, offset_t_ at) { \
    char path[PATH_MAX]; \
    int verdict = of_handle(fd, path) ? ask("write", path, "", size) : 0; \
    REFUSED(verdict); \
    return REAL(name)(fd, data, allowed(verdict, size), at); }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    if (of_handle(fd, path)) REFUSED(ask("write", path, "", count));
    return REAL(writev)(fd, parts, count);
}

ssize_t sendfile(int to, int from, off_t *at, size_t size) {
    char path[PATH_MAX];
    if (of_handle(to, path)) REFUSED(ask("write", path, "", size));
    return REAL(sendfile)(to, from, at, size);
}

ssize_t sendfile64(int to, int from, off64_t *at, size_t size) {
    char path[PATH_MAX];
    if (of_handle(to, path)) REFUSED(ask("write", path, "", size));
    return REAL(sendfile64)(to, from, at, size);
}

ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *to_at, size_t size, unsigned flags) {
    char path[PATH_MAX];
    if (of_handle(to, path)) REFUSED(ask("write", path, "", size));
    return REAL(copy_file_range)(from, at, to, to_at, size, flags);
}

#define TRUNCATE(name, offset_t_) int name(int fd, offset_t_ size) { \
    char path[PATH_MAX]; \
    if (of_handle(fd, path)) REFUSED(ask("truncate", path, "", size)); \
    return REAL(name)(fd, size); }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name) int name(int fd) { \
    char path[PATH_MAX]; \
    if (of_handle(fd, path)) REFUSED(ask("sync", path, "", 0)); \
    return REAL(name)(fd); }
SYNC(fsync)
SYNC(fdatasync)

static int creates(int folder, const char *name, int flags) {
    char path[PATH_MAX];
    struct stat seen;
    if (!(flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE || !of_name(folder, name, path)) return 0;
    if (stat(path, &seen)) return flags & O_CREAT ? ask("create", path, "", 0) : 0;
    return flags & O_TRUNC ? ask("truncate", path, "", 0) : 0;
}

#define MODE(flags) int mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, int); va_end(more); }
#define OPEN(name) int name(const char *path, int flags, ...) { \
    MODE(flags) \
    REFUSED(creates(AT_FDCWD, path, flags)); \
    return REAL(name)(path, flags, mode); }
OPEN(open)
OPEN(open64)
#define OPENAT(name) int name(int folder, const char *path, int flags, ...) { \
    MODE(flags) \
    REFUSED(creates(folder, path, flags)); \
    return REAL(name)(folder, path, flags, mode); }
OPENAT(openat)
OPENAT(openat64)

#define NAMED(operation, folder, name) { char path[PATH_MAX]; \
    if (of_name(folder, name, path)) REFUSED(ask(operation, path, "", 0)); }
int unlink(const char *name) { NAMED("unlink", AT_FDCWD, name) return REAL(unlink)(name); }
int rmdir(const char *name) { NAMED("rmdir", AT_FDCWD, name) return REAL(rmdir)(name); }
int mkdir(const char *name, mode_t mode) { NAMED("mkdir", AT_FDCWD, name) return REAL(mkdir)(name, mode); }
int unlinkat(int folder, const char *name, int flags) {
    NAMED(flags & AT_REMOVEDIR ? "rmdir" : "unlink", folder, name)
    return REAL(unlinkat)(folder, name, flags);
}
int mkdirat(int folder, const char *name, mode_t mode) { NAMED("mkdir", folder, name) return REAL(mkdirat)(folder, name, mode); }

#define PAIR(operation, from_folder, from, to_folder, to) { char path[PATH_MAX], other[PATH_MAX]; \
    int first = of_name(from_folder, from, path), second = of_name(to_folder, to, other); \
    if (first || second) REFUSED(ask(operation, path, other, 0)); }
int rename(const char *from, const char *to) { PAIR("rename", AT_FDCWD, from, AT_FDCWD, to) return REAL(rename)(from, to); }
int link(const char *from, const char *to) { PAIR("link", AT_FDCWD, from, AT_FDCWD, to) return REAL(link)(from, to); }
int renameat(int a, const char *from, int b, const char *to) {
    PAIR("rename", a, from, b, to)
    return REAL(renameat)(a, from, b, to);
}
int linkat(int a, const char *from, int b, const char *to, int flags) {
    PAIR("link", a, from, b, to)
    return REAL(linkat)(a, from, b, to, flags);
}

#define MMAP(name, offset_t_) void *name(void *near, size_t size, int protection, int flags, int fd, offset_t_ at) { \
    char path[PATH_MAX]; \
    if (fd >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE) && of_handle(fd, path)) { \
        int verdict = ask("mmap", path, "", size); \
        if (verdict) { errno = verdict; return MAP_FAILED; } } \
    return REAL(name)(near, size, protection, flags, fd, at); }
MMAP(mmap, off_t)
MMAP(mmap64, off64_t)

/* ------------------------------------------------------------------ streams of C */

static ssize_t cookie_read(void *cookie, char *data, size_t size) { return read((int)(long)cookie, data, size); }
static ssize_t cookie_write(void *cookie, const char *data, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t more = write((int)(long)cookie, data + done, size - done);
        if (more < 0) return done; /* less than asked for is how a stream is told of an error */
        done += more;
    }
    return done;
}
static int cookie_seek(void *cookie, off64_t *at, int whence) {
    off64_t found = lseek64((int)(long)cookie, *at, whence);
    if (found < 0) return -1;
    *at = found;
    return 0;
}
static int cookie_close(void *cookie) { return close((int)(long)cookie); }

static FILE *stream(int fd, const char *mode) {
    cookie_io_functions_t through = {cookie_read, cookie_write, cookie_seek, cookie_close};
    return fopencookie((void *)(long)fd, mode, through);
}

static FILE *opened(const char *name, const char *mode) {
    int flags = strchr(mode, '+') ? O_RDWR : O_WRONLY;
    flags |= mode[0] == 'w' ? O_CREAT | O_TRUNC : mode[0] == 'a' ? O_CREAT | O_APPEND : 0;
    int fd = open(name, flags | O_CLOEXEC, 0666);
    return fd < 0 ? NULL : stream(fd, mode);
}

#define FOPEN(name) FILE *name(const char *path, const char *mode) { \
    char full[PATH_MAX]; \
    if ((mode[0] != 'r' || strchr(mode, '+')) && of_name(AT_FDCWD, path, full)) return opened(path, mode); \
    return REAL(name)(path, mode); }
FOPEN(fopen)
FOPEN(fopen64)

FILE *fdopen(int fd, const char *mode) {
    char path[PATH_MAX];
    if ((mode[0] != 'r' || strchr(mode, '+')) && of_handle(fd, path)) return stream(fd, mode);
    return REAL(fdopen)(fd, mode);
}
