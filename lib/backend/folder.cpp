#include "backend/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "files/file_path.hpp"

namespace ferrotunnel::backend {
namespace {

using runtime::Fd;

// O_PATH does not really open: no pipe waits for its other end, and no device reacts.
constexpr int look = O_PATH | O_CLOEXEC;
constexpr int read_file = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr int read_folder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

std::error_code error_of(int number) noexcept {
    return {number, std::generic_category()};
}

int call_openat2(int folder, const char* path, int flags) noexcept {
    open_how how{};
    how.flags = static_cast<__u64>(flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(::syscall(SYS_openat2, folder, path, &how, sizeof how));
}

Fd open_beneath(int folder, const std::string& path, int flags) noexcept {
    constexpr int attempts = 16;  // EAGAIN: something was renamed meanwhile
    int fd = -1;
    for (int i = 0; i < attempts; ++i) {
        fd = call_openat2(folder, path.c_str(), flags);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) {
            break;
        }
    }
    return Fd(fd);
}

Fd open_by_steps(int folder, std::string_view path, int flags) noexcept {
    Fd reached;
    for (;;) {
        const std::size_t slash = path.find('/');
        const std::string name(path.substr(0, slash));
        const bool is_last = slash == std::string_view::npos;
        const int from = reached ? reached.get() : folder;
        if (name.empty() || name == "..") {
            errno = ENOENT;
            return {};
        }
        reached = Fd(::openat(from, name.c_str(), (is_last ? flags : look | O_DIRECTORY) | O_NOFOLLOW));
        if (is_last || !reached) {
            return reached;
        }
        path.remove_prefix(slash + 1);
    }
}

Fd open_with(Lookup lookup, int folder, const std::string& path, int flags) noexcept {
    const std::string& from_here = path.empty() ? std::string(".") : path;
    return lookup == Lookup::beneath ? open_beneath(folder, from_here, flags) : open_by_steps(folder, from_here, flags);
}

std::int64_t nanoseconds_of(const timespec& time) noexcept {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

files::FileStamp stamp_of(const struct stat& status) noexcept {
    return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size), nanoseconds_of(status.st_mtim),
            nanoseconds_of(status.st_ctim)};
}

// Maps errors that only mean that there is no such file.
std::error_code open_error() noexcept {
    switch (errno) {
        case ENOTDIR:
        case ELOOP:  // a link
        case EXDEV:  // led out of the folder
        case ENXIO:
        case ENAMETOOLONG:
            return error_of(ENOENT);
        default:
            return error_of(errno);
    }
}

// Whether so many descriptors are open that visitors must leave the rest to others.
bool is_too_high(const Fd& fd) noexcept {
    static const std::uint64_t most = runtime::descriptors_for_visitors();
    return static_cast<std::uint64_t>(fd.get()) >= most;
}

}  // namespace

Lookup usable_lookup() noexcept {
    static const Lookup usable = [] {
        const Fd root(call_openat2(AT_FDCWD, ".", look));
        return root || (errno != ENOSYS && errno != EPERM) ? Lookup::beneath : Lookup::steps;
    }();
    return usable;
}

Result<files::FileStamp, std::error_code> stamp_of(int file) {
    struct stat status {};
    if (::fstat(file, &status) != 0) {
        return error_of(errno);
    }
    return stamp_of(status);
}

Result<Opened, std::error_code> open_below(int folder, const std::string& path, Lookup lookup) {
    Opened opened;
    opened.fd = open_with(lookup, folder, path, look);
    struct stat status {};
    if (!opened.fd || ::fstat(opened.fd.get(), &status) != 0) {
        return open_error();
    }
    opened.is_folder = S_ISDIR(status.st_mode);
    if (opened.is_folder) {
        return opened;
    }
    if (!S_ISREG(status.st_mode)) {
        return error_of(ENOENT);
    }
    opened.fd = open_with(lookup, folder, path, read_file);
    // By now it may be another file.
    if (!opened.fd || ::fstat(opened.fd.get(), &status) != 0) {
        return open_error();
    }
    if (!S_ISREG(status.st_mode)) {
        return error_of(ENOENT);
    }
    if (is_too_high(opened.fd)) {
        return error_of(EMFILE);
    }
    opened.stamp = stamp_of(status);
    return opened;
}

Result<files::Listing, std::error_code> list_folder(int folder) {
    Fd fd(::openat(folder, ".", read_folder));
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(fd ? ::fdopendir(fd.get()) : nullptr, ::closedir);
    if (!entries) {
        return error_of(errno);
    }
    fd.release();
    files::Listing listing;
    while (const dirent* entry = ::readdir(entries.get())) {
        struct stat status {};
        const bool is_shown = files::is_shown_name(entry->d_name) &&
                              ::fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                              (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
        if (!is_shown) {
            continue;
        }
        if (listing.entries.size() == limits::files_listing_max) {
            listing.is_cut = true;
            break;
        }
        listing.entries.push_back({entry->d_name, S_ISDIR(status.st_mode), static_cast<std::uint64_t>(status.st_size),
                                   status.st_mtim.tv_sec});
    }
    return listing;
}

Result<Fd, std::error_code> Folder::open() const {
    Fd fd(::open(path_.c_str(), look | O_DIRECTORY));
    if (!fd) {
        return error_of(errno);
    }
    if (is_too_high(fd)) {
        return error_of(EMFILE);
    }
    return fd;
}

}  // namespace ferrotunnel::backend
