/* A gate before every change of a file below one folder, for tests: it counts them, writes them down, and on request
 * ends the process before one of them, half-way through one, or lets one fail. It can also photograph the folder: copy
 * it as it stands before each of them, and half-way through each write, which is what kill -9 at that moment leaves.
 *
 * Preloaded (LD_PRELOAD), it stands before the C library's calls, so it sees what DuckDB, SQLite, the Delta library
 * and Python do alike. Nothing is gated until gate_arm is called.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <spawn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum how { NEVER, BEFORE, HALF, FULL, UNSYNCED, PHOTOGRAPHED };

static char below[PATH_MAX];
static size_t below_size;
static enum how how = NEVER;
static long target;
static char wanted[1 << 16];
static char album[PATH_MAX];
static long counted;
static int log_to = -1;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static ssize_t (*real_write)(int, const void *, size_t);

/* Begin: changes below `folder`; the `number`th one is met as `manner` says; each is written to descriptor `to`. */
void gate_arm(const char *folder, long number, int manner, int to) {
    real_write = REAL(write);
    snprintf(below, sizeof below, "%s", folder);
    below_size = strlen(below);
    target = number;
    counted = 0;
    log_to = to;
    how = (enum how)manner;
}

/* Photographs of the so many changes with these numbers go below the folder `into`, named by their numbers. */
void gate_photograph(const char *folder, const long *numbers, long many, const char *into) {
    gate_arm(folder, 0, PHOTOGRAPHED, -1);
    memset(wanted, 0, sizeof wanted);
    for (long at = 0; at < many; at++) wanted[numbers[at] % (long)sizeof wanted] = 1;
    snprintf(album, sizeof album, "%s", into);
}

/* A process that nobody can ask is armed by its environment, and only noted. */
__attribute__((constructor)) static void from_environment(void) {
    const char *folder = getenv("GATE_BELOW"), *noted_in = getenv("GATE_LOG");
    if (folder && noted_in) gate_arm(folder, 0, NEVER, REAL(open)(noted_in, O_WRONLY | O_CREAT | O_APPEND, 0600));
}

void gate_disarm(void) {
    below_size = 0;
    how = NEVER;
}

long gate_counted(void) { return counted; }

static int within(const char *path) {
    return below_size && !strncmp(path, below, below_size) && (path[below_size] == '/' || !path[below_size]);
}

static int path_of(int descriptor, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    path[size < 0 ? 0 : size] = 0;
    return size > 0;
}

