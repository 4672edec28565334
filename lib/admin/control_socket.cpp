#include "admin/control_socket.hpp"

#include <dirent.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

#include "admin/folder.hpp"
#include "admin/limits.hpp"
#include "base/text.hpp"

namespace ferrotunnel::admin {
namespace {

// The failure of the last system call.
SocketFailure refused_by_system(std::string what) {
    const std::error_code error(errno, std::generic_category());
    return {std::move(what), error};
}

/// A path, split before its ending: "/run/x/server" and ".sock".
std::pair<std::string, std::string> split_ending(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::size_t dot = path.rfind('.');
    const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
    const bool has_ending = dot != std::string::npos && dot > name;
    return {path.substr(0, has_ending ? dot : path.size()), has_ending ? path.substr(dot) : ""};
}

// The temporary name of the socket; short, since paths of sockets are limited.
std::string aside(const std::string& path) {
    return folder_of(path) + "/.ft" + std::to_string(::getpid());
}

// Removes sockets that crashed programs have left under names with their ids. The folder is locked.
void clean(const std::string& wanted, uid_t user) {
    const std::string folder = folder_of(wanted);
    const auto [stem, ending] = split_ending(name_in(wanted));
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(folder.c_str()), ::closedir);
    std::size_t seen = 0;
    while (const dirent* entry = entries ? ::readdir(entries.get()) : nullptr) {
        const std::string name = entry->d_name;
        const bool has_process = name.size() > stem.size() + 1 + ending.size() && name.starts_with(stem + '-') &&
                                 name.ends_with(ending) &&
                                 name.find_first_not_of("0123456789-", stem.size() + 1) == name.size() - ending.size();
        const std::string path = folder + '/' + name;
        if (has_process && probe_path(path, user) == Found::dead) {
            (void)::unlink(path.c_str());
        }
        if (++seen == limits::admin_folder_entries_max) {
            return;
        }
    }
}

// A name that no running program uses: `wanted`, or a variant of it.
Result<std::string, SocketFailure> free_name(const std::string& wanted, uid_t user) {
    for (unsigned turn = 0; turn < limits::admin_names_max; ++turn) {
        const std::string path = turn == 0 ? wanted : name_with_process(wanted, turn - 1);
        switch (probe_path(path, user)) {
            case Found::nothing:
            case Found::dead:
                return path;
            case Found::live:
                break;
            case Found::foreign:
                return SocketFailure{in_quotes(path) + " belongs to another user",
                                     std::make_error_code(std::errc::permission_denied)};
            case Found::other:
                return SocketFailure{in_quotes(path) + " exists and is not a socket",
                                     std::make_error_code(std::errc::file_exists)};
        }
    }
    return SocketFailure{"running programs already use all names like " + in_quotes(wanted),
                         std::make_error_code(std::errc::address_in_use)};
}

SocketFailure too_long(const std::string& path) {
    return {"the path " + in_quotes(path) + " of a socket has more than " + std::to_string(runtime::unix_path_max) +
                " bytes",
            std::make_error_code(std::errc::filename_too_long)};
}

// Listens at `path` with mode 0600 from the start: the mode of an unnamed socket becomes that of its file.
Result<runtime::Fd, SocketFailure> listen_at(const std::string& path) {
    sockaddr_un address{};
    if (path.size() > runtime::unix_path_max) {
        return too_long(path);
    }
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    runtime::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    (void)::unlink(path.c_str());
    if (!fd || ::fchmod(fd.get(), S_IRUSR | S_IWUSR) != 0 ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd.get(), limits::admin_backlog) != 0) {
        return refused_by_system("cannot listen at " + in_quotes(path));
    }
    return fd;
}

}  // namespace

std::string name_with_process(const std::string& path, unsigned turn) {
    const auto [stem, ending] = split_ending(path);
    return stem + '-' + std::to_string(::getpid()) + (turn == 0 ? "" : '-' + std::to_string(turn)) + ending;
}

Result<ControlSocket, SocketFailure> ControlSocket::open(const std::string& wanted) {
    const std::string folder = folder_of(wanted);
    const uid_t user = ::geteuid();
    if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
        return refused_by_system("cannot make the folder " + in_quotes(folder));
    }
    if (const auto distrust = distrust_of_folder(folder, user)) {
        return SocketFailure{*distrust, std::make_error_code(std::errc::permission_denied)};
    }
    const FolderLock lock(folder);
    clean(wanted, user);
    const Result<std::string, SocketFailure> path = free_name(wanted, user);
    if (!path) {
        return path.error();
    }
    if (path->size() > runtime::unix_path_max) {
        return too_long(*path);
    }
    const std::string first = aside(wanted);
    Result<runtime::Fd, SocketFailure> listener = listen_at(first);
    if (!listener) {
        return listener.error();
    }
    if (::rename(first.c_str(), path->c_str()) != 0) {
        const SocketFailure failure = refused_by_system("cannot make " + in_quotes(*path));
        (void)::unlink(first.c_str());
        return failure;
    }
    return ControlSocket(std::move(*listener), *path);
}

ControlSocket::ControlSocket(runtime::Fd listener, std::string path)
    : listener_(std::move(listener)), path_(std::move(path)) {
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0) {
        device_ = status.st_dev;
        inode_ = status.st_ino;
    }
}

std::error_code ControlSocket::move_to(const std::string& path) {
    const FolderLock lock(folder_of(path));
    if (::rename(path_.c_str(), path.c_str()) != 0) {
        return {errno, std::generic_category()};
    }
    path_ = path;
    return {};
}

ControlSocket::~ControlSocket() {
    if (path_.empty()) {
        return;
    }
    const FolderLock lock(folder_of(path_));
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
        (void)::unlink(path_.c_str());
    }
}

}  // namespace ferrotunnel::admin
