// State shared by the exchanges of all workers: rules, counters, and callbacks that others implement.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access/output.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "buffer/mailbox.hpp"
#include "directory/http_directory.hpp"
#include "directory/member_notice.hpp"
#include "exchange/http_settings.hpp"
#include "hooks/http_run.hpp"
#include "http/page.hpp"
#include "net/ip_address.hpp"
#include "net/ip_text.hpp"
#include "runtime/address.hpp"
#include "trace/output.hpp"

namespace ferrotunnel::exchange {

/// Counters of the edge. Any thread may read them.
struct EdgeCounters {
    using Count = std::atomic<std::uint64_t>;

    Count connections{0};          // total
    Count connections_now{0};      // open
    Count connections_refused{0};  // beyond a limit
    Count requests{0};             // whose head was read
    Count requests_refused{0};     // that break the rules, or whose head arrives too slowly
    Count pages{0};                // pages that the edge itself responded with
    Count backend_opened{0};       // streams requested
    Count backend_reused{0};       // requests that took a stream from a pool
    Count retries{0};
    Count held{0};           // requests that waited for a client of their service
    Count answers_cut{0};    // responses that had begun and could not be completed
    Count visitors_lost{0};  // visitors that left during an exchange, or did not read its response
    Count upgrades{0};
    Count handshakes_failed{0};  // TLS handshakes
    Count handshakes_hybrid{0};  // that agreed on a post-quantum key, and others that succeeded
    Count handshakes_classic{0};
    Count bytes_in{0};  // on visitors' connections
    Count bytes_out{0};

    static void add(Count& count, std::uint64_t n = 1) noexcept { count.fetch_add(n, std::memory_order_relaxed); }
};

/// Makes the plugins' part of the worker with this mailbox. Thread-safe.
using HooksFactory = std::function<std::unique_ptr<hooks::HttpHooks>(std::shared_ptr<buffer::Mailbox>)>;

/// The operator's rules for visitors and their requests. A change replaces the whole object, which each worker adopts
/// between two rounds.
struct EdgeRules {
    EdgeSettings settings;
    /// Returns whether an address is a proxy in front of the edge whose fields about the visitor are trusted. Empty if
    /// none is.
    std::function<bool(std::string_view address)> is_trusted;
    /// Where another ACME client of this machine answers TLS-ALPN-01; empty: none does.
    runtime::SocketAddress challenge_backend{};
    http::HostPages pages;
    access::Output access{};
    trace::Output traces{};

    bool trusts(std::string_view address) const { return is_trusted && is_trusted(address); }
    bool trusts(const net::Address& address) const { return is_trusted && is_trusted(net::ip_text(address)); }
};

/// State shared by the exchanges of all workers. Its rules are the initial ones.
struct ExchangeShared : EdgeRules {
    std::shared_ptr<const directory::HttpDirectory> directory;
    /// Whether there is a certificate for visitors that request this host by TLS. Called on any worker. Empty if there
    /// is one for all hosts.
    std::function<bool(std::string_view host)> has_certificate;
    /// Whether there is a rule about client certificates of visitors for this host. Called on any worker. Empty: no
    /// host has one.
    std::function<bool(std::string_view host)> has_certificate_rule{};
    /// The answer to a CA that requests this token (HTTP-01); empty: the request is a visitor's. Called on any worker,
    /// for requests below /.well-known/acme-challenge/, with any text. May be empty.
    std::function<std::optional<std::string>(std::string_view token)> challenge_answer{};
    std::shared_ptr<EdgeCounters> counters = std::make_shared<EdgeCounters>();
    Logger* log = &null_logger();
    Random* random = nullptr;
    /// Prefix of the names of the edge's own cookies; empty if it has none.
    std::string own_cookies;
    std::string accepted_cookies{};  // those by StickyKey::accepted()
    /// Called when a member of a group is ejected, or has returned. Called on any worker. Empty: no callback.
    std::function<void(const directory::MemberNotice&)> on_member;
    HooksFactory make_hooks;  // empty without plugins
    /// The number of the edge's workers; set by the edge.
    std::size_t workers = 1;
};

}  // namespace ferrotunnel::exchange
