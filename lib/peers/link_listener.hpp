// Accepts connections of other members, and limits those that have not proved the cluster's key: 32 at a time, 5 s
// each. When there is no room, the oldest of them is evicted (login/login_limiter.hpp). Connections from addresses of
// members have places of their own, so strangers do not evict them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "peers/link.hpp"
#include "peers/member_sources.hpp"
#include "runtime/acceptor.hpp"
#include "runtime/worker_group.hpp"

namespace ferrotunnel::peers {

/// Lives on the first worker; its links on all of them, in turn.
class LinkListener {
public:
    struct Needs {
        const LinkContext& context;
        runtime::WorkerGroup& workers;
        std::function<std::shared_ptr<transport::TlsContext>()> tls;  // thread-safe
        /// Before the link starts. False: no link is accepted any more.
        std::function<bool(const std::shared_ptr<Link>&)> made;
        std::function<void()> refused;  // without a link
        const MemberSources& addresses;
    };
    explicit LinkListener(Needs needs);

    // On the first worker.
    void start(runtime::Fd listener);
    void stop() noexcept { acceptor_.reset(); }

private:
    void accepted(runtime::Fd socket, const runtime::SocketAddress& from);

    const Needs needs_;
    const std::shared_ptr<login::LoginLimiter> strangers_;
    const std::shared_ptr<login::LoginLimiter> members_;
    std::optional<runtime::Acceptor> acceptor_;
    std::size_t turn_ = 0;
};

}  // namespace ferrotunnel::peers
