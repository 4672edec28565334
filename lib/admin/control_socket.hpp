// The socket of a running program in the file system: created under another name, and renamed when it listens, so that
// it is never mistaken for the dead socket of a crashed program.
#pragma once

#include <sys/types.h>

#include <string>
#include <system_error>
#include <utility>

#include "base/result.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::admin {

/// Why there is no socket.
struct SocketFailure {
    std::string text;  // a sentence without its full stop, and without the error's text
    std::error_code error;
};

/// Removes the file with this object, if it is still this socket's.
class ControlSocket {
public:
    /// Listens at `wanted`, or beside it under a name with this process's id if another program uses that. Its folder
    /// is created, with mode 0700, if it does not exist.
    static Result<ControlSocket, SocketFailure> open(const std::string& wanted);

    ControlSocket(ControlSocket&& other) noexcept
        : listener_(std::move(other.listener_)),
          path_(std::exchange(other.path_, {})),
          device_(other.device_),
          inode_(other.inode_) {}
    ControlSocket& operator=(ControlSocket&&) = delete;
    ~ControlSocket();

    int listener() const noexcept { return listener_.get(); }
    /// The actual path, which may differ from the wanted one.
    const std::string& path() const noexcept { return path_; }

    /// Renames it within its folder, replacing whatever has that name.
    std::error_code move_to(const std::string& path);

private:
    ControlSocket(runtime::Fd listener, std::string path);

    runtime::Fd listener_;
    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

/// "server.sock" with this process's id is "server-4711.sock"; a higher `turn` gives "server-4711-1.sock" and so on.
std::string name_with_process(const std::string& path, unsigned turn);

}  // namespace ferrotunnel::admin
