// The folders that control sockets are in: only their owner may write there, so that nobody else puts a socket in the
// place of a program's.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "runtime/socket.hpp"

namespace ferrotunnel::admin {

/// The folder of a path: "." where it names none.
std::string folder_of(std::string_view path);
/// The name behind the folder.
std::string name_in(std::string_view path);

/// Why sockets in this folder are not to be trusted by the user `user`, as a sentence without its end; nothing: they
/// are. A folder that is not there is right.
std::optional<std::string> distrust_of_folder(const std::string& folder, uid_t user);

/// What is at a path.
enum class Found : std::uint8_t {
    nothing,
    dead,     // a socket at which nobody listens: its program has crashed
    live,     // a socket at which somebody listens
    foreign,  // somebody else's socket, or one that this user may not connect to
    other,    // no socket
};
Found look_at(const std::string& path, uid_t user) noexcept;

/// The owner of this is the only one that makes or removes sockets in the folder. A lock that somebody keeps is waited
/// for limits::admin_folder_patience, and then done without: it only guards against programs that begin at the same
/// time.
class FolderLock {
public:
    explicit FolderLock(const std::string& folder) noexcept;

private:
    runtime::Fd folder_;  // closing it gives the lock back
};

}  // namespace ferrotunnel::admin
