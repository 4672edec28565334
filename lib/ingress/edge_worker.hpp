// What the HTTP edge has on one worker, and what all its workers share.
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
#include "http/date.hpp"
#include "http/edits.hpp"
#include "http/page.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "ingress/backend_pool.hpp"
#include "ingress/deadline_wheel.hpp"
#include "ingress/http_settings.hpp"
#include "ingress/open_gate.hpp"
#include "ingress/preface.hpp"
#include "runtime/worker.hpp"
#include "tunnel/admission_gate.hpp"
#include "tunnel/http_directory.hpp"

namespace ferrotunnel::ingress {

/// Any thread may read.
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
    Count answers_cut{0};    // that had begun and could not be completed
    Count visitors_lost{0};  // who reset their connection during an exchange
    Count upgrades{0};
    Count handshakes_failed{0};  // of TLS
    Count bytes_in{0};           // of visitors' connections
    Count bytes_out{0};

    static void add(Count& count, std::uint64_t n = 1) noexcept { count.fetch_add(n, std::memory_order_relaxed); }
};

class EdgeWorker;

/// TLS that services want to have untouched, told by the name in its ClientHello.
struct TlsPassthrough {
    /// Whether there is such a service now: without one no ClientHello is waited for. Any worker, for each visitor.
    std::function<bool()> is_wanted;
    /// Takes the visitor over, with what counts it for the caps, when the name it asks for is passed through; false: it
    /// has touched neither. `visitor.hello` is there; the bytes are still in the socket. On the visitor's worker.
    std::function<bool(EdgeWorker& edge, AcceptedVisitor& visitor, std::shared_ptr<void>& ticket)> take;
};

struct EdgeShared {
    HttpSettings settings;
    std::shared_ptr<const tunnel::HttpDirectory> directory;
    /// Addresses of proxies in front of the edge, whose word on the visitor counts. Empty: none is.
    std::function<bool(std::string_view address)> is_trusted;
    TlsPassthrough passthrough;  // empty: every TLS connection ends here
    /// Any worker. Whether visitors who ask for this host by TLS are shown a certificate. Empty: they are.
    std::function<bool(std::string_view host)> has_certificate;
    std::shared_ptr<EdgeCounters> counters = std::make_shared<EdgeCounters>();
    http::HostPages pages;
    Logger* log = &null_logger();
    Random* random = nullptr;
    /// Of the edge; set by it.
    std::size_t workers = 1;
};

class HttpConnection;

/// Lives on its worker, and is destroyed there or when no worker runs any more.
class EdgeWorker {
public:
    EdgeWorker(runtime::Worker& worker_in, std::shared_ptr<const EdgeShared> shared_in);
    ~EdgeWorker();
    EdgeWorker(const EdgeWorker&) = delete;
    EdgeWorker& operator=(const EdgeWorker&) = delete;

    /// From now on responses end their connections; those that wait for a request are closed, and so are idle streams.
    void drain();
    /// Closes everything.
    void end() noexcept;

    /// What Date says in this second, good until the next call. Costs a comparison.
    std::string_view date() noexcept;
    /// A number that no other connection of this worker has.
    std::uint64_t new_connection() noexcept { return ++connection_count_; }
    /// Fifteen characters that no other request of this server has.
    std::string new_request_id();

    std::unique_ptr<http::RequestParser> take_request_parser();
    void give_back(std::unique_ptr<http::RequestParser> parser);
    std::unique_ptr<http::ResponseParser> take_response_parser();
    void give_back(std::unique_ptr<http::ResponseParser> parser);

    /// Room to write one head in; what it holds is good until the next one is written.
    std::vector<char>& head_room() noexcept { return head_room_; }
    /// For the head that is being written, and good until the next one. `keep` holds a text that an edit points to.
    http::Edits& new_edits() noexcept {
        edits_.clear();
        texts_.clear();
        return edits_;
    }
    std::string& keep(std::string text) { return texts_.emplace_back(std::move(text)); }

    void enter(HttpConnection& connection);
    void leave(HttpConnection& connection) noexcept;
    bool draining() const noexcept { return draining_; }
    std::size_t connections() const noexcept { return connections_.size(); }

    /// Any thread: visitors that it has or that are on their way to it.
    std::uint64_t load() const noexcept { return load_.load(std::memory_order_relaxed); }
    void on_the_way() noexcept { load_.fetch_add(1, std::memory_order_relaxed); }
    /// It was taken, and counts itself from now on, or could not be.
    void arrived() noexcept { load_.fetch_sub(1, std::memory_order_relaxed); }

    runtime::Worker& worker;
    const std::shared_ptr<const EdgeShared> shared;
    EdgeCounters& counters;
    const HttpSettings& settings;
    Logger& log;
    DeadlineWheel wheel;
    Prefaces prefaces;
    BackendPool pool;
    OpenGate gate;
    tunnel::HttpRoutesCache routes;
    /// What all exchanges keep of their requests, heads and bodies, to send them once more, and the most: beyond that
    /// they keep nothing of what is sent, and a request that meets the end of its backend's connection then is answered
    /// with 502. A head that waits for a connection to its backend is not sent yet: it is kept, and counts. Beyond
    /// `replay_waiting_max`, 4 KiB for each visitor that a server takes, new requests are answered with 503.
    std::size_t replay_kept = 0;
    static constexpr std::size_t replay_kept_max = 16 << 20;
    static constexpr std::size_t replay_waiting_max = 64 << 20;

private:
    static constexpr std::size_t spare_parsers_max = 64;

    std::vector<std::unique_ptr<http::RequestParser>> request_parsers_;
    std::vector<std::unique_ptr<http::ResponseParser>> response_parsers_;
    std::vector<char> head_room_;
    http::Edits edits_;
    std::deque<std::string> texts_;
    std::vector<HttpConnection*> connections_;
    http::DateText date_{};
    TimePoint date_until_{};
    std::string id_prefix_;
    std::uint64_t id_count_ = 0;
    std::uint64_t connection_count_ = 0;
    std::atomic<std::uint64_t> load_{0};
    bool draining_ = false;
};

}  // namespace ferrotunnel::ingress
