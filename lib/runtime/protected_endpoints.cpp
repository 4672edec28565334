#include "runtime/protected_endpoints.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.hpp"

namespace ferrotunnel::runtime {
namespace {

class ProtectedEndpointCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "own door"; }
    std::string message(int) const override {
        return "it is this program's own control API, which tunnels cannot reach";
    }
};

using FileStatus = struct stat;

bool is_same_file(const FileStatus& dialled, const std::string& bound) noexcept {
    FileStatus at{};
    return ::stat(bound.c_str(), &at) == 0 && dialled.st_dev == at.st_dev && dialled.st_ino == at.st_ino;
}

/// Connects to the file behind a descriptor (O_PATH).
Fd connect_to_held(const Fd& file, std::error_code& error) noexcept {
    constexpr std::string_view folder = "/proc/self/fd/";
    std::array<char, 32> path{};
    char* const number = std::copy(folder.begin(), folder.end(), path.data());
    const char* const end = std::to_chars(number, path.data() + path.size(), file.get()).ptr;
    return connect_unix({path.data(), static_cast<std::size_t>(end - path.data())}, error);
}

// The errors of a /proc that is missing, closed to this user (hidepid, a sandbox) or something else. The socket's own
// file may produce the same error, and then does so again.
bool may_be_for_want_of_proc(const std::error_code& error) noexcept {
    return error == std::errc::no_such_file_or_directory || error == std::errc::permission_denied ||
           error == std::errc::operation_not_permitted || error == std::errc::too_many_symbolic_link_levels ||
           error == std::errc::not_a_directory;
}

bool is_listened_to_by_us(const Fd& connected) noexcept {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(connected.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == ::getpid();
}

}  // namespace

class ProtectedEndpoints {
public:
    void add(const ProtectedEndpoint& endpoint) {
        const MutexLock lock(mutex_);
        endpoints_.push_back(&endpoint);
        count_.store(endpoints_.size());
    }

    void remove(const ProtectedEndpoint& endpoint) noexcept {
        const MutexLock lock(mutex_);
        std::erase(endpoints_, &endpoint);
        count_.store(endpoints_.size());
    }

    bool empty() const noexcept { return count_.load(std::memory_order_relaxed) == 0; }

    /// Whether one of the endpoints whose place has that type is the same as `to`.
    template <typename Place, typename To, typename IsSame>
    bool has(const To& to, IsSame is_same) noexcept {
        if (empty()) {
            return false;
        }
        const MutexLock lock(mutex_);
        return std::ranges::any_of(endpoints_, [&](const ProtectedEndpoint* endpoint) {
            const auto* at = std::get_if<Place>(&endpoint->place_);
            return at != nullptr && is_same(to, *at);
        });
    }

private:
    std::atomic<std::size_t> count_{0};
    Mutex mutex_;
    std::vector<const ProtectedEndpoint*> endpoints_
        GUARDED_BY(mutex_);  // up to three for each Client and Server of the process
};

namespace {

// Never destroyed, since objects that outlive main() may have an endpoint.
ProtectedEndpoints& all_endpoints() noexcept {
    static auto* const endpoints = new ProtectedEndpoints;
    return *endpoints;
}

}  // namespace

ProtectedEndpoint::ProtectedEndpoint(const SocketAddress& at) : place_(at) {
    all_endpoints().add(*this);
}

ProtectedEndpoint::ProtectedEndpoint(std::string path) : place_(std::move(path)) {
    all_endpoints().add(*this);
}

ProtectedEndpoint::~ProtectedEndpoint() {
    all_endpoints().remove(*this);
}

// 0.0.0.0 and :: mean the loopback address of their family when connected to.
bool ends_at(const SocketAddress& dialled, const SocketAddress& bound) noexcept {
    if (dialled.port() != bound.port()) {
        return false;
    }
    const net::Address to = visitor_address(dialled);
    const net::Address at = visitor_address(bound);
    return to == at || (dialled.is_unspecified() && bound.is_loopback() && to.family == at.family);
}

bool lead_to_one_file(const std::string& dialled, const std::string& bound) noexcept {
    FileStatus to{};
    return ::stat(dialled.c_str(), &to) == 0 && is_same_file(to, bound);
}

bool is_protected_endpoint(const SocketAddress& to) noexcept {
    return all_endpoints().has<SocketAddress>(to, ends_at);
}

Fd connect_unless_protected(const std::string& path, std::error_code& error) noexcept {
    if (all_endpoints().empty() || path.size() > unix_path_max) {
        return connect_unix(path, error);
    }
    const Fd file(::open(path.c_str(), O_PATH | O_CLOEXEC));
    FileStatus dialled{};
    if (!file || ::fstat(file.get(), &dialled) != 0) {
        error = {errno, std::system_category()};
        return {};
    }
    if (all_endpoints().has<std::string>(dialled, is_same_file)) {
        error = protected_endpoint_error();
        return {};
    }
    Fd connected = connect_to_held(file, error);
    if (!connected && may_be_for_want_of_proc(error)) {
        connected = connect_unix(path, error);
        if (connected && is_listened_to_by_us(connected)) {
            error = protected_endpoint_error();
            return {};
        }
    }
    return connected;
}

std::error_code protected_endpoint_error() noexcept {
    static const ProtectedEndpointCategory category;
    return {1, category};
}

}  // namespace ferrotunnel::runtime