static void absolute(int at, const char *name, char *path) {
    if (name[0] == '/') snprintf(path, PATH_MAX, "%s", name);
    else {
        char from[PATH_MAX] = "";
        if (at == AT_FDCWD) { if (!getcwd(from, sizeof from)) from[0] = 0; }
        else path_of(at, from);
        snprintf(path, PATH_MAX, "%.2000s/%.2000s", from, name);
    }
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static void photograph(long number, const char *suffix, char *photo) {
    extern char **environ;
    snprintf(photo, PATH_MAX, "%.3000s/%ld%s", album, number, suffix);
    char *words[] = {"cp", "-a", "-T", below, photo, NULL};
    if (access(below, F_OK)) return; /* nothing is there yet */
    int status = 1;
    for (int tries = 0; status && tries < 20; tries++) { /* a file that goes while it is copied: look again */
        pid_t copier;
        if (posix_spawnp(&copier, "cp", NULL, NULL, words, environ) || waitpid(copier, &status, 0) < 0) break;
    }
    if (status) {
        fprintf(stderr, "gate: %s cannot be copied to %s\n", below, photo);
        die();
    }
}

/* Half of a write, made in a photograph instead of the folder. */
static void photograph_half(long number, const char *path, int descriptor, const void *bytes, long offset, size_t size) {
    char photo[PATH_MAX], copy[2 * PATH_MAX];
    photograph(number, "-half", photo);
    snprintf(copy, sizeof copy, "%s%s", photo, path + below_size);
    int appends = fcntl(descriptor, F_GETFL) & O_APPEND;
    off_t at = offset >= 0 ? offset : lseek(descriptor, 0, appends ? SEEK_END : SEEK_CUR);
    int to = REAL(open)(copy, O_WRONLY);
    if (to < 0) return; /* it has no name any more */
    if (REAL(pwrite)(to, bytes, size / 2, at) < 0) die();
    close(to);
}

static void noted(char kind, const char *path, const char *to, long offset, long size) {
    if (log_to < 0) return;
    char line[2 * PATH_MAX + 100];
    int length = snprintf(line, sizeof line, "%c\t%s\t%s\t%ld\t%ld\n", kind, path, to, offset, size);
    if (real_write(log_to, line, (size_t)length) < 0) die();
}

/* What is about to happen to `path`: 0 go on, 1 half of it and then die, -1 it fails with errno set.
 * Kinds: c create, w write, t truncate or allocate, s sync, r rename, u unlink, m folder, l link, a answer. */
static int met(char kind, const char *path, const char *to, long offset, long size) {
    int verdict = 0;
    pthread_mutex_lock(&turn);
    int counts = how == FULL ? strchr("cwml", kind) || (kind == 't' && size > 0) : how == UNSYNCED ? kind == 's' : kind != 'a';
    long number = counts ? ++counted : 0;
    if (kind != 's') noted(kind, path, to, offset, size);
    if (counts && how == BEFORE && number == target) die();
    if (counts && how == HALF && number == target) verdict = kind == 'w' && size > 1 ? 1 : (die(), 0);
    if (counts && how == FULL && number >= target) { errno = ENOSPC; verdict = -1; }
    if (counts && how == UNSYNCED && number == target) { errno = EIO; verdict = -1; }
    if (counts && how == PHOTOGRAPHED && wanted[number % (long)sizeof wanted]) {
        char photo[PATH_MAX];
        photograph(number, "", photo);
        if (kind == 'w' && size > 1) verdict = 2;
    }
    pthread_mutex_unlock(&turn);
    return verdict;
}

/* --- files made */

static int opened(int at, const char *name, int flags, int *verdict) {
    if (!below_size || !(flags & (O_CREAT | O_TRUNC))) return 0;
    char path[PATH_MAX];
    struct stat found;
    absolute(at, name, path);
    if (!within(path)) return 0;
    int there = !fstatat(at, name, &found, 0);
    if (there && !((flags & O_TRUNC) && found.st_size)) return 0;
    if (there && (flags & O_EXCL)) return 0;
    *verdict = met(there ? 't' : 'c', path, "", 0, 0);
    return 1;
}

#define OPENING(name, at, ...)                                                     \
    mode_t mode = 0;                                                               \
    if (flags & (O_CREAT | O_TMPFILE)) {                                           \
        va_list more;                                                              \
        va_start(more, flags);                                                     \
        mode = va_arg(more, mode_t);                                               \
        va_end(more);                                                              \
    }                                                                              \
    int verdict = 0;                                                               \
    if (opened(at, path, flags, &verdict) && verdict < 0) return -1;               \
    return REAL(name)(__VA_ARGS__, flags, mode);

int open(const char *path, int flags, ...) { OPENING(open, AT_FDCWD, path) }
int open64(const char *path, int flags, ...) { OPENING(open64, AT_FDCWD, path) }
int openat(int at, const char *path, int flags, ...) { OPENING(openat, at, at, path) }
int openat64(int at, const char *path, int flags, ...) { OPENING(openat64, at, at, path) }

/* --- bytes written */

/* How an answer begins, as far as it is text: what tells one from another, in so many bytes. */
static const char *beginning(const void *bytes, size_t size, char *into, size_t room) {
    size_t at = 0;
    for (const char *from = bytes; bytes && at < size && at < room - 1 && from[at] >= ' ' && from[at] < 127; at++)
        into[at] = from[at];
    into[at] = 0;
    return into;
}

static int answering(const char *path, const void *bytes, size_t size) {
    char words[40];
    return log_to >= 0 ? met('a', path, beginning(bytes, size, words, sizeof words), 0, (long)size) : 0;
}

static int writing(int descriptor, const void *bytes, long offset, size_t size) {
    char path[PATH_MAX];
    if (!below_size || !path_of(descriptor, path)) return 0;
    if (!strncmp(path, "socket:", 7)) return answering(path, bytes, size);
    int verdict = within(path) ? met('w', path, "", offset, (long)size) : 0;
    if (verdict == 2) {
        if (bytes) photograph_half(counted, path, descriptor, bytes, offset, size);
        verdict = 0;
    }
    return verdict;
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
    int verdict = writing(descriptor, bytes, -1, size);
    if (verdict < 0) return -1;
    if (verdict) { REAL(write)(descriptor, bytes, size / 2); die(); }
    return REAL(write)(descriptor, bytes, size);
}

#define WRITING_AT(name, offset_type)                                                      \
    ssize_t name(int descriptor, const void *bytes, size_t size, offset_type offset) {     \
        int verdict = writing(descriptor, bytes, (long)offset, size);                              \
        if (verdict < 0) return -1;                                                        \
        if (verdict) { REAL(name)(descriptor, bytes, size / 2, offset); die(); }           \
        return REAL(name)(descriptor, bytes, size, offset);                                \
    }
WRITING_AT(pwrite, off_t)
WRITING_AT(pwrite64, off64_t)

static size_t size_of(const struct iovec *parts, int count) {
    size_t size = 0;
    for (int at = 0; at < count; at++) size += parts[at].iov_len;
    return size;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    int verdict = writing(descriptor, count == 1 ? parts[0].iov_base : NULL, -1, size_of(parts, count));
    if (verdict < 0) return -1;
    if (verdict) { REAL(write)(descriptor, parts[0].iov_base, parts[0].iov_len / 2); die(); }
    return REAL(writev)(descriptor, parts, count);
}

ssize_t send(int descriptor, const void *bytes, size_t size, int flags) {
    writing(descriptor, bytes, -1, size);
    return REAL(send)(descriptor, bytes, size, flags);
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
    if (message->msg_iovlen) writing(descriptor, message->msg_iov[0].iov_base, -1, message->msg_iov[0].iov_len);
    return REAL(sendmsg)(descriptor, message, flags);
}

#define BY_DESCRIPTOR(kind, name, size, parameters, ...)                    \
    int name parameters {                                                   \
        char path[PATH_MAX];                                                \
        if (below_size && path_of(descriptor, path) && within(path) &&      \
            met(kind, path, "", 0, (long)(size)) < 0)                       \
            return -1;                                                      \
        return REAL(name)(__VA_ARGS__);                                     \
    }

/* A sync is noted once it has succeeded, everything else before it is done. */
#define SYNCING(name)                                                       \
    int name(int descriptor) {                                              \
        char path[PATH_MAX];                                                \
        int gated = below_size && path_of(descriptor, path) && within(path);\
        if (gated && met('s', path, "", 0, 0) < 0) return -1;               \
        int failed = REAL(name)(descriptor);                                \
        if (gated && !failed) noted('s', path, "", 0, 0);                   \
        return failed;                                                      \
    }
SYNCING(fsync)
SYNCING(fdatasync)
BY_DESCRIPTOR('t', ftruncate, size, (int descriptor, off_t size), descriptor, size)
BY_DESCRIPTOR('t', ftruncate64, size, (int descriptor, off64_t size), descriptor, size)
BY_DESCRIPTOR('t', fallocate, size, (int descriptor, int mode, off_t at, off_t size), descriptor, mode, at, size)
BY_DESCRIPTOR('t', fallocate64, size, (int descriptor, int mode, off64_t at, off64_t size), descriptor, mode, at, size)

int posix_fallocate(int descriptor, off_t at, off_t size) {
    char path[PATH_MAX];
    if (below_size && path_of(descriptor, path) && within(path) && met('t', path, "", at, size) < 0) return errno;
    return REAL(posix_fallocate)(descriptor, at, size);
}

/* --- names */

static int named(char kind, int at, const char *name, int to_at, const char *to) {
    if (!below_size) return 0;
    char path[PATH_MAX], other[PATH_MAX] = "";
    absolute(at, name, path);
    if (to) absolute(to_at, to, other);
    if (!within(path) && !within(other)) return 0;
    struct stat found;
    int there = !fstatat(at, name, &found, AT_SYMLINK_NOFOLLOW);
    if (kind == 'm' ? there : !there) return 0; /* it will fail, or do nothing */
    return met(kind, path, other, 0, 0);
}

#define NAMING(kind, name, at, path, to_at, to, parameters, ...)            \
    int name parameters {                                                   \
        if (named(kind, at, path, to_at, to) < 0) return -1;                \
        return REAL(name)(__VA_ARGS__);                                     \
    }
#define CWD AT_FDCWD
NAMING('r', rename, CWD, old, CWD, new, (const char *old, const char *new), old, new)
NAMING('r', renameat, f, old, t, new, (int f, const char *old, int t, const char *new), f, old, t, new)
NAMING('r', renameat2, f, old, t, new, (int f, const char *old, int t, const char *new, unsigned how_), f, old, t, new, how_)
NAMING('l', link, CWD, old, CWD, new, (const char *old, const char *new), old, new)
NAMING('l', linkat, f, old, t, new, (int f, const char *old, int t, const char *new, int how_), f, old, t, new, how_)
NAMING('u', unlink, CWD, path, CWD, NULL, (const char *path), path)
NAMING('u', unlinkat, at, path, CWD, NULL, (int at, const char *path, int how_), at, path, how_)
NAMING('u', rmdir, CWD, path, CWD, NULL, (const char *path), path)
NAMING('m', mkdir, CWD, path, CWD, NULL, (const char *path, mode_t mode), path, mode)
NAMING('m', mkdirat, at, path, CWD, NULL, (int at, const char *path, mode_t mode), at, path, mode)
