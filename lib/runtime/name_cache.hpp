// What names have resolved to, for all workers of a client or server: getaddrinfo costs a thread and a question to a
// server each time, and every visitor of a backend with a name would ask.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/clock.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::runtime {

/// What getaddrinfo answers (EAI_*).
const std::error_category& resolve_category() noexcept;

struct NameAnswer {
    std::error_code error;
    std::vector<SocketAddress> addresses;  // none with an error; the ports are 0
};

/// Asks with getaddrinfo.
NameAnswer look_up(const std::string& host);

///     unknown --find--> under way --answer--> known --limits::name_fresh--> asked again, by the next who wants it
///                          |                   |
///                          |                   '--its addresses do not answer (distrust)--> asked again
///                          '--error--> told; asked again after limits::name_retry
///
/// Where a name has resolved before and the resolver fails, its old addresses are good for limits::name_stale_max: the
/// first who asks waits for the resolver, and until that answers again nobody else does, unless the addresses are
/// distrusted. That a name does not exist is no failure but an answer. Any thread.
class NameCache : public std::enable_shared_from_this<NameCache> {
public:
    using LookUp = std::function<NameAnswer(const std::string& host)>;
    /// Called once, on the thread of a lookup.
    using Told = std::function<void(const NameAnswer&)>;

    /// Lookups run on detached threads, since nothing ends them early; what they use must live as long.
    explicit NameCache(LookUp how = look_up, std::function<TimePoint()> clock = Clock::now)
        : look_up_(std::move(how)), clock_(std::move(clock)) {}

    /// The answer, if it is known; else `told` gets it, if there is one. There are never more lookups than one for each
    /// name, and limits::lookups_max together: others wait for their turn. Throws where there is no memory; then nobody
    /// is told.
    std::optional<NameAnswer> find(const std::string& host, Told told);
    /// Its addresses do not answer: it is asked for again, where they are not of the last moment.
    void distrust(const std::string& host) noexcept;

    std::size_t size() const;

private:
    struct Name {
        NameAnswer answer;
        TimePoint answered_at{};
        TimePoint fresh_until{};
        TimePoint usable_until{};  // where the resolver fails
        bool failing = false;
        bool distrusted = false;  // since the last answer
        bool under_way = false;   // or waits for its turn
        std::vector<Told> waiting;
    };

    Name& find_or_add(const std::string& host);
    std::error_code begin(const std::string& host);
    void run() noexcept;
    static std::vector<Told> settle(Name& name, NameAnswer& found, TimePoint now) noexcept;

    const LookUp look_up_;
    const std::function<TimePoint()> clock_;
    mutable std::mutex mutex_;
    std::map<std::string, Name> names_;
    std::deque<std::string> queue_;  // names that wait for their turn
    std::size_t running_ = 0;
};

}  // namespace ferrotunnel::runtime
