// The folders of control sockets: only their owner may write there, so that no other user can replace a program's
// socket.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "runtime/socket.hpp"

namespace ferrotunnel::admin {

/// The folder of a path: "." if it has none.
std::string folder_of(std::string_view path);
/// The name after the folder.
std::string name_in(std::string_view path);

/// Why sockets in this folder must not be trusted by the user `user`, as a sentence without its full stop. Empty if
/// they may. A folder that does not exist is accepted.
std::optional<std::string> distrust_of_folder(const std::string& folder, uid_t user);

/// The result of checking a path.
enum class Found : std::uint8_t {
    nothing,
    dead,     // a socket without a listener: its program has crashed
    live,     // a socket with a listener
    foreign,  // another user's socket, or one that this user may not connect to
    other,    // not a socket
};
Found probe_path(const std::string& path, uid_t user) noexcept;

/// Excludes other programs that create or remove sockets in the folder. If the lock is held elsewhere, this waits for
/// limits::admin_folder_lock_timeout, and then continues without it: it only guards against programs that start at the
/// same time.
class FolderLock {
public:
    explicit FolderLock(const std::string& folder) noexcept;

private:
    runtime::Fd folder_;  // closing it releases the lock
};

}  // namespace ferrotunnel::admin
