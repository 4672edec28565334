// Resolves names to addresses without blocking the worker. getaddrinfo may block for any time and cannot be cancelled,
// so it runs on a detached thread that holds only the mailbox: a worker stops at once even while a lookup hangs.
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

/// The addresses of a place whose host needs no resolver: a numeric address; `localhost` and an empty host, which are
/// 127.0.0.1 and then ::1. Empty if it is a name.
std::vector<SocketAddress> known_addresses(const net::HostPort& place);

/// The name service of one worker; it lives there.
class NameService {
public:
    using Callback = std::function<void(std::error_code, const std::vector<SocketAddress>&)>;
    using Ticket = std::uint64_t;

    explicit NameService(std::shared_ptr<buffer::Mailbox> mailbox);
    ~NameService();

    /// Sets the cache that is shared with other workers. Call it before the first `resolve`.
    void share(std::shared_ptr<NameCache> cache) noexcept { cache_ = std::move(cache); }

    /// Requests the addresses of `host`, whose port will be 0. Never calls back from within. A callback that throws
    /// bad_alloc is called again with std::errc::not_enough_memory and no address, and must handle that without
    /// allocating.
    Ticket resolve(const std::string& host, Callback callback);
    /// Withdraws a request: its callback is not called any more.
    void forget(Ticket ticket) noexcept;
    /// Reports that no address of `host` could be connected to: the name may have other addresses by now.
    void invalidate(const std::string& host) noexcept { cache_->invalidate(host); }
    /// Reports that `address` of `host` responded, and those before it did not: it will be the first one.
    void prefer(const std::string& host, const SocketAddress& address) noexcept { cache_->prefer(host, address); }

private:
    struct Query {
        std::string host;
        Callback callback;
    };

    void begin(const std::string& host, bool is_first);
    void answer(const std::string& host, const NameAnswer& answer);

    std::shared_ptr<buffer::Mailbox> mailbox_;
    std::shared_ptr<NameCache> cache_ = std::make_shared<NameCache>();
    std::shared_ptr<NameService*> self_;  // set to null if the service is destroyed before a result
    std::map<Ticket, Query> open_;
    std::set<std::string> under_way_;
    Ticket last_ = 0;
};

}  // namespace ferrotunnel::runtime
