// The socket of a running program in the file system: made under another name, and renamed when it listens, so that
// nobody takes it for the dead socket of a program that has crashed.
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
    std::string text;  // a sentence without its end, and without the error's words
    std::error_code error;
};

/// Takes the file away with this object, if it is still this socket's.
class ControlSocket {
public:
    /// Listens at `wanted`, or beside it under a name with this process's id where another program has that. Its folder
    /// is made, with mode 0700, if it is not there.
    static Result<ControlSocket, SocketFailure> open(const std::string& wanted);

    ControlSocket(ControlSocket&& other) noexcept
        : listener_(std::move(other.listener_)),
          path_(std::exchange(other.path_, {})),
          device_(other.device_),
          inode_(other.inode_) {}
    ControlSocket& operator=(ControlSocket&&) = delete;
    ~ControlSocket();

    int listener() const noexcept { return listener_.get(); }
    /// Where it is, which need not be where it was wanted.
    const std::string& path() const noexcept { return path_; }

    /// Gives it another name in its folder, in the place of whatever has that.
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
