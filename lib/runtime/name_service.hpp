// Names to addresses, without holding up the worker. getaddrinfo blocks for as long as it likes and can not be
// cancelled, so it runs on a detached thread that knows nothing but the mailbox: a worker stops at once while a lookup
// hangs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "buffer/mailbox.hpp"
#include "runtime/address.hpp"
#include "runtime/name_cache.hpp"

namespace ferrotunnel::runtime {

/// One per worker; it lives there.
class NameService {
public:
    using Callback = std::function<void(std::error_code, const std::vector<SocketAddress>&)>;
    using Ticket = std::uint64_t;

    explicit NameService(std::shared_ptr<buffer::Mailbox> mailbox);
    ~NameService();

    /// Before the first question: what other workers have asked, too.
    void share(std::shared_ptr<NameCache> cache) noexcept { cache_ = std::move(cache); }

    /// Never calls back from within. The port of the answers is 0. A callback that throws bad_alloc is called again
    /// with std::errc::not_enough_memory and no address, and must take that without memory.
    Ticket resolve(const std::string& host, Callback callback);
    /// The callback is not called any more.
    void forget(Ticket ticket) noexcept;
    /// No address of it could be connected to: they may be others by now.
    void distrust(const std::string& host) noexcept { cache_->distrust(host); }

private:
    struct Question {
        std::string host;
        Callback callback;
    };

    void begin(const std::string& host, bool is_first);
    void answer(const std::string& host, const NameAnswer& answer);

    std::shared_ptr<buffer::Mailbox> mailbox_;
    std::shared_ptr<NameCache> cache_ = std::make_shared<NameCache>();
    std::shared_ptr<NameService*> self_;  // nulled when the service is gone before an answer
    std::map<Ticket, Question> open_;
    std::set<std::string> under_way_;
    Ticket last_ = 0;
};

}  // namespace ferrotunnel::runtime
