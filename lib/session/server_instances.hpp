// Which servers each side of a client's link has sessions at, by their instances.
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "base/mutex.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::session {

/// Keeps the sides from being at one server: under two addresses it would be the same client's tunnel twice, and its
/// logins would replace each other. Thread-safe: trunks log in on several workers.
class ServerInstances : public std::enable_shared_from_this<ServerInstances> {
public:
    /// A session of a side at a server, until it is destroyed.
    class Stay {
    public:
        Stay(std::shared_ptr<ServerInstances> all, const wire::InstanceId& server) noexcept
            : all_(std::move(all)), server_(server) {}
        ~Stay() { all_->leave(server_); }
        Stay(const Stay&) = delete;
        Stay& operator=(const Stay&) = delete;

    private:
        const std::shared_ptr<ServerInstances> all_;
        const wire::InstanceId server_;
    };

    /// Null if another side has a session there.
    std::unique_ptr<Stay> enter(unsigned side, const wire::InstanceId& server);

private:
    struct Sessions {
        unsigned side = 0;
        std::size_t count = 0;
    };

    void leave(const wire::InstanceId& server) noexcept;

    Mutex mutex_;
    std::map<wire::InstanceId, Sessions> servers_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::session
