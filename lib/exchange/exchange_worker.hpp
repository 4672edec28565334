// What exchanges need of their worker, whichever way their requests come in: settings, counters, routes, connections to
// backends, and room that is used again and again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "directory/http_directory.hpp"
#include "exchange/backend_pool.hpp"
#include "exchange/http_settings.hpp"
#include "exchange/open_gate.hpp"
#include "http/date.hpp"
#include "http/edits.hpp"
#include "http/page.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "runtime/deadline_wheel.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::exchange {

/// What the edge has counted. Any thread may read it.
struct EdgeCounters {
    using Count = std::atomic<std::uint64_t>;

    Count connections{0};          // so far
    Count connections_now{0};      // open
    Count connections_refused{0};  // beyond a cap
    Count requests{0};             // whose head was read
    Count requests_refused{0};     // that break the rules
    Count pages{0};                // answers of the edge itself
    Count backend_opened{0};       // streams asked for
    Count backend_reused{0};       // requests that took one from a pool
    Count retries{0};
    Count answers_cut{0};    // answers that had begun and could not be completed
    Count visitors_lost{0};  // visitors who left during an exchange, or did not read its answer
    Count upgrades{0};
    Count handshakes_failed{0};  // TLS handshakes
    Count bytes_in{0};           // on visitors' connections
    Count bytes_out{0};

    static void add(Count& count, std::uint64_t n = 1) noexcept { count.fetch_add(n, std::memory_order_relaxed); }
};

/// What the exchanges of all workers share.
struct ExchangeShared {
    HttpSettings settings;
    std::shared_ptr<const directory::HttpDirectory> directory;
    /// Tells which addresses are proxies in front of the edge, whose word on the visitor counts. Empty: none is.
    std::function<bool(std::string_view address)> is_trusted;
    /// Whether visitors who ask for this host by TLS are shown a certificate. Any worker. Empty: they are.
    std::function<bool(std::string_view host)> has_certificate;
    std::shared_ptr<EdgeCounters> counters = std::make_shared<EdgeCounters>();
    http::HostPages pages;
    Logger* log = &null_logger();
    Random* random = nullptr;
    /// The number of the edge's workers; set by the edge.
    std::size_t workers = 1;
};

/// The exchanges' part of one worker. It lives on that worker, and is destroyed there or when no worker runs any more.
class ExchangeWorker {
public:
    ExchangeWorker(runtime::Worker& worker_in, std::shared_ptr<const ExchangeShared> shared_in);
    ExchangeWorker(const ExchangeWorker&) = delete;
    ExchangeWorker& operator=(const ExchangeWorker&) = delete;

    /// The value of Date in this second, good until the next call. Costs a comparison.
    std::string_view date() noexcept;
    /// A new id: fifteen characters that no other request of this server has.
    std::string new_request_id();

    std::unique_ptr<http::RequestParser> take_request_parser();
    void give_back(std::unique_ptr<http::RequestParser> parser);
    std::unique_ptr<http::ResponseParser> take_response_parser();
    void give_back(std::unique_ptr<http::ResponseParser> parser);

    /// Room to write one head in; its content is good until the next head is written.
    std::vector<char>& head_room() noexcept { return head_room_; }
    /// The edits of the head that is being written, good until the next one. `keep` holds a text that an edit points
    /// to.
    http::Edits& new_edits() noexcept {
        edits_.clear();
        texts_.clear();
        return edits_;
    }
    std::string& keep(std::string text) { return texts_.emplace_back(std::move(text)); }

    /// No more requests come: connections to backends are kept no longer.
    bool draining() const noexcept { return draining_; }

    runtime::Worker& worker;
    const std::shared_ptr<const ExchangeShared> shared;
    EdgeCounters& counters;
    const HttpSettings& settings;
    Logger& log;
    runtime::DeadlineWheel wheel;
    BackendPool pool;
    OpenGate gate;
    directory::HttpRoutesCache routes;
    /// What all exchanges keep of their requests, heads and bodies, to send them once more, and the most that they may
    /// keep: beyond that they keep nothing of what is sent, and a request that meets the end of its backend's
    /// connection then is answered with 502. A head that waits for a connection to its backend is not sent yet: it is
    /// kept, and counts. Beyond `replay_waiting_max`, 4 KiB for each visitor that a server takes, new requests are
    /// answered with 503.
    std::size_t replay_kept = 0;
    static constexpr std::size_t replay_kept_max = 16 << 20;
    static constexpr std::size_t replay_waiting_max = 64 << 20;

protected:
    ~ExchangeWorker() = default;
    bool draining_ = false;

private:
    static constexpr std::size_t spare_parsers_max = 64;

    std::vector<std::unique_ptr<http::RequestParser>> request_parsers_;
    std::vector<std::unique_ptr<http::ResponseParser>> response_parsers_;
    std::vector<char> head_room_;
    http::Edits edits_;
    std::deque<std::string> texts_;
    http::DateText date_{};
    TimePoint date_until_{};
    std::string id_prefix_;
    std::uint64_t id_count_ = 0;
};

}  // namespace ferrotunnel::exchange
