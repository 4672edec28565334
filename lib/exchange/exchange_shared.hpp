// What the exchanges of all workers share: rules, counters, and questions that others answer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "access/output.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "buffer/mailbox.hpp"
#include "directory/http_directory.hpp"
#include "directory/member_news.hpp"
#include "exchange/http_settings.hpp"
#include "hooks/http_run.hpp"
#include "http/page.hpp"
#include "net/ip_address.hpp"
#include "net/ip_text.hpp"
#include "trace/output.hpp"

namespace ferrotunnel::exchange {

/// What the edge has counted. Any thread may read it.
struct EdgeCounters {
    using Count = std::atomic<std::uint64_t>;

    Count connections{0};          // so far
    Count connections_now{0};      // open
    Count connections_refused{0};  // beyond a cap
    Count requests{0};             // those whose head was read
    Count requests_refused{0};     // those that break the rules, or whose head comes too slowly
    Count pages{0};                // pages that the edge itself has answered with
    Count backend_opened{0};       // streams asked for
    Count backend_reused{0};       // requests that took a stream from a pool
    Count retries{0};
    Count held{0};           // requests that have waited for a client of their service
    Count answers_cut{0};    // answers that had begun and could not be completed
    Count visitors_lost{0};  // visitors who left during an exchange, or did not read its answer
    Count upgrades{0};
    Count handshakes_failed{0};  // TLS handshakes
    Count bytes_in{0};           // on visitors' connections
    Count bytes_out{0};

    static void add(Count& count, std::uint64_t n = 1) noexcept { count.fetch_add(n, std::memory_order_relaxed); }
};

/// Makes the plugins' part of the worker with this mailbox. Any thread.
using HooksMaker = std::function<std::unique_ptr<hooks::HttpHooks>(std::shared_ptr<buffer::Mailbox>)>;

/// What an operator says about visitors and their requests. A change of it is another one as a whole, which each worker
/// takes between two rounds.
struct EdgeRules {
    HttpSettings settings;
    /// Tells which addresses are proxies in front of the edge, whose word on the visitor counts. Empty: none is.
    std::function<bool(std::string_view address)> is_trusted;
    http::HostPages pages;
    access::Output access{};
    trace::Output traces{};

    bool trusts(std::string_view address) const { return is_trusted && is_trusted(address); }
    bool trusts(const net::Address& address) const { return is_trusted && is_trusted(net::ip_text(address)); }
};

/// What the exchanges of all workers share. Its rules are those that they begin with.
struct ExchangeShared : EdgeRules {
    std::shared_ptr<const directory::HttpDirectory> directory;
    /// Whether visitors who ask for this host by TLS are shown a certificate. Any worker. Empty: they are.
    std::function<bool(std::string_view host)> has_certificate;
    std::shared_ptr<EdgeCounters> counters = std::make_shared<EdgeCounters>();
    Logger* log = &null_logger();
    Random* random = nullptr;
    /// What the names of the edge's own cookies begin with; empty: it has none.
    std::string own_cookies;
    /// Called when a member of a group is ejected, or has come back. Any worker. Empty: nobody is told.
    std::function<void(const directory::MemberNews&)> on_member;
    HooksMaker make_hooks;  // empty: there are no plugins
    /// The number of the edge's workers; set by the edge.
    std::size_t workers = 1;
};

}  // namespace ferrotunnel::exchange
