// A cache of resolved names, shared by all workers of a client or server: each getaddrinfo costs a thread and a query
// to a name server, and every visitor of a backend given by name would cause one.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::runtime {

/// The category of getaddrinfo's errors (EAI_*).
const std::error_category& resolve_category() noexcept;

struct NameAnswer {
    std::error_code error;
    std::vector<SocketAddress> addresses;  // empty with an error; the ports are 0
};

/// Orders the addresses of a name for trying them one after the other, and drops those beyond
/// limits::name_addresses_max: `first`, if it is one of them, is the first one, and the families alternate.
void order_addresses(std::vector<SocketAddress>& addresses, const SocketAddress& first) noexcept;

/// Calls getaddrinfo, and blocks until it returns.
NameAnswer look_up(const std::string& host);

///     unknown --find--> in progress --result--> known --limits::name_fresh--> looked up again, by the next caller
///                          |                   |
///                          |                   '--its addresses do not respond (invalidate)--> looked up again
///                          '--error--> reported; looked up again after limits::name_retry
///
/// If a name has resolved before and the resolver fails now, its old addresses stay usable for limits::name_stale_max:
/// the first caller waits for the resolver, and until the resolver works again no other caller does, unless the
/// addresses are invalidated. "No such name" is a result, not a failure. Addresses are in the order in which they
/// should be tried: the system's (RFC 6724), but after the preferred one, and with both families in turn (RFC 8305).
/// Thread-safe.
class NameCache : public std::enable_shared_from_this<NameCache> {
public:
    using LookUp = std::function<NameAnswer(const std::string& host)>;
    /// Called once, on the lookup's thread.
    using Callback = std::function<void(const NameAnswer&)>;

    /// Lookups run on detached threads, since they cannot be ended early; everything they use must live as long.
    explicit NameCache(LookUp how = look_up, std::function<TimePoint()> clock = Clock::now)
        : look_up_(std::move(how)), clock_(std::move(clock)) {}

    /// Returns the result if it is known; otherwise `callback`, if it is not empty, will be called with it. At most one
    /// lookup runs for each name, and at most limits::lookups_max together: others wait for their turn. Throws if there
    /// is no memory; then `callback` is not called.
    std::optional<NameAnswer> find(const std::string& host, Callback callback);
    /// Reports that the addresses of `host` do not respond: the name is looked up again, unless its result is very
    /// recent.
    void invalidate(const std::string& host) noexcept;
    /// Reports that this address of `host` responded, and those before it did not: for limits::name_preference it is
    /// the first one.
    void prefer(const std::string& host, SocketAddress address) noexcept;

    std::size_t size() const;

private:
    struct Name {
        NameAnswer answer;
        TimePoint answered_at{};
        TimePoint fresh_until{};
        TimePoint usable_until{};  // if the resolver fails
        bool failing = false;
        bool invalidated = false;  // since the last result
        bool under_way = false;    // or waiting for its turn
        SocketAddress preferred;   // empty: none
        TimePoint preferred_until{};
        std::vector<Callback> waiting;
    };

    Name& find_or_add(const std::string& host) REQUIRES(mutex_);
    std::error_code begin(const std::string& host) REQUIRES(mutex_);
    void run() noexcept;
    static std::vector<Callback> settle(Name& name, NameAnswer& found, TimePoint now) noexcept;

    const LookUp look_up_;
    const std::function<TimePoint()> clock_;
    mutable Mutex mutex_;
    std::map<std::string, Name> names_ GUARDED_BY(mutex_);
    std::deque<std::string> queue_ GUARDED_BY(mutex_);  // names waiting for their turn
    std::size_t running_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ferrotunnel::runtime
